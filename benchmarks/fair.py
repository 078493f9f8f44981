"""Who shares an allowance of Lever's gets their part of it: an action beside a sync, and accounts at once."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from statistics import median, quantiles

from benchmarks.account import Served, served
from benchmarks.allowance import needed_seconds
from benchmarks.databases import Database, Kind, database
from benchmarks.figures import figure, heading
from benchmarks.measuring import Measured
from benchmarks.syncing import Outcome, run_sync

_RATE = 10
_LATENCY_MS = 200


def run(opportunities: int, actions: int, kind: Kind) -> None:
    """Print how long an action takes alone and beside a full sync, and what three syncs at once get."""
    heading(f"One allowance of {_RATE} requests/s, {_LATENCY_MS} ms latency, {kind}")
    with served(opportunities, rate=_RATE, latency_ms=_LATENCY_MS) as lever, database(kind) as into:
        print(f"  create_candidate, {actions} times, a command each")
        numbers = count()
        with ThreadPoolExecutor(1) as pool:
            syncing = pool.submit(run_sync, lever, into, rate=_RATE)
            _beside(lever, into, numbers, actions, syncing)
            syncing.result()
        _told("seconds, alone, afterwards", list(_actions(lever, into, numbers, actions)))
        figure("rejected with 429", _rejected(lever))
    _at_once(opportunities, kind)


def _beside(
    lever: Served,
    into: Database,
    numbers: "count[int]",
    actions: int,
    syncing: "Future[Measured[Outcome]]",
) -> None:
    _wait_until_it_reads(lever)
    before, began = lever.requests()["total"], time.monotonic()
    took = []
    for seconds in _actions(lever, into, numbers, actions):
        took.append(seconds)
        if syncing.done():
            raise RuntimeError("the sync ended before the actions did: give it more --opportunities")
    elapsed, asked = time.monotonic() - began, lever.requests()["total"] - before
    _told("seconds, beside a full sync", took)
    figure("share of the allowance used", f"{asked / elapsed / _RATE:.1%}", "(by the sync and the actions)")


def _actions(lever: Served, into: Database, numbers: "count[int]", actions: int) -> Iterator[float]:
    """Create so many candidates, each with a command of its own; yield the seconds that each took."""
    posting = _first(lever, "postings WHERE state = 'published'")
    user = _first(lever, "users WHERE deactivated IS NULL")
    for number in (next(numbers) for _ in range(actions)):
        asked = {
            "candidate": {
                "first_name": "Rosa",
                "last_name": f"Lindqvist {number}",
                "email_address": f"rosa.{number}@example.com",
            },
            "application": {"job_id": f"remote:{posting}"},
            "remote_fields": {"lever": {"perform_as": user}},
        }
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "lever_assets", "action", "create_candidate", "--input", "-"],
            input=json.dumps(asked),
            env=_environment(lever, into),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        yield time.monotonic() - began


def _first(lever: Served, of: str) -> str:
    account = sqlite3.connect(f"file:{lever.file}?mode=ro", uri=True)
    try:
        return str(account.execute(f"SELECT id FROM {of} LIMIT 1").fetchone()[0])
    finally:
        account.close()


def _environment(lever: Served, into: Database) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("LEVER_")}
    return others | {
        "LEVER_API_KEY": lever.key,
        "LEVER_BASE_URL": lever.url,
        "LEVER_DATA_DIR": str(into.folder),
        "LEVER_DATABASE_URL": into.url,
        "LEVER_RATE_LIMIT": str(_RATE),
    }


def _wait_until_it_reads(lever: Served) -> None:
    """Wait until a sync is held up by the allowance: it has asked for what bursts let through, and more."""
    before = lever.requests()["total"]
    while lever.requests()["total"] < before + 3 * _RATE:
        time.sleep(0.1)


def _at_once(opportunities: int, kind: Kind) -> None:
    print(f"  three accounts of {opportunities:,} opportunities synced at once, into one database")
    with ExitStack() as open_until_the_end:
        enter = open_until_the_end.enter_context
        levers = [
            enter(served(opportunities, rate=_RATE, latency_ms=_LATENCY_MS, key=f"key-{number}"))
            for number in range(3)
        ]
        into = enter(database(kind))
        pool = enter(ThreadPoolExecutor(len(levers)))
        syncing = [
            pool.submit(run_sync, lever, into, rate=_RATE, connection=f"account_{number}")
            for number, lever in enumerate(levers)
        ]
        for number, (lever, each) in enumerate(zip(levers, syncing, strict=True)):
            done = each.result().result
            needed = needed_seconds(lever.requests()["total"], _RATE)
            figure(f"account {number}: share used", f"{needed / done.reading:.1%}", f"({done.reading:.1f} s)")
        figure("rejected with 429", sum(map(_rejected, levers)))


def _rejected(lever: Served) -> int:
    return int(lever.requests()["by_status"].get("429", 0))


def _told(what: str, seconds: list[float]) -> None:
    p95 = quantiles(seconds, n=20, method="inclusive")[-1]
    figure(what, f"{median(seconds):.2f}", f"(median; p95 {p95:.2f}, most {max(seconds):.2f})")

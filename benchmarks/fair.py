"""Who shares an allowance of Lever's gets their part of it: an action beside a sync, and accounts at once."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from statistics import median, quantiles

from benchmarks.account import Served, served
from benchmarks.allowance import needed_seconds
from benchmarks.databases import Database, Kind, database
from benchmarks.figures import figure, heading
from benchmarks.measuring import Measured, measured
from benchmarks.syncing import Outcome, run_sync, settings_for
from lever_assets.actions.running import run_action_with
from lever_assets.settings import Settings
from lever_assets.sync.session import Session

_RATE = 10
_LATENCY_MS = 200


def run(opportunities: int, actions: int, kind: Kind) -> None:
    """Print how long an action takes alone and beside a full sync, and what three syncs at once get."""
    heading(f"One allowance of {_RATE} requests/s, {_LATENCY_MS} ms latency, {kind}")
    with served(opportunities, rate=_RATE, latency_ms=_LATENCY_MS) as lever, database(kind) as into:
        print(f"  create_candidate, {actions} times, a process each")
        numbers = count()
        with ThreadPoolExecutor(1) as pool:
            syncing = pool.submit(run_sync, lever, into, rate=_RATE)
            _beside(lever, into, numbers, actions, syncing)
            syncing.result()
        _told("alone, afterwards", list(_actions(lever, into, numbers, actions)))
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
    elapsed, asked = 0.0, 0
    took = []
    for each in _actions(lever, into, numbers, actions):
        if syncing.done():  # the machine is too slow for so many beside one sync
            break
        took.append(each)
        elapsed, asked = time.monotonic() - began, lever.requests()["total"] - before
    if not took:
        raise RuntimeError("the sync ended before the first action did: give it more --opportunities")
    _told(f"beside a full sync ({len(took)})", took)
    figure("share of the allowance used", f"{asked / elapsed / _RATE:.1%}", "(by the sync and the actions)")


@dataclass(frozen=True)
class _Done:
    """An action that was done: its seconds, those that it waited for its turns among them, its requests."""

    seconds: float
    waited: float
    requests: int


def _actions(lever: Served, into: Database, numbers: "count[int]", actions: int) -> Iterator[_Done]:
    """Create so many candidates, each in a process of its own."""
    posting = _first(lever, "postings WHERE state = 'published'")
    user = _first(lever, "users WHERE deactivated IS NULL")
    settings = settings_for(lever, into, _RATE)
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
        yield measured(_act, settings, asked).result


def _act(settings: Settings, asked: dict[str, object]) -> _Done:
    async def act(session: Session) -> _Done:
        async with session.client(urgent=True) as client:
            began = time.monotonic()
            answer = await run_action_with(client, session, "create_candidate", asked)
            took, traffic = time.monotonic() - began, client.traffic.snapshot()
        if not answer.succeeded:
            raise RuntimeError(str(answer.error))
        return _Done(took, traffic.seconds_waited, traffic.requests)

    with Session.open(settings) as session:
        return asyncio.run(act(session))


def _first(lever: Served, of: str) -> str:
    account = sqlite3.connect(f"file:{lever.file}?mode=ro", uri=True)
    try:
        return str(account.execute(f"SELECT id FROM {of} LIMIT 1").fetchone()[0])
    finally:
        account.close()


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


def _told(where: str, done: list[_Done]) -> None:
    figure(f"seconds, {where}", *_spread([each.seconds for each in done]))
    figure("  of them waiting for turns", *_spread([each.waited for each in done]))
    figure("  requests, at most", max(each.requests for each in done))


def _spread(values: list[float]) -> tuple[str, str]:
    p95 = quantiles(values, n=20, method="inclusive")[-1]
    return f"{median(values):.2f}", f"(median; p95 {p95:.2f}, most {max(values):.2f})"

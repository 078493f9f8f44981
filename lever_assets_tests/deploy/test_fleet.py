"""The services of deploy/compose.yaml as processes, with two workers: one of them dies at its work."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from pydantic import SecretStr

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.deploy import distribution
from lever_assets_tests.deploy.composed import Composed
from lever_assets_tests.sync.tables import live

ACCOUNTS = 8
OPPORTUNITIES = 150
"""So many that a sync takes longer than the start of all of them."""
_PATIENCE = 400.0
_SILENT_MINUTES = 5
"""After so much silence the sensor `lever_delta` ends a run whose connection nobody holds."""
_SERVICES = ("code", "daemon", "webserver", "webhooks", "api")
_WORKERS = ("worker1", "worker2")
_STARTED = re.compile(r"Started process for run \(pid: (\d+)\)")
_RUNS = """{ runsOrError(limit: 200) { ... on Runs { results {
    runId status tags { key value }
    eventConnection(limit: 1000) { events { ... on MessageEvent { message } } }
} } } }"""


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of the distribution's PostgreSQL; where none is installed, of the one that the other tests have."""
    programs = distribution.programs()
    if programs is None:
        yield str(request.getfixturevalue("postgresql_url"))
        return
    with distribution.running(programs) as url:
        yield url


@pytest.fixture
def composed(tmp_path: Path, server: str) -> Iterator[Composed]:
    """The services, none of them started."""
    assert shutil.which("redis-server"), "this test needs Redis: apt-get install redis-server"
    made = Composed(tmp_path, server)
    try:
        made.prepare()
        yield made
    finally:
        made.end()
        made.show()
        with psycopg.connect(server, autocommit=True) as conn:
            for name in ("lever", "dagster"):
                conn.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
            conn.execute("DROP ROLE IF EXISTS lever")


@pytest.fixture
def accounts() -> Iterator[dict[str, Sandbox]]:
    """Accounts of Lever, each with the allowance that Lever has."""
    with ExitStack() as stack:
        yield {
            f"account_{number}": stack.enter_context(
                running_sandbox(
                    SandboxConfig(opportunities=OPPORTUNITIES, seed=number, key=f"sandbox-key-{number}")
                )
            )
            for number in range(ACCOUNTS)
        }


def runs(composed: Composed) -> list[dict[str, Any]]:
    """Return the runs that the webserver shows, with what they said."""
    password = (composed.folder / "secrets" / "ui_password").read_text()
    answer = httpx.post(
        f"http://127.0.0.1:{composed.places['3000']}/graphql",
        json={"query": _RUNS},
        auth=("somebody", password),
        timeout=60,
    )
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["data"]["runsOrError"]["results"]
    return found


def pid_of(run: dict[str, Any]) -> int | None:
    """Return the process of a run, as its events tell it."""
    said = (each.get("message") or "" for each in run["eventConnection"]["events"])
    return next((int(found[1]) for each in said if (found := _STARTED.search(each))), None)


def tag(run: dict[str, Any], key: str) -> str | None:
    return next((each["value"] for each in run["tags"] if each["key"] == key), None)


def full_syncs_are_done(composed: Composed, names: set[str]) -> bool:
    found = runs(composed)
    done = {tag(each, "lever/connection") for each in found if each["status"] == "SUCCESS"}
    return names <= done and not any(each["status"] in {"STARTED", "STARTING"} for each in found)


def victim(composed: Composed, accounts: dict[str, Sandbox]) -> tuple[str, str, dict[str, str]]:
    """Wait until both workers sync; return one that is in the middle, its account, and who runs what."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        composed.assert_alive()
        assert time.monotonic() < deadline, composed.log("daemon")
        found, where = runs(composed), dict[str, str]()
        for run in found:
            pid, name = pid_of(run), tag(run, "lever/connection")
            if run["status"] == "STARTED" and pid is not None and name is not None:
                with suppress(ProcessLookupError):  # it ended since it was asked for
                    where[name] = composed.worker_of(pid)
        middle = [name for name in where if 30 < accounts[name].requests().total < 2 * OPPORTUNITIES]
        # One that begins has no process yet that would be known to be dead.
        begins = any(each["status"] in {"NOT_STARTED", "STARTING"} for each in found)
        if set(where.values()) == set(_WORKERS) and middle and not begins:
            return where[middle[0]], middle[0], where
        time.sleep(0.5)


def rows_of(accounts: dict[str, Sandbox], folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows that one process alone makes of these accounts, each in a database of its own."""

    def alone(name: str) -> dict[str, list[dict[str, Any]]]:
        settings = Settings(
            connection=name,
            api_key=SecretStr(accounts[name].key),
            base_url=accounts[name].url,
            data_dir=folder / name,
            rate_limit=8,
        )
        with Session.open(settings) as session:
            sync(session, Scope())
        return live(settings.tables_url)

    with ThreadPoolExecutor(len(accounts)) as threads:
        found = list(threads.map(alone, accounts))
    return {
        model: sorted((row for each in found for row in each[model]), key=lambda row: str(row["id"]))
        for model in found[0]
    }


@pytest.mark.deploy
def test_what_a_killed_worker_leaves_another_one_finishes_and_nothing_is_there_twice(
    composed: Composed, accounts: dict[str, Sandbox], tmp_path: Path
) -> None:
    composed.start("broker")
    composed.await_healthy("broker")
    # All at once on empty databases, as `docker compose up` does.
    started = [*((each, each) for each in _SERVICES), *(("worker", name) for name in _WORKERS)]
    for service, name in started:
        composed.start(service, name)
    for service, name in started:
        composed.await_healthy(service, name)

    def connect(name: str) -> None:
        command = ["lever-assets", "connect", name, "--api-key"]
        composed.run("code", command, accounts[name].key, LEVER_BASE_URL=accounts[name].url)

    # At once: one after the other, the first would be synced before the last is connected.
    with ThreadPoolExecutor(len(accounts)) as threads:
        list(threads.map(connect, accounts))
    killed, interrupted, where = victim(composed, accounts)
    composed.kill(killed)
    # Some may have ended between the look and the kill.
    dead = [
        each
        for each in runs(composed)
        if each["status"] == "STARTED" and where.get(tag(each, "lever/connection") or "") == killed
    ]
    left = [tag(each, "lever/connection") for each in dead]
    assert interrupted in left
    composed.let_pass([each["runId"] for each in dead], minutes=_SILENT_MINUTES)

    deadline = time.monotonic() + _PATIENCE
    while not full_syncs_are_done(composed, set(accounts)):
        composed.assert_alive()
        assert time.monotonic() < deadline, composed.log("daemon")
        time.sleep(3)
    told = runs(composed)
    ends = {(tag(each, "lever/connection"), each["status"]) for each in told}
    assert {(name, "FAILURE") for name in left} <= ends
    assert (interrupted, "FAILURE") in ends
    for name, sandbox in accounts.items():
        counts = sandbox.requests()
        assert counts.by_status.get(429, 0) == 0, name
        # Each opportunity once, but what was under way when the worker died.
        assert counts.of("/opportunities/:id/interviews") <= OPPORTUNITIES + 40, name
    logs = "".join(each.read_text("utf-8", "replace") for each in tmp_path.glob("*.log"))
    for secret in [*composed.passwords(), *(each.key for each in accounts.values())]:
        assert secret not in logs
    database = composed.here("postgresql://postgres:@database:5432/lever")
    found = live(database)
    assert json.loads(composed.run("code", ["lever-assets", "status", "--json", "--connection", interrupted]))
    assert found == rows_of(accounts, tmp_path / "alone")

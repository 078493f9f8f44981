"""How fast Dagster's one daemon makes runs: real processes and PostgreSQL; nobody executes the runs."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # it brings no types
import psycopg
import yaml

from benchmarks.account import served
from benchmarks.accounts import connect, environment, settings_of
from benchmarks.databases import Database, Kind, database
from benchmarks.figures import figure, heading
from lever_assets.connect.known import listed
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session

_OPPORTUNITIES = 10
_PATIENCE = 1200.0
_QUIET_SECONDS = 60
"""In which sensors tick, and ask for nothing: those of the runs that nobody executes are under way."""
_DEPLOY = Path(__file__).parents[1] / "deploy"
_SHARED = ("concurrency", "sensors", "schedules", "telemetry", "nux")
_NOBODY = {"module": "dagster._core.test_utils", "class": "MockedRunLauncher"}
"""Takes a run, and leaves it. Celery's launcher puts a message into Redis instead: some milliseconds."""


def run(accounts: int) -> None:
    """Print what it costs to ask for the deltas of so many accounts, all of which have changed."""
    heading(f"Runs made by one daemon: {accounts} accounts that have changed, PostgreSQL")
    with served(_OPPORTUNITIES) as lever, database(Kind.POSTGRESQL) as into, ExitStack() as stack:
        settings = settings_of(lever, into)
        connect(settings, lever, range(accounts))
        for each in listed(settings).accounts:
            with Session.open(each) as session:
                sync(session, Scope())
        lever.touch(0.5, 1)
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lever-home-")))
        port = _prepare(home, into, accounts)
        env = {**environment(lever, into), "DAGSTER_HOME": str(home)}
        named = ["--module-name", "lever_assets.definitions", "--location-name", "lever_assets"]
        server = ["dagster", "code-server", "start", "--host", "127.0.0.1", "--port", str(port), *named]
        code = stack.enter_context(_running(home, env, server))
        _await_port(port)
        workspace = str(home / "workspace.yaml")
        daemon = stack.enter_context(_running(home, env, ["dagster-daemon", "run", "--workspace", workspace]))
        _measure(into, {"daemon": daemon, "code server": code}, accounts)


def _prepare(home: Path, into: Database, most: int) -> int:
    """Write Dagster's files as those of deploy/, but for who executes runs; return the code server's port."""
    with psycopg.connect(into.url, autocommit=True) as conn:
        conn.execute("CREATE DATABASE dagster")
    url = _of_dagster(into).replace("postgresql://", "postgresql+psycopg2://")
    declared: dict[str, Any] = yaml.safe_load((_DEPLOY / "dagster.yaml").read_text("utf-8"))
    kept = {key: declared[key] for key in _SHARED}
    kept["concurrency"]["runs"]["max_concurrent_runs"] = most
    storage = {"postgres": {"postgres_url": url}}
    made = {**kept, "storage": storage, "run_launcher": _NOBODY}
    (home / "dagster.yaml").write_text(yaml.safe_dump(made), "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    grpc = {"host": "127.0.0.1", "port": port, "location_name": "lever_assets"}
    (home / "workspace.yaml").write_text(yaml.safe_dump({"load_from": [{"grpc_server": grpc}]}), "utf-8")
    return port


def _of_dagster(into: Database) -> str:
    return into.url.replace("/postgres?", "/dagster?")


@contextmanager
def _running(home: Path, env: Mapping[str, str], command: list[str]) -> Iterator[psutil.Process]:
    program = Path(sys.executable).with_name(command[0])
    with (home / f"{command[0]}.log").open("wb") as log:
        process = subprocess.Popen(
            [str(program), *command[1:]], cwd=home, env=dict(env), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(60)


def _await_port(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return


def _measure(into: Database, processes: Mapping[str, psutil.Process], accounts: int) -> None:
    """Print what each used from the first run to the last that is handed out, and in the minute after."""
    deadline = time.monotonic() + _PATIENCE
    with psycopg.connect(_of_dagster(into), autocommit=True) as conn:
        began: float | None = None
        spent: dict[str, float] = {}
        while (handed := _handed(conn)) < accounts:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{handed} of {accounts} runs were handed out")
            if began is None and handed >= 0:
                began, spent = time.monotonic(), _used(into, processes)
            time.sleep(0.1)
        seconds = time.monotonic() - (began or 0)
        after = _used(into, processes)
        time.sleep(_QUIET_SECONDS)
        quiet = _used(into, processes)
    figure("runs made and handed out", accounts, f"(load {os.getloadavg()[0]:.1f})")
    figure("milliseconds a run, on the clock", seconds / accounts * 1000)
    for name, used in after.items():
        figure(f"milliseconds of CPU a run, {name}", (used - spent[name]) / accounts * 1000)
    for name, used in quiet.items():
        figure(f"seconds of CPU in a quiet minute, {name}", used - after[name])


def _handed(conn: "psycopg.Connection[Any]") -> int:
    """Return how many runs are out of the queue; -1: none was made yet."""
    try:
        row = conn.execute(
            "SELECT count(*), count(*) FILTER (WHERE status = 'STARTING') FROM runs"
        ).fetchone()
    except psycopg.errors.UndefinedTable:
        return -1
    return int(row[1]) if row and row[0] else -1


def _used(into: Database, processes: Mapping[str, psutil.Process]) -> dict[str, float]:
    """Return the seconds of CPU that each has used so far, with what it started."""
    found = {
        name: sum(_cpu(each) for each in (process, *process.children(recursive=True)))
        for name, process in processes.items()
    }
    return {**found, "PostgreSQL": into.server_cpu()}


def _cpu(process: psutil.Process) -> float:
    return float(sum(process.cpu_times()[:2]))

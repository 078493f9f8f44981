"""Many connections in one code location: loading its definitions, and a tick in which nothing has changed."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import dagster as dg
from pydantic import SecretStr

from benchmarks.account import Served, served
from benchmarks.databases import Database, Kind, database
from benchmarks.figures import figure, heading
from lever_assets.connect.connections import connect_by_key, wanted_connection
from lever_assets.connect.known import listed
from lever_assets.definitions import build
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session

_OPPORTUNITIES = 10
_TICKS = 7
# As Dagster's code server does it, in a fresh process: the module, the repository, and every job in it; then
# what it tells its webserver and daemon, whose class has no public name.
_LOADING = """
import json, time
began, cpu = time.perf_counter(), time.process_time()
from lever_assets.definitions import defs
repository = defs.get_repository_def()
jobs = len(repository.get_all_jobs())
found = {"wall": time.perf_counter() - began, "cpu": time.process_time() - cpu, "jobs": jobs}
from dagster._core.remote_representation.external_data import RepositorySnap
RepositorySnap.from_def(repository, defer_snapshots=True)
print(json.dumps({**found, "told": time.perf_counter() - began}))
"""


def run(sizes: Sequence[int], ticking: int) -> None:
    """Print what loading costs with each number of connections, and an idle tick with one (0: none)."""
    heading(f"Connections in one code location: {', '.join(map(str, sizes))}")
    with served(_OPPORTUNITIES) as lever, database(Kind.SQLITE) as into:
        settings = settings_of(lever, into)
        made = 0
        for size in sorted({*sizes, ticking}):
            connect(settings, lever, range(made, size))
            made = size
            if size in sizes:
                loaded = _loaded(environment(lever, into))
                print(f"  {size} connections")
                figure("seconds to load the definitions", loaded["wall"], f"({loaded['cpu']:.1f} of CPU)")
                figure("seconds until Dagster is told them", loaded["told"])
                figure("jobs", loaded["jobs"])
            if ticking and size == ticking:
                tick(settings)


def settings_of(lever: Served, into: Database) -> Settings:
    """Return the environment's settings: it has no connection of its own."""
    return Settings(
        api_key=None,
        base_url=lever.url,
        data_dir=into.folder,
        database_url=SecretStr(into.url),
        secret_key=None,
        rate_limit=0,
    )


def environment(lever: Served, into: Database) -> dict[str, str]:
    """Return the variables of a process that reads the same connections."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("LEVER_")}
    return {
        **bare,
        "LEVER_BASE_URL": lever.url,
        "LEVER_DATA_DIR": str(into.folder),
        "LEVER_DATABASE_URL": into.url,
    }


def connect(settings: Settings, lever: Served, numbers: range) -> None:
    """Make connections; all are of one account, which costs the same."""
    store = Store.open(settings.tables_url)
    try:
        for number in numbers:
            wanted = wanted_connection(store, settings, f"customer_{number}")
            connect_by_key(store, settings, wanted, SecretStr(lever.key))
    finally:
        store.close()


def _loaded(environment: Mapping[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", _LOADING], env=dict(environment), capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def tick(settings: Settings) -> None:
    """Print the CPU of each sensor's tick in which there is nothing to do, all accounts being read whole."""
    known = listed(settings)
    for each in known.accounts:
        with Session.open(each) as session:
            sync(session, Scope())
    definitions = build(settings, known)
    count = len(known.accounts)
    print(f"  {count} connections in which nothing has changed: milliseconds of CPU an account")
    with dg.DagsterInstance.ephemeral() as instance:
        for name in ("lever_delta", "lever_webhooks", "lever_notices", "lever_retention"):
            sensor = definitions.resolve_sensor_def(name)
            spent = [_spent(sensor, instance, definitions) for _ in range(_TICKS + 1)][1:]
            cpu, wall = median(each[0] for each in spent), median(each[1] for each in spent)
            figure(name, cpu / count * 1000, f"({wall:.1f} s on the clock for all)")


def _spent(
    sensor: dg.SensorDefinition, instance: dg.DagsterInstance, definitions: dg.Definitions
) -> tuple[float, float]:
    began, cpu = time.perf_counter(), time.process_time()
    found = sensor(dg.build_sensor_context(instance=instance, definitions=definitions))
    spent = time.process_time() - cpu, time.perf_counter() - began
    if isinstance(found, dg.SensorResult) and found.run_requests:
        raise AssertionError(f"{sensor.name} asked for runs although nothing has changed")
    return spent

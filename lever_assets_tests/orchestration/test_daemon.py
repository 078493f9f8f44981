"""Dagster's own daemon, with several accounts: what the schedule asks for is run, one of each at a time."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from math import inf
from pathlib import Path

import dagster as dg
import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store.tables import drift
from lever_assets_tests.orchestration.keeping import keeping
from lever_assets_tests.orchestration.many import Many
from lever_assets_tests.orchestration.running import ASSETS, FIRST
from lever_assets_tests.sync.tables import unified_tables

NAMES = ("acme", "beta")
WORKSPACE = Path(__file__).parents[2] / "workspace.yaml"
_PATIENCE = 400.0
_RUNS = 2
"""Of each account, so that there are some that could overlap."""


@contextmanager
def daemon(folder: Path, **variables: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the daemon over the project's definitions, with its data in a folder."""
    bare = {name: each for name, each in os.environ.items() if not name.startswith(("LEVER_", "DAGSTER_"))}
    own = {
        "DAGSTER_HOME": str(folder),
        "LEVER_DATA_DIR": str(folder),
        "LEVER_RATE_LIMIT": "0",
        "LEVER_SYNC_START": FIRST.isoformat(),
        "LEVER_WATCH_BUDGET": "0",
    }
    command = [sys.executable, "-m", "dagster._daemon", "run", "--workspace", str(WORKSPACE)]
    with (folder / "daemon.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env={**bare, **own, **variables}, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)


def reconciles(instance: dg.DagsterInstance, name: str) -> list[dg.RunRecord]:
    """Return the reconciles of an account that have ended, in their order."""
    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    tags = {"lever/connection": name, "lever/refresh": "reconcile"}
    found = instance.get_run_records(dg.RunsFilter(statuses=ended, tags=tags))
    return sorted(found, key=lambda each: each.start_time or inf)


def assets_of(instance: dg.DagsterInstance, run_id: str) -> set[tuple[str, ...]]:
    records = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION).records
    return {tuple(each.asset_key.path) for each in records if each.asset_key is not None}


def renamed_in_silence(sandbox: Sandbox) -> str:
    opportunity = sandbox.ids("opportunities")[0]
    sandbox.edit("opportunities", opportunity, {"name": "Renamed In Silence"})
    return opportunity


@pytest.mark.long
def test_each_account_is_reconciled_by_runs_of_its_own_one_at_a_time(tmp_path: Path) -> None:
    with (
        running_sandbox(SandboxConfig(opportunities=8, rate=0)) as one,
        running_sandbox(SandboxConfig(opportunities=6, seed=2, rate=0)) as other,
        keeping(tmp_path) as instance,
    ):
        many = Many(tmp_path, instance)
        sandboxes = dict(zip(NAMES, (one, other), strict=True))
        for name, sandbox in sandboxes.items():
            many.connect(name, sandbox)
        many.read(*NAMES)
        stale = {name: renamed_in_silence(sandbox) for name, sandbox in sandboxes.items()}
        with daemon(tmp_path, LEVER_RECONCILE_SCHEDULE="* * * * *") as process:
            deadline = time.monotonic() + _PATIENCE
            while any(len(reconciles(instance, name)) < _RUNS for name in NAMES):
                assert process.poll() is None, (tmp_path / "daemon.log").read_text()
                assert time.monotonic() < deadline, (tmp_path / "daemon.log").read_text()
                time.sleep(1)
        for name in NAMES:
            runs = reconciles(instance, name)
            for each in runs[:_RUNS]:
                assert each.dagster_run.status is dg.DagsterRunStatus.SUCCESS
                assert {key[0] for key in assets_of(instance, each.dagster_run.run_id)} == {name}
                assert len(each.dagster_run.asset_selection or ()) == ASSETS
            for before, after in pairwise(runs[:_RUNS]):
                assert before.end_time is not None
                assert after.start_time is not None
                assert before.end_time <= after.start_time
        candidates = unified_tables(many.settings().tables_url)["candidates"]
        found = {(each["connection"], each["remote_id"]): each["first_name"] for each in candidates}
        with many.store() as store, store.reading("") as tx:
            drifted = {(each.connection, each.remote_id) for each in tx.sql.execute(drift.select())}
    assert drifted == set(stale.items())
    assert {found[each] for each in stale.items()} == {"Renamed"}

"""The command line's ways into a sync lead to the same tables, from processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.orchestration.running import Place, windows

pytestmark = pytest.mark.long


def dagster(place: Place, *arguments: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEVER_", "DAGSTER_"))}
    done = subprocess.run(
        [sys.executable, "-m", "dagster", *arguments, "-m", "lever_assets.definitions"],
        cwd=place.folder,
        env={**kept, **place.environment()},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def home(sandbox: Sandbox, folder: Path) -> Place:
    folder.mkdir()
    return Place(sandbox, folder)


def test_every_way_gives_the_same_tables(tmp_path: Path) -> None:
    with running_sandbox(SandboxConfig(opportunities=25, rate=0)) as sandbox:
        plain = home(sandbox, tmp_path / "plain")
        with Session.open(plain.settings()) as session:
            sync(session, Scope())
        expected = plain.tables(instants=False)

        ranged = home(sandbox, tmp_path / "ranged")
        keys = windows(ranged.settings())
        dagster(
            ranged, "asset", "materialize", "--select", "*", "--partition-range", f"{keys[0]}...{keys[-1]}"
        )
        assert ranged.tables(instants=False) == expected

        executed = home(sandbox, tmp_path / "executed")
        dagster(executed, "job", "execute", "-j", "lever_full_sync")
        assert executed.tables(instants=False) == expected


def test_single_windows_in_any_order_add_up_to_the_whole(tmp_path: Path) -> None:
    with running_sandbox(SandboxConfig(opportunities=10, rate=0)) as sandbox:
        plain = home(sandbox, tmp_path / "plain")
        with Session.open(plain.settings()) as session:
            sync(session, Scope())
        single = home(sandbox, tmp_path / "single")
        for window in reversed(windows(single.settings())):
            assert single.run(tags={"dagster/partition": window}).success
        assert single.tables(instants=False) == plain.tables(instants=False)

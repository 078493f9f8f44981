"""A sync whose lock is taken from it stops, with a sentence; the next one goes on."""

from pathlib import Path
from typing import Any

import pytest

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.store import LockLostError
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope
from lever_assets_tests.locking import lose_lock
from lever_assets_tests.sync.tables import Account, unified_tables


def test_a_sync_without_its_lock_stops_beside_a_second_one(database_url: str, tmp_path: Path) -> None:
    with running_sandbox(SandboxConfig(opportunities=20, rate=0)) as sandbox:
        account = Account(sandbox, tmp_path, database_url)
        told: list[Any] = []

        def lose_once(report: Any) -> None:
            told.append(report)
            if len(told) == 1:
                lose_lock(database_url)

        with account.session() as first:
            with pytest.raises(LockLostError) as caught:
                sync(first, Scope(), on_report=lose_once)
            assert "the next sync goes on" in str(caught.value)
            with account.session() as second:
                sync(second, Scope())
        whole = unified_tables(database_url, instants=False)
        again = Account(sandbox, tmp_path, f"sqlite:///{tmp_path / 'fresh.db'}")
        again.sync()
        assert unified_tables(again.database, instants=False) == whole

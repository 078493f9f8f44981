"""Machines that share a database and no folder share the allowance of a key, whatever happens to one of them.

Each is a process with a data folder of its own that asks a sandbox, which counts, as fast as it may.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lever_assets.connect.account import Account
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets_tests.connect import machine

Limits = tuple[float, int]
LEVER_S: Limits = 10.0, 20
QUICK: Limits = 25.0, 40
"""Of the burst ten requests are a reserve, worth 0.4 s of the delays that a busy computer makes."""


_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"


class Fleet:
    """Machines with one database and one account, whose limits are a rate and a burst."""

    def __init__(self, sandbox: Sandbox, database: str, folder: Path, limits: Limits) -> None:
        self.sandbox = sandbox
        self.database = database
        self.folder = folder
        self.rate, self.burst = limits
        self.running: list[subprocess.Popen[bytes]] = []
        self._number = 0

    def settings(self) -> dict[str, Any]:
        """Return the settings of a machine more."""
        self._number += 1
        return {
            "api_key": self.sandbox.key,
            "base_url": self.sandbox.url,
            "database_url": self.database,
            "data_dir": self.folder / f"machine-{self._number}",
            "rate_limit": self.rate,
            "rate_burst": self.burst,
            "concurrency": 8,
        }

    @contextmanager
    def machine(self) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a machine."""
        given = {f"LEVER_{name.upper()}": str(value) for name, value in self.settings().items()}
        command = [sys.executable, "-m", machine.__name__]
        with subprocess.Popen(command, env={**os.environ, **given}) as process:
            try:
                yield process
            finally:
                process.kill()

    @property
    def sessions(self) -> int:
        """How many machines have a session with the database."""
        with psycopg.connect(self.database) as admin:
            found = admin.execute(f"SELECT count(*) {_OTHERS}".encode()).fetchone()
        return int(found[0]) if found else 0

    def end_sessions(self) -> int:
        """End the machines' sessions with the database; returns how many."""
        with psycopg.connect(self.database) as admin:
            return admin.execute(f"SELECT pg_terminate_backend(pid) {_OTHERS}".encode()).rowcount

    def penalise(self, seconds: float) -> None:
        """Hold the others back, as a machine does that was refused."""
        settings = Settings(**self.settings())
        asyncio.run(Account.default(settings).client(settings)._limiter.penalise(seconds))

    @property
    def asked(self) -> int:
        """How often Lever was asked."""
        return self.sandbox.requests().total

    def assert_whole_allowance_is_used(self, seconds: float = 2) -> None:
        """Assert that for some seconds, or more until delays are evened out, 95 % of the rate is used.

        And that Lever refused nothing, and no machine kept a pace of its own.
        """
        time.sleep(0.5)  # whatever just happened is over
        asked, since = self.asked, time.monotonic()
        time.sleep(seconds)
        while (rate := (self.asked - asked) / (time.monotonic() - since)) < 0.95 * self.rate:
            assert time.monotonic() < since + seconds + 20, f"only {rate:.1f} a second"
            time.sleep(0.1)
        assert set(self.sandbox.requests().by_status) == {200}
        assert not list(self.folder.rglob("*.pace"))


@contextmanager
def two_machines(database: str, folder: Path, limits: Limits) -> Iterator[Fleet]:
    """Run two machines that ask; the burst is over."""
    rate, burst = limits
    with running_sandbox(SandboxConfig(opportunities=1, rate=rate, burst=burst)) as sandbox:
        fleet = Fleet(sandbox, database, folder, limits)
        with ExitStack() as stack:
            fleet.running = [stack.enter_context(fleet.machine()) for _ in range(2)]
            deadline = time.monotonic() + 60
            while fleet.sessions < 2 or fleet.asked < 2 * burst:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield fleet


@pytest.mark.long
def test_two_share_the_whole_allowance_whatever_happens_to_one(
    postgresql_database: str, tmp_path: Path
) -> None:
    with two_machines(postgresql_database, tmp_path, QUICK) as fleet:
        fleet.assert_whole_allowance_is_used()

        fleet.penalise(3)
        time.sleep(0.7)  # what was on its way arrives
        asked = fleet.asked
        time.sleep(1)
        assert fleet.asked == asked, "a penalty of one holds all others back"
        time.sleep(1)  # it ends
        fleet.assert_whole_allowance_is_used()

        assert fleet.end_sessions() >= 2
        fleet.assert_whole_allowance_is_used()

        fleet.running[0].kill()
        fleet.assert_whole_allowance_is_used()


@pytest.mark.long
def test_two_use_lever_s_own_allowance_for_a_minute(postgresql_database: str, tmp_path: Path) -> None:
    with two_machines(postgresql_database, tmp_path, LEVER_S) as fleet:
        fleet.assert_whole_allowance_is_used(60)

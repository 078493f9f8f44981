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

RATE, BURST = 25.0, 40
"""Of the burst ten requests are a reserve, worth 0.4 s of the delays that a busy computer makes."""


_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"


class Fleet:
    """Machines with one database and one account."""

    def __init__(self, sandbox: Sandbox, database: str, folder: Path) -> None:
        self.sandbox = sandbox
        self.database = database
        self.folder = folder
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
            "rate_limit": RATE,
            "rate_burst": BURST,
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

    def assert_whole_allowance_is_used(self) -> None:
        """Assert that for three seconds, or more until delays are evened out, 95 % of the rate is used.

        And that Lever refused nothing, and no machine kept a pace of its own.
        """
        time.sleep(0.5)  # whatever just happened is over
        asked, since = self.asked, time.monotonic()
        time.sleep(3)
        while (rate := (self.asked - asked) / (time.monotonic() - since)) < 0.95 * RATE:
            assert time.monotonic() < since + 20, f"only {rate:.1f} a second"
            time.sleep(0.1)
        assert set(self.sandbox.requests().by_status) == {200}
        assert not list(self.folder.rglob("*.pace"))


@pytest.fixture
def fleet(tmp_path: Path, postgresql_database: str) -> Iterator[Fleet]:
    """Two machines that ask; the burst is over."""
    with running_sandbox(SandboxConfig(opportunities=1, rate=RATE, burst=BURST)) as sandbox:
        machines = Fleet(sandbox, postgresql_database, tmp_path)
        with ExitStack() as stack:
            machines.running = [stack.enter_context(machines.machine()) for _ in range(2)]
            deadline = time.monotonic() + 60
            while machines.sessions < 2 or machines.asked < 2 * BURST:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield machines


def test_two_share_the_whole_allowance_whatever_happens_to_one(fleet: Fleet) -> None:
    fleet.assert_whole_allowance_is_used()

    fleet.penalise(2)
    time.sleep(0.7)  # what was on its way arrives
    asked = fleet.asked
    time.sleep(1)
    assert fleet.asked == asked, "a penalty of one holds all others back"
    fleet.assert_whole_allowance_is_used()

    assert fleet.end_sessions() >= 2
    fleet.assert_whole_allowance_is_used()

    fleet.running[0].kill()
    fleet.assert_whole_allowance_is_used()

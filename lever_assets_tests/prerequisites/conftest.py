"""A small account that every module shares, and what is found of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.hasty import retry_hastily
from lever_assets_tests.sync.tables import Account


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    retry_hastily(monkeypatch)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=8, seed=7, rate=0)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    """An account that behaves; a test may have it refuse or err, but not change its records."""
    running.reset_requests()
    yield running
    running.set_quirks()
    running.set_faults()


@pytest.fixture
def account(sandbox: Sandbox, tmp_path: Path, sqlite_database: str) -> Account:
    """That account and an empty database, in a folder that is closed to others."""
    tmp_path.chmod(0o700)
    return Account(sandbox, tmp_path, sqlite_database)

"""One account for all tests of the actions; each test takes another person from it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.actions.recruiting import Recruiting, from_template, synced_account


@pytest.fixture(scope="session")
def lever() -> Iterator[Sandbox]:
    """One sandbox for all tests of the actions."""
    with running_sandbox(SandboxConfig(opportunities=300, seed=7, rate=0)) as running:
        yield running


@pytest.fixture(scope="session")
def synced(lever: Sandbox, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Recruiting:
    """The account, synced once."""
    return from_template(lever, tmp_path_factory.mktemp("recruiting"), sqlite_template)


@pytest.fixture
def account(synced: Recruiting) -> Iterator[Recruiting]:
    """The account, which behaves again after each test."""
    yield synced
    synced.sandbox.set_faults()


@pytest.fixture
def elsewhere(database_url: str, tmp_path: Path) -> Iterator[Recruiting]:
    """A small account in a database of either kind."""
    with running_sandbox(SandboxConfig(opportunities=20, seed=3, rate=0)) as sandbox:
        yield synced_account(sandbox, tmp_path, database_url)

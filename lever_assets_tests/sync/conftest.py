"""A small account in the sandbox, and sessions that sync it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.either import database_url
from lever_assets_tests.hasty import retry_hastily
from lever_assets_tests.meddling import Meddler, meddling
from lever_assets_tests.sync.paging import Paging
from lever_assets_tests.sync.tables import Account, Tables, empty_database, live

__all__ = ["database_url"]


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    retry_hastily(monkeypatch)


@pytest.fixture
def opportunities() -> int:
    """The size of the account; a module may have another."""
    return 24


@pytest.fixture
def sandbox(opportunities: int) -> Iterator[Sandbox]:
    """An account that the test may change."""
    with running_sandbox(SandboxConfig(opportunities=opportunities, seed=7, rate=0)) as running:
        yield running


@pytest.fixture
def account(sandbox: Sandbox, tmp_path: Path, sqlite_database: str) -> Account:
    """The account and an empty database to sync it into."""
    return Account(sandbox, tmp_path, sqlite_database)


@pytest.fixture
def few() -> Iterator[Sandbox]:
    """An account with very few people, for tests that sync often."""
    with running_sandbox(SandboxConfig(opportunities=8, seed=7, rate=0)) as running:
        yield running


@pytest.fixture
def small(few: Sandbox, tmp_path: Path, sqlite_database: str) -> Account:
    """The account with few people, and an empty database."""
    return Account(few, tmp_path, sqlite_database)


@pytest.fixture
def few_meddler(few: Sandbox) -> Iterator[Meddler]:
    """Somebody on the way to the account with few people."""
    with meddling(few.url) as between:
        yield between


@pytest.fixture
def anywhere(few: Sandbox, tmp_path: Path, database_url: str) -> Account:
    """The account with few people, and an empty database; the test runs once on each kind of database."""
    return Account(few, tmp_path, database_url)


@pytest.fixture(scope="module")
def unchanging() -> Iterator[Sandbox]:
    """A very small account that no test changes; one opportunity has more interviews than a page of ours."""
    with running_sandbox(SandboxConfig(opportunities=8, seed=7, rate=0)) as running:
        made = running.add_opportunity(postings=[running.ids("postings")[0]])["id"]
        for _ in range(Paging.size + 1):
            running.add_interview(made)
        yield running


@pytest.fixture(scope="module")
def usual(unchanging: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The tables of that account, as they come when nothing is in the way."""
    folder = tmp_path_factory.mktemp("usual")
    account = Account(unchanging, folder, empty_database(folder))
    account.sync()
    return live(account.database)


@pytest.fixture
def steady(unchanging: Sandbox, tmp_path: Path, database_url: str) -> Account:
    """That account, and an empty database; the test runs once on each kind of database."""
    return Account(unchanging, tmp_path, database_url)


@pytest.fixture
def meddler(unchanging: Sandbox) -> Iterator[Meddler]:
    """Somebody on the way to that account."""
    with meddling(unchanging.url) as between:
        yield between


@pytest.fixture(scope="module")
def synced(lever: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that the module's account `lever` is synced into, for `copy_of`."""
    folder = tmp_path_factory.mktemp("synced")
    Account(lever, folder, f"sqlite:///{folder / 'lever.db'}").sync()
    return folder / "lever.db"

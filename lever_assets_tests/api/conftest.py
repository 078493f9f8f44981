"""Accounts behind the API: one that is shared, and one for each test in either database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets_tests.actions.newcomers import somebody
from lever_assets_tests.actions.recruiting import from_template, synced_account
from lever_assets_tests.api.accounts import ACCOUNTS, account_in_lever
from lever_assets_tests.api.linking import Linking, linking
from lever_assets_tests.api.served import Served, served
from lever_assets_tests.either import POSTGRESQL_LATER, database_url

__all__ = ["database_url"]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Served]:
    """An account that is read, and never changed."""
    with running_sandbox(SandboxConfig(opportunities=60, seed=5, rate=0)) as sandbox:
        account = from_template(sandbox, tmp_path_factory.mktemp("api"), sqlite_template)
        with served(account) as api:
            yield api


@pytest.fixture
def api(database_url: str, tmp_path: Path) -> Iterator[Served]:
    """A small account of the test's own, in a database of either kind."""
    with running_sandbox(SandboxConfig(opportunities=20, seed=3, rate=0)) as sandbox:
        account = synced_account(sandbox, tmp_path, database_url)
        with served(account) as here:
            yield here


@pytest.fixture(scope="session", params=ACCOUNTS)
def kind(request: pytest.FixtureRequest) -> str:
    """Which kind of account is asked for: what Kombo's clients read and do, they do on each kind there is."""
    return str(request.param)


@pytest.fixture
def walked_through(kind: str, database_url: str, tmp_path: Path) -> Iterator[Served]:
    """An account of each kind, in a database of either kind."""
    with (
        account_in_lever(kind, opportunities=20, seed=3) as sandbox,
        served(synced_account(sandbox, tmp_path, database_url)) as here,
    ):
        yield here


@pytest.fixture
def lined_up(database_url: str, tmp_path: Path) -> Iterator[Linking]:
    """A server by which accounts are connected, over a database of either kind."""
    with linking(database_url, tmp_path) as here:
        yield here


@pytest.fixture(scope="session", params=POSTGRESQL_LATER)
def recruiters(
    request: pytest.FixtureRequest, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """An account in a database of either kind, written to by many tests: each takes people of its own."""
    folder = tmp_path_factory.mktemp("recruiters")
    with account_in_lever(kind, opportunities=120, seed=11) as sandbox:
        if request.param == "sqlite":
            account = from_template(sandbox, folder, request.getfixturevalue("sqlite_template"))
        else:
            template = request.getfixturevalue("postgresql_template")
            url = request.getfixturevalue("new_postgresql_database")(template)
            account = synced_account(sandbox, folder, url)
        with served(account, perform_as=somebody(account)) as here:
            yield here


@pytest.fixture
def acting(recruiters: Served) -> Iterator[Served]:
    """The same, where Lever behaves again after each test."""
    yield recruiters
    recruiters.account.sandbox.set_faults()

"""A sandbox with its OAuth server, and databases of connections to it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lever_assets.sandbox import OAuthConfig, Sandbox, SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets_tests.connect.connecting import by_key, settings_of, synced


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A small account whose access tokens last an hour."""
    with running_sandbox(SandboxConfig(opportunities=6, rate=0, oauth=OAuthConfig())) as running:
        yield running


@pytest.fixture(autouse=True)
def _as_at_first(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.set_faults()
    sandbox.set_rotation("overlap")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of a new database, of each kind."""
    return str(request.getfixturevalue(f"{request.param}_database"))


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path, sqlite_database: str) -> Settings:
    """The settings of somebody who has an OAuth app, and no account of their own in the environment."""
    return settings_of(sandbox, tmp_path / "data", sqlite_database)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """The database of the settings."""
    with closing(Store.open(settings.tables_url)) as opened:
        yield opened


@pytest.fixture
def anywhere(database_url: str, sandbox: Sandbox, tmp_path: Path) -> Iterator[tuple[Store, Settings]]:
    """Each kind of database, with two connections of which one was read."""
    settings = settings_of(sandbox, tmp_path / "any", database_url)
    with closing(Store.open(settings.tables_url)) as store:
        by_key(store, settings, "acme")
        by_key(store, settings, "globex")
        synced(settings.of("acme"))
        yield store, settings

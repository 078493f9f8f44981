"""A small account that was read whole, in either database."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets_tests.sync.tables import Account


@pytest.fixture(scope="package")
def synced_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the account."""
    folder = tmp_path_factory.mktemp("synced")
    with running_sandbox(SandboxConfig(opportunities=40, rate=0)) as sandbox:
        Account(sandbox, folder, f"sqlite:///{folder / 'lever.db'}").sync()
    return folder / "lever.db"


@pytest.fixture(scope="package")
def synced_postgresql(
    new_postgresql_database: Callable[..., str],
    postgresql_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The URL of a PostgreSQL database with the account, which no test may change."""
    url = new_postgresql_database(postgresql_template)
    with running_sandbox(SandboxConfig(opportunities=40, rate=0)) as sandbox:
        Account(sandbox, tmp_path_factory.mktemp("synced"), url).sync()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings that lead to the account's tables; the test runs once on each kind of database."""
    kept = request.getfixturevalue(f"synced_{request.param}")
    if request.param == "sqlite":
        kept = f"sqlite:///{shutil.copy(kept, tmp_path / 'lever.db')}"
    return Settings(database_url=kept, data_dir=tmp_path)

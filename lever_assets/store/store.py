"""The store: one database, opened, with its transactions and its lock for one sync at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError

from lever_assets.store.compacting import compact
from lever_assets.store.errors import (
    LockLostError,
    ReadOnlyError,
    UnfitError,
    UnreachableError,
    translated,
)
from lever_assets.store.folding import FUNCTION, folded
from lever_assets.store.holders import Holder
from lever_assets.store.locks import Check, advisory_holder, advisory_lock, file_holder, file_lock
from lever_assets.store.migrations import migrate as migrate_schema
from lever_assets.store.transaction import Transaction
from lever_assets.store.urls import (
    check_options,
    database_url,
    immutable_url,
    make_room,
    raw_schema,
    sqlite_file,
    without_ours,
)
from lever_assets.store.values import encoded, parsed

_BUSY_SECONDS = 60.0
"""How long a writer waits for another one on SQLite."""
_CACHE_KB = 8_000
"""SQLite's own copy of pages, for each connection. Four times as much took 25 MB more and no less time: the
system has them, too."""

_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""For libpq: a connection that was cut without a word is noticed after half a minute, not after hours."""


class Store:
    """A database that holds Lever accounts. Safe to use from several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._held: list[Check] = []
        self._hasty: list[Store] = []
        self.name = self._name(engine.url)

    def __repr__(self) -> str:
        return f"Store({self.name!r})"

    @classmethod
    def open(cls, url: str, *, migrate: bool = True, lock_wait: float | None = None) -> "Store":
        """Open the database at a SQLAlchemy URL; make or move on its tables unless `migrate` is False.

        What other programs have locked is waited for up to `lock_wait` seconds, then it is a BusyError; None:
        a minute on SQLite, as long as it takes on PostgreSQL. Any number of processes may open it at once.
        Raises StoreError if it can't be used.
        """
        store = cls(make_engine(database_url(url), lock_wait))
        store._begin(migrate=migrate)
        return store

    @classmethod
    def open_to_read(cls, url: str) -> "Store":
        """As `open`, but a database that has the tables of this program need not be writable.

        A SQLite file on a read-only disk can be read unless it was left with a log that only a writer can
        take in.
        """
        store = cls(make_engine(database_url(url)))
        try:
            store._begin(migrate=True, to_read=True)
            return store
        except (ReadOnlyError, UnreachableError):
            still = immutable_url(database_url(url))
            if still is None:
                raise
        store = cls(make_engine(still))
        store.name = cls._name(database_url(url))
        store._begin(migrate=True, to_read=True)
        return store

    def _begin(self, *, migrate: bool, to_read: bool = False) -> None:
        try:
            with _translating(self.name):
                if migrate:
                    migrate_schema(self.engine, to_read=to_read)
                else:
                    self.engine.connect().close()
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _name(url: URL) -> str:
        # libpq takes passwords in the query, too.
        return url.set(query={}).render_as_string(hide_password=True)

    @contextmanager
    def writing(self, account: str, at: datetime | None = None) -> Iterator[Transaction]:
        """Yield a transaction on an account's rows: committed at the end, undone by an exception.

        Its instant is the present one, or `at`. On SQLite it is the only writer meanwhile. Keep it short, and
        never open one inside another. While this store is the only one to sync (`exclusive`), that is checked
        before the commit: raises LockLostError, and rolls back, when somebody else may have begun.
        """
        with _translating(self.name), self.engine.connect() as conn:
            conn.execution_options(writing=True)
            with conn.begin():
                yield Transaction(conn, account, at)
                self._see_that_locks_are_held()

    @contextmanager
    def reading(self, account: str, at: datetime | None = None) -> Iterator[Transaction]:
        """Yield a transaction that can't write and sees the database as it was at its first query."""
        with _translating(self.name), self.engine.connect() as conn:
            if self.engine.dialect.name == "postgresql":
                conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with conn.begin():
                yield Transaction(conn, account, at)

    @contextmanager
    def exclusive(self, account: str, wait: float = 0.0) -> Iterator[None]:
        """Be the only sync of a Lever connection, on all machines that use this database.

        Waits up to `wait` seconds, then raises BusyError, which says who holds it if that is known. The
        system lets go when the process ends, however it ends. Not re-entrant: a second one in the same
        process is refused too. Should the lock be lost meanwhile, the next transaction that writes says so.
        """
        file = sqlite_file(self.engine.url)
        lock = advisory_lock(self.engine, account, wait) if file is None else file_lock(file, account, wait)
        with _translating(self.name), lock as check:
            self._held.append(check)
            try:
                yield
            finally:
                self._held.remove(check)

    def holder(self, account: str) -> Holder | None:
        """Return who has `exclusive` of a Lever connection now; None: nobody, or who can't be seen from here.

        It takes no lock and waits for none: who begins at this moment is not refused for it.
        """
        file = sqlite_file(self.engine.url)
        with _translating(self.name):
            if file is not None:
                return file_holder(file, account)
            return advisory_holder(self.engine, account)

    def _see_that_locks_are_held(self) -> None:
        for check in tuple(self._held):
            try:
                check()
            except LockLostError:
                if check in self._held:  # else another thread, whose it was, has given it back meanwhile
                    raise

    def hasty(self, seconds: float) -> "Store":
        """Return a store of the same database that waits so long at most for what others have locked.

        Of PostgreSQL it is this one: there who reads waits for nobody. It is closed with this one.
        """
        url = self.engine.url
        if sqlite_file(url) is None:
            return self
        found = Store(make_engine(url, seconds))
        self._hasty.append(found)
        return found

    def compact(self, *, largest: int | None = None, seconds: float | None = None) -> bool:
        """Leave no copy of what was erased in the database's file; False if that has to wait.

        Of more than `largest` bytes it waits, and what would take more than `seconds`. Others are held up
        meanwhile, who write.
        """
        file = sqlite_file(self.engine.url)
        return file is None or compact(file, largest=largest, seconds=seconds)

    def close(self) -> None:
        """Close the connections that are not in use; the store may not be used afterwards."""
        self.engine.dispose()
        for each in self._hasty:
            each.close()


@contextmanager
def _translating(database: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        known = translated(error, database)
        if known is None:
            raise
        raise known from error


def make_engine(url: URL, lock_wait: float | None = None) -> Engine:
    """Return an engine that writes canonical JSON and never shows parameters in its errors.

    `lock_wait`: the seconds that locks of others are waited for (see `Store.open`). Raises UnfitError when
    the URL has an option that does not exist, UnreachableError when a SQLite file's folder can't be made.
    """
    check_options(url)
    file = sqlite_file(url)
    if file is not None and "mode" not in url.query:
        make_room(file)
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
        event.listen(engine, "do_connect", lambda _dialect, _record, _args, options: without_ours(options))
        schema = raw_schema(url)
        if schema is not None:
            event.listen(engine, "connect", _look_in_too(schema))
        if lock_wait is not None:
            event.listen(engine, "connect", _limit_lock_wait(lock_wait))
        return engine
    waits = {} if "timeout" in url.query else {"timeout": _BUSY_SECONDS if lock_wait is None else lock_wait}
    engine = _made(url, connect_args=waits)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _look_in_too(schema: str) -> Callable[[Any, object], None]:
    def look(connection: Any, _: object) -> None:
        # Not among the options of the connection: see below.
        path = "current_setting('search_path') || ', ' || quote_ident(%s)"
        # Where there is no schema to make tables in, this one is none for all of them either.
        there = "WHERE current_schema() IS NOT NULL"
        connection.execute(f"SELECT set_config('search_path', {path}, false) {there}", [schema])
        connection.commit()

    return look


def _limit_lock_wait(seconds: float) -> Callable[[Any, object], None]:
    def limit(connection: Any, _: object) -> None:
        # Not among the options of the connection: poolers refuse those.
        connection.execute(f"SET lock_timeout = {max(1, round(seconds * 1000))}")
        connection.commit()

    return limit


def _made(url: URL, **options: Any) -> Engine:
    try:
        return create_engine(
            url, json_serializer=encoded, json_deserializer=parsed, hide_parameters=True, **options
        )
    except (ArgumentError, TypeError, ValueError) as error:
        raise UnfitError(
            f"an option of the database URL can't be used ({error})", "correct it or take it out"
        ) from None


def _set_up_sqlite(connection: Any, _: object) -> None:
    # The driver would begin transactions late and never for reads; `_begin_sqlite` does it instead
    # (SQLAlchemy documentation, "Serializable isolation / Savepoints / Transactional DDL" of pysqlite).
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA cache_size=-{_CACHE_KB}")
    # What is deleted or written over is no more in the file: it may be what was erased of a person.
    connection.execute("PRAGMA secure_delete=ON")
    connection.create_function(FUNCTION, 1, folded, deterministic=True)


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("writing"):
        connection.exec_driver_sql("PRAGMA query_only=0")
        connection.exec_driver_sql(
            "BEGIN IMMEDIATE"
        )  # take the lock first: a later upgrade could not wait for it
    else:
        connection.exec_driver_sql("PRAGMA query_only=1")
        connection.exec_driver_sql("BEGIN")

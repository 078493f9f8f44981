"""The store: one database, opened, with its transactions and its lock for one sync at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, Engine

from lever_assets.store.compacting import compact
from lever_assets.store.engine import database_url, immutable_url, make_engine, sqlite_file
from lever_assets.store.errors import ReadOnlyError, UnreachableError, translate
from lever_assets.store.locks import Check, advisory_lock, file_lock
from lever_assets.store.migrations import migrate as migrate_schema


class Store:
    """A database that holds Lever accounts. Safe to use from several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._held: list[Check] = []
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
        try:
            return cls.open(url)
        except (ReadOnlyError, UnreachableError):
            still = immutable_url(database_url(url))
            if still is None:
                raise
        store = cls(make_engine(still))
        store.name = cls._name(database_url(url))
        store._begin(migrate=True)
        return store

    def _begin(self, *, migrate: bool) -> None:
        try:
            with translate(self.name):
                if migrate:
                    migrate_schema(self.engine)
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
    def writing(self) -> Iterator[Connection]:
        """Yield a connection in a transaction: committed at the end, rolled back by an exception.

        On SQLite it is the only writer meanwhile. Keep it short, and never open one inside another. While
        this store is the only one to sync (`exclusive`), that is checked before the commit: raises
        LockLostError, and rolls back, when somebody else may have begun.
        """
        with translate(self.name), self.engine.connect() as conn:
            conn.execution_options(writing=True)
            with conn.begin():
                yield conn
                for check in tuple(self._held):
                    check()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that can't write and sees the database as it was at its first query."""
        with translate(self.name), self.engine.connect() as conn:
            if self.engine.dialect.name == "postgresql":
                conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with conn.begin():
                yield conn

    @contextmanager
    def exclusive(self, connection: str, wait: float = 0.0) -> Iterator[None]:
        """Be the only sync of a Lever connection, on all machines that use this database.

        Waits up to `wait` seconds, then raises BusyError, which says who holds it if that is known. The
        system lets go when the process ends, however it ends. Not re-entrant: a second one in the same
        process is refused too. Should the lock be lost meanwhile, the next transaction that writes says so.
        """
        file = sqlite_file(self.engine.url)
        lock = (
            advisory_lock(self.engine, connection, wait)
            if file is None
            else file_lock(file, connection, wait)
        )
        with translate(self.name), lock as check:
            self._held.append(check)
            try:
                yield
            finally:
                self._held.remove(check)

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

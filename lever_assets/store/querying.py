"""Queries that somebody writes in SQL: they read, and nothing else, whatever they say."""

import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

import psycopg

from lever_assets.store.errors import QuestionError, wrong_in
from lever_assets.store.transaction import Transaction

_FIRST_WORD = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/|\()*([a-z]*)", re.IGNORECASE | re.DOTALL)
_QUERIES = frozenset({"select", "with", "values"})
_READING = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_TELLING = frozenset({"index_info", "index_list", "table_info", "table_list", "table_xinfo"})
"""Of what PRAGMAs tell, the tables; `pragma_table_info('jobs')` is a table, too."""
_SECRET = ("connections", "secret")
_STEPS = 10_000
"""Of SQLite's machine, between two looks at the clock: some milliseconds."""
_SEALED = re.compile(r"gAAAA[\w-]{60,}=*")
"""A secret as `connections` has it, encrypted by Fernet (its specification: version 0x80, then the time)."""
_SEALED_BYTES = re.compile(_SEALED.pattern.encode())
_MASK = "(encrypted)"
_MORE_THAN_READING = (
    "not authorized",  # SQLite
    "prohibited",
    "one statement",
    "multiple commands",  # PostgreSQL
    "read-only",
    "data-modifying",
    *(f'near "{each}"' for each in ("delete", "insert", "into", "merge", "update")),
)
"""In what the databases say of a query that would do more."""
_ONLY_READS = "write one SELECT (or WITH or VALUES): only reading is possible here"


class Answer(Protocol):
    """The rows that a query gives, in their order; each is given once."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""

    def take(self, size: int) -> list[tuple[Any, ...]]:
        """Return up to so many of the next rows; none are left where there are fewer."""

    def rest(self) -> int:
        """Return how many rows are left, and read none of them."""


@contextmanager
def answering(tx: Transaction, query: str, seconds: float | None) -> Iterator[Answer]:
    """Ask a query in a transaction that can't write, for so many seconds at most (None: without end).

    A stored secret, which is encrypted, is not in the answer: in SQLite it is null, and in PostgreSQL it is
    masked where it stands whole (not so what a query cuts out of it). Raises QuestionError for what is no
    query, would write, is wrong or takes too long; also from the answer's methods.
    """
    word = _FIRST_WORD.match(query)
    if word is None or word[1].lower() not in _QUERIES:
        raise QuestionError("this is no query", _ONLY_READS)
    until = None if seconds is None else time.monotonic() + seconds
    ask = _of_postgresql if tx.sql.dialect.name == "postgresql" else _of_sqlite
    try:
        with ask(tx, query, until) as answer:
            yield answer
    except (sqlite3.Error, psycopg.Error) as error:
        told = _told(error, seconds)
        if told is None:
            raise
        raise told from None


def _told(error: sqlite3.Error | psycopg.Error, seconds: float | None) -> QuestionError | None:
    """Return what is to be said of an error; None where the query is not at fault."""
    if isinstance(error, psycopg.errors.QueryCanceled) or "interrupted" in str(error):
        return QuestionError(
            f"the query took longer than {seconds or 0:g} s and was given up",
            "ask for less, or allow more",
        )
    wrong = wrong_in(error)
    if wrong is None:
        return None
    is_more = any(each in wrong.lower() for each in _MORE_THAN_READING)
    return QuestionError(
        f"the query can't be answered ({wrong})", _ONLY_READS if is_more else "correct it, and ask again"
    )


@contextmanager
def _of_sqlite(tx: Transaction, query: str, until: float | None) -> Iterator[Answer]:
    database: Any = tx.sql.connection.driver_connection

    def allow(action: int, what: str | None, column: str | None, *_: object) -> int:
        if action == sqlite3.SQLITE_READ and (what, column) == _SECRET:
            return sqlite3.SQLITE_IGNORE  # it is null then, whatever is made of it
        # The transaction can't write; but ATTACH would make a file, and a PRAGMA would let it write.
        fine = (
            action in _READING
            or (action == sqlite3.SQLITE_PRAGMA and what in _TELLING)
            # asked by SQLite itself for its functions that are tables, such as json_each
            or (action == sqlite3.SQLITE_UPDATE and what == "sqlite_master")
        )
        return sqlite3.SQLITE_OK if fine else sqlite3.SQLITE_DENY

    def is_late() -> bool:
        return until is not None and time.monotonic() > until

    database.set_authorizer(allow)
    database.set_progress_handler(is_late, _STEPS)
    try:
        cursor = database.execute(query)
        yield _SqliteAnswer(cursor)
        cursor.close()
    finally:
        database.set_progress_handler(None, 0)
        database.set_authorizer(None)


class _SqliteAnswer:
    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor
        self.columns = tuple(each[0] for each in cursor.description or ())

    def take(self, size: int) -> list[tuple[Any, ...]]:
        return _without_secrets(self._cursor.fetchmany(size))

    def rest(self) -> int:
        return sum(1 for _ in self._cursor)


@contextmanager
def _of_postgresql(tx: Transaction, query: str, until: float | None) -> Iterator[Answer]:
    database: Any = tx.sql.connection.driver_connection
    # A cursor of the server's takes one query, no other statement, and gives its rows bit by bit.
    cursor = database.cursor(name=_PostgresqlAnswer.name)
    answer = _PostgresqlAnswer(cursor, until)
    try:
        answer.limit()
        cursor.execute(query)
        yield answer
    finally:
        with suppress(psycopg.Error):
            cursor.close()


class _PostgresqlAnswer:
    name = "answer"

    def __init__(self, cursor: "psycopg.ServerCursor[tuple[Any, ...]]", until: float | None) -> None:
        self._cursor, self._until = cursor, until

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(each.name for each in self._cursor.description or ())

    def limit(self) -> None:
        """Let the next statement take no longer than is left."""
        if self._until is not None:
            left = max(1, round((self._until - time.monotonic()) * 1000))
            self._cursor.connection.execute(f"SET LOCAL statement_timeout = {left}".encode())

    def take(self, size: int) -> list[tuple[Any, ...]]:
        self.limit()
        return _without_secrets(self._cursor.fetchmany(size))

    def rest(self) -> int:
        self.limit()
        return self._cursor.connection.execute(f"MOVE FORWARD ALL IN {self.name}".encode()).rowcount


def _without_secrets(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [tuple(map(_masked, row)) for row in rows]


def _masked(value: Any) -> Any:
    match value:
        case str():
            return _SEALED.sub(_MASK, value)
        case bytes():
            return _SEALED_BYTES.sub(_MASK.encode(), value)
        case list() | tuple():  # an array, a row
            return [*map(_masked, value)]
        case dict():
            return {_masked(name): _masked(each) for name, each in value.items()}
    return value

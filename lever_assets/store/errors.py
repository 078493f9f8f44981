"""The errors of the store, and the translation of a driver's errors into them.

    StoreError
    ├── UnreachableError    no such server, host, database, folder or password
    ├── ReadOnlyError       it can be read, but not written
    ├── DiskFullError       no room to write
    ├── BusyError           another sync of the connection is under way, or a lock was held for too long
    │   └── LockLostError   the lock for one sync at a time was lost while it was held
    └── NewerSchemaError    the database was made by a newer version of the program

The text of each is one sentence: what happened, where, what to do. None ever holds a password.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError


class StoreError(Exception):
    """Something went wrong with the database; `problem` says what and where, `remedy` what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}; {self.remedy}."


class UnreachableError(StoreError):
    """The database can't be opened, or the connection to it was lost."""


class ReadOnlyError(StoreError):
    """The database takes no writes from us."""


class DiskFullError(StoreError):
    """There is no room left for the database."""


class BusyError(StoreError):
    """Someone else holds what we need."""


class LockLostError(BusyError):
    """The lock for one sync at a time is no longer ours: somebody else may sync, so nothing is written."""


class NewerSchemaError(StoreError):
    """The tables were made by a newer version of this program."""


_KEPT = "what was committed before is kept"


@contextmanager
def translate(database: str) -> Iterator[None]:
    """Raise a driver's error as the matching StoreError; `database` names it, without a password.

    Errors that only a mistake in this program can cause (a constraint, a syntax error) pass as they are.
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error, psycopg.Error) as error:
        known = _known(error, database)
        if known is None:
            _drop_values(error)
            raise
        raise known from error
    except PoolTimeoutError as error:
        raise BusyError(
            f"the database {database} has no free connection", "run fewer things at once against it"
        ) from error


def _drop_values(error: Exception) -> None:
    # PostgreSQL quotes the whole row in the detail of some errors; people's data has no place in a log.
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, psycopg.Error) and cause.diag.message_primary:
        cause.args = (cause.diag.message_primary,)
        if cause is not error:
            error.args = (f"({type(cause).__name__}) {cause.diag.message_primary}",)


def _known(error: Exception, database: str) -> StoreError | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _from_sqlite(cause, database)
    if isinstance(cause, psycopg.Error):
        return _from_postgresql(cause, database)
    return None


@dataclass(frozen=True)
class _Meaning:
    """What an error means: the class to raise, the problem (after the database's name) and the remedy."""

    kind: type[StoreError]
    problem: str
    remedy: str

    def of(self, database: str, detail: str) -> StoreError:
        return self.kind(f"the database {database} {self.problem.format(detail=detail)}", self.remedy)


_FULL = _Meaning(DiskFullError, "is full", f"make room on its disk and run again ({_KEPT})")
_LOCKED = _Meaning(BusyError, "is locked by another program", f"run again when that one is done ({_KEPT})")
_CROWDED = _Meaning(
    BusyError, "has no free connection", "raise its max_connections or run fewer programs against it"
)
_CANT_OPEN = _Meaning(
    UnreachableError, "can't be opened", "check that its folder exists and that this user may write to it"
)
_WRONG_PASSWORD = _Meaning(
    UnreachableError, "refuses the user or the password", "correct them in the database URL"
)
_NO_DATABASE = _Meaning(UnreachableError, "does not exist", "create it, or correct the database URL")
_DOWN = _Meaning(
    UnreachableError,
    "can't be reached or broke the connection",
    f"check the host and port of its URL and that the server runs, then run again ({_KEPT})",
)

_SQLITE: dict[str, _Meaning] = {
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": _Meaning(
        ReadOnlyError, "can't be written", "give this user the right to write to the file and to its folder"
    ),
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_CANTOPEN": _CANT_OPEN,
    "SQLITE_PERM": _CANT_OPEN,
    "SQLITE_NOTADB": _Meaning(
        UnreachableError, "is not a SQLite file", "name another file, or move this one away and sync again"
    ),
    "SQLITE_CORRUPT": _Meaning(UnreachableError, "is damaged", "move the file away and sync again"),
    "SQLITE_IOERR": _Meaning(
        DiskFullError,
        "can't be read or written ({detail})",
        f"check its disk and quota, then run again ({_KEPT})",
    ),
}
"""By the start of the result code's name (sqlite.org/rescode.html)."""

_POSTGRESQL: dict[str, _Meaning] = {
    "28": _WRONG_PASSWORD,
    "3D000": _NO_DATABASE,
    "25006": _Meaning(ReadOnlyError, "is read-only", "use the primary server, and allow this user to write"),
    "42501": _Meaning(
        ReadOnlyError,
        "denies this user a right it needs ({detail})",
        "grant it CREATE and USAGE on the schema and all rights on the tables",
    ),
    "53100": _FULL,
    "53300": _CROWDED,
    "55P03": _LOCKED,
    "40P01": _LOCKED,
    "40001": _LOCKED,
    "57014": _LOCKED,
    "57P": _DOWN,
    "08": _DOWN,
}
"""By the start of SQLSTATE (PostgreSQL documentation, appendix A)."""

_WHILE_CONNECTING: dict[str, _Meaning] = {
    "authentication failed": _WRONG_PASSWORD,
    "no password supplied": _WRONG_PASSWORD,
    "role ": _WRONG_PASSWORD,
    "too many clients": _CROWDED,
    "remaining connection slots": _CROWDED,
    "does not exist": _NO_DATABASE,
}
"""By a part of the message: libpq gives no SQLSTATE for a connection that fails."""


def _from_sqlite(error: sqlite3.Error, database: str) -> StoreError | None:
    code = getattr(error, "sqlite_errorname", None) or ""
    for start, meaning in _SQLITE.items():
        if code.startswith(start):
            return meaning.of(database, code)
    return None


def _from_postgresql(error: psycopg.Error, database: str) -> StoreError | None:
    said = str(error).strip()
    detail = said.split("\n", 1)[0]
    if error.sqlstate:
        for start, meaning in _POSTGRESQL.items():
            if error.sqlstate.startswith(start):
                return meaning.of(database, detail)
        return None
    if isinstance(error, psycopg.OperationalError):
        for part, meaning in _WHILE_CONNECTING.items():
            if part in said:
                return meaning.of(database, detail)
        return _DOWN.of(database, detail)
    return None

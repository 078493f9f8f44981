"""The errors of the store, and the translation of a driver's errors into them.

    StoreError
    ├── UnreachableError    no such server, host, database, folder or password
    ├── ReadOnlyError       it can be read, but not written
    ├── DiskFullError       no room to write
    ├── BusyError           another sync of the connection is under way, or a lock was held for too long
    │   └── LockLostError   the lock for one sync at a time was lost while it was held
    ├── NewerSchemaError    the database was made by a newer version of the program
    ├── UnfitError          it can't hold our tables: another encoding, somebody else's tables, wrong options
    ├── DamagedError        what this program made was changed or taken away by hand
    └── QuestionError       what somebody asks of the tables can't be answered as it was asked

The text of each is one sentence: what happened, where, what to do. None ever holds a password.
"""

import re
import sqlite3
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

if TYPE_CHECKING:
    import psycopg


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


class UnfitError(StoreError):
    """The database, or its URL, can't be used as it is."""


class DamagedError(StoreError):
    """What this program made is not as it made it."""


class QuestionError(StoreError):
    """What somebody asks of the tables can't be answered as it was asked."""


class UnreadableValueError(ValueError):
    """A value in the database is not of the kind that its place, TABLE.COLUMN, has; never shows it."""

    def __init__(self, kind: str, place: str) -> None:
        super().__init__(f"in {place or 'a column'} what is not {kind}")


_KEPT = "what was committed before is kept"
_OF_STATEMENTS = ("0A", "21", "22", "25", "2F", "42", "54")
"""Classes of SQLSTATE."""
_OF_VALUES = "22"
"""The class of SQLSTATE whose messages quote the value that does not fit."""
_KIND = re.compile("([A-Z][a-z]+)")
_NO_CODE = "no code"
_OF_SQLITE = frozenset(
    {_NO_CODE, "SQLITE_ERROR", "SQLITE_AUTH", "SQLITE_MISMATCH", "SQLITE_RANGE", "SQLITE_TOOBIG"}
)
"""Python's own of a statement, such as that there are two, has no code."""


def translated(error: Exception, database: str) -> StoreError | None:
    """Return the StoreError that matches a driver's error; `database` names it, without a password.

    None for errors that are no driver's, and for those that only a mistake in this program can cause (a
    constraint, a syntax error): they lose what they quote of people's data.
    """
    if isinstance(error, UnreadableValueError):
        return DamagedError(
            f"the database {database} has {error}, and did not get it from this program",
            "put it right, or delete that row: a full sync brings again what Lever has",
        )
    if isinstance(error, PoolTimeoutError):
        return BusyError(
            f"the database {database} has no free connection", "run fewer things at once against it"
        )
    known = _known(error, database)
    if known is None:
        _drop_values(error)
    return known


def wrong_in(error: Exception) -> str | None:
    """Return what a driver finds wrong with a statement that somebody wrote; None if that is not at fault.

    A value that does not fit is not in it: it may be somebody's name.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    if _is_of_postgresql(cause) and (cause.sqlstate or "").startswith(_OF_STATEMENTS):
        return _without_values(cause) or _detail(cause)
    if isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorname", _NO_CODE) in _OF_SQLITE:
        return str(cause)
    return None


def _drop_values(error: Exception) -> None:
    # PostgreSQL quotes the whole row in the detail of some errors; people's data has no place in a log.
    cause = error.orig if isinstance(error, DBAPIError) else error
    said = _without_values(cause) if _is_of_postgresql(cause) else None
    if cause is not None and said:
        cause.args = (said,)
        if cause is not error:
            error.args = (f"({type(cause).__name__}) {said}",)


def _without_values(error: "psycopg.Error") -> str | None:
    """Return what PostgreSQL says, without people's data; None where it is no server that says something."""
    if (error.sqlstate or "").startswith(_OF_VALUES):
        return _KIND.sub(r" \1", type(error).__name__).strip().lower()
    return error.diag.message_primary


def _is_of_postgresql(error: BaseException | None) -> "TypeGuard[psycopg.Error]":
    # The driver is imported with a database of its kind. A command that uses SQLite starts without it.
    driver = sys.modules.get("psycopg")
    return driver is not None and isinstance(error, driver.Error)


def _known(error: Exception, database: str) -> StoreError | None:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _from_sqlite(cause, database)
    if _is_of_postgresql(cause):
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
_STOPPED = _Meaning(
    BusyError,
    "stopped what took too long ({detail})",
    "raise that time-out for this user, or run again when the database has less to do",
)
_CROWDED = _Meaning(
    BusyError,
    "takes no more connections ({detail})",
    "raise the limit, or run fewer programs against it",
)
_NOT_UP = _Meaning(UnreachableError, "takes no connections now ({detail})", "run again in a moment")
_CANT_OPEN = _Meaning(
    UnreachableError, "can't be opened", "check that its folder exists and that this user may write to it"
)
_WRONG_PASSWORD = _Meaning(
    UnreachableError, "refuses the user or the password", "correct them in the database URL"
)
_REFUSED = _Meaning(
    UnreachableError,
    "refuses this connection ({detail})",
    "have its administrator allow this user from this machine, or correct the database URL",
)
_NO_DATABASE = _Meaning(UnreachableError, "does not exist", "create it, or correct the database URL")
_WRONG_OPTION = _Meaning(
    UnfitError,
    "can't be asked for like this ({detail})",
    "correct or take out that option after the ? of the database URL",
)
_NO_SCHEMA = _Meaning(
    UnfitError,
    "has no schema to make tables in",
    "create the one that search_path names, or correct search_path in the database URL",
)
_ENCODING = _Meaning(
    UnfitError,
    "can't keep every text ({detail})",
    "make a database with ENCODING 'UTF8' TEMPLATE template0, and name that in the database URL",
)
_LACKS = _Meaning(
    DamagedError,
    "lacks a table or column that this program made ({detail})",
    "run again: it is made and filled anew",
)
_IN_THE_WAY = _Meaning(
    UnfitError,
    "has something else by the name of one of our tables or indexes ({detail})",
    "use another database or schema, or rename what is there",
)
_CORRUPT = _Meaning(
    UnreachableError, "is damaged ({detail})", "restore a backup, or begin a new one and sync again"
)
_NO_MEMORY = _Meaning(
    BusyError, "has run out of memory ({detail})", f"give it more, or run again later ({_KEPT})"
)
_DOWN = _Meaning(
    UnreachableError,
    "can't be reached or broke the connection ({detail})",
    f"check the host and port of its URL and that the server runs, then run again ({_KEPT})",
)

_SQLITE: dict[str, _Meaning] = {
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": _Meaning(
        ReadOnlyError, "can't be written", "give this user the right to write to the file and to its folder"
    ),
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_PROTOCOL": _LOCKED,
    "SQLITE_CANTOPEN": _CANT_OPEN,
    "SQLITE_PERM": _CANT_OPEN,
    "SQLITE_NOMEM": _NO_MEMORY,
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

_SQLITE_SAYS: dict[str, _Meaning] = {
    "no such table": _LACKS,
    "no such column": _LACKS,
    "has no column named": _LACKS,
    "already exists": _IN_THE_WAY,
    "already another": _IN_THE_WAY,
    "already a table named": _IN_THE_WAY,
    "no such vfs": _WRONG_OPTION,
    "no such access mode": _WRONG_OPTION,
    "no such cache mode": _WRONG_OPTION,
}
"""By a part of the message, where the code is the general SQLITE_ERROR."""

_POSTGRESQL: dict[str, _Meaning] = {
    "28": _WRONG_PASSWORD,
    "3D000": _NO_DATABASE,
    "3F000": _NO_SCHEMA,
    "22021": _ENCODING,
    "22P05": _ENCODING,
    "25006": _Meaning(ReadOnlyError, "is read-only", "use the primary server, and allow this user to write"),
    "25P03": _STOPPED,
    "25P04": _STOPPED,
    "42501": _Meaning(
        ReadOnlyError,
        "denies this user a right it needs ({detail})",
        "grant it CREATE and USAGE on the schema and all rights on the tables",
    ),
    "42P01": _LACKS,
    "42703": _LACKS,
    "42P07": _IN_THE_WAY,
    "42710": _IN_THE_WAY,
    "42809": _IN_THE_WAY,
    "53100": _FULL,
    "53200": _NO_MEMORY,
    "53": _CROWDED,
    "55P03": _LOCKED,
    "40P01": _LOCKED,
    "40001": _LOCKED,
    "57014": _STOPPED,
    "57P03": _NOT_UP,
    "57P": _DOWN,
    "58": _Meaning(
        DiskFullError, "can't be read or written ({detail})", f"check its disk, then run again ({_KEPT})"
    ),
    "XX001": _CORRUPT,
    "XX002": _CORRUPT,
    "08": _DOWN,
}
"""By the start of SQLSTATE (PostgreSQL documentation, appendix A); the first that fits counts."""

_WHILE_CONNECTING: dict[str, _Meaning] = {
    "too many c": _CROWDED,
    "remaining connection slots": _CROWDED,
    "the database system is": _NOT_UP,
    "not currently accepting connections": _NOT_UP,
    "authentication failed": _WRONG_PASSWORD,
    "no password supplied": _WRONG_PASSWORD,
    "no pg_hba.conf entry": _REFUSED,
    "not permitted to log in": _REFUSED,
    "permission denied": _REFUSED,
    "SSL": _REFUSED,
    "role ": _WRONG_PASSWORD,
    "root certificate file": _WRONG_OPTION,
    "definition of service": _WRONG_OPTION,
    "invalid ": _WRONG_OPTION,
    "bad value for": _WRONG_OPTION,
    "unrecognized configuration parameter": _WRONG_OPTION,
    "unsupported startup parameter": _WRONG_OPTION,
    "requires a value": _WRONG_OPTION,
    "does not exist": _NO_DATABASE,
}
"""By a part of the message, the first that fits: libpq gives no SQLSTATE for a connection that fails."""


def _from_sqlite(error: sqlite3.Error, database: str) -> StoreError | None:
    code = getattr(error, "sqlite_errorname", None) or ""
    for start, meaning in _SQLITE.items():
        if code.startswith(start):
            return meaning.of(database, code)
    return _by_message(_SQLITE_SAYS, str(error), database)


def _from_postgresql(error: "psycopg.Error", database: str) -> StoreError | None:
    said = _detail(error)
    if error.sqlstate:
        found = (meaning for start, meaning in _POSTGRESQL.items() if error.sqlstate.startswith(start))
        meaning = next(found, None)
        return None if meaning is None else meaning.of(database, said)
    known = _by_message(_WHILE_CONNECTING, said, database)
    if known is None and isinstance(error, sys.modules["psycopg"].OperationalError):
        return _DOWN.of(database, said)
    return known


def _by_message(meanings: Mapping[str, _Meaning], said: str, database: str) -> StoreError | None:
    found = (meaning for part, meaning in meanings.items() if part in said)
    meaning = next(found, None)
    return None if meaning is None else meaning.of(database, said)


def _detail(error: "psycopg.Error") -> str:
    """Return the line that says what is wrong; if some address was answered by a server, its words."""
    lines = str(error).strip().splitlines() or [""]
    line = next((line for line in lines if "FATAL:" in line), lines[0]).rpartition("FATAL:")[2].strip()
    return line.removeprefix("connection is bad: ").removeprefix("connection failed: ")

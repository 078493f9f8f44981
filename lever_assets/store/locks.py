"""One sync at a time for each Lever connection, by locks that end with the process that holds them.

Each lock yields a check, which raises LockLostError if the lock was lost although its process lives: the
session that held it was ended, its file removed. It costs a round trip to PostgreSQL, or 2 µs for a file.
"""

import errno
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from lever_assets import private
from lever_assets.store.errors import BusyError, LockLostError, ReadOnlyError
from lever_assets.store.holders import Holder, living, myself, note_in, noted_in, session_holding

_POLL_SECONDS = 0.1
_REMEDY = "wait until it is done, or end it"
_NO_FILE = frozenset({errno.EISDIR, errno.ELOOP, errno.ENXIO, errno.ENOTSUP})
"""What stands there is a folder, a link or the like."""

MISS_A_LOST_MACHINE = (
    "SELECT set_config('tcp_keepalives_idle', '30', false),"
    " set_config('tcp_keepalives_interval', '10', false),"
    " set_config('tcp_keepalives_count', '3', false)"
)
"""For a session that locks something. That a process was killed the server hears at once; that a machine lost
its power or network it would notice after two hours, and does so within a minute."""

Check = Callable[[], None]


@contextmanager
def file_lock(database: Path, account: str, wait: float) -> Iterator[Check]:
    """Hold the lock file beside a SQLite database; a file next to it says who does.

    All who use the database must be on one machine, as SQLite itself wants it.
    """
    path = _lock_file(database, account)
    holder = _holder_file(path)
    lock = FileLock(path, mode=private.FILE, thread_local=False)
    try:
        lock.acquire(timeout=wait, poll_interval=_POLL_SECONDS)
    except Timeout:
        raise BusyError(_busy(account, noted_in(holder)), _REMEDY) from None
    except OSError as error:
        raise ReadOnlyError(
            f"the lock file {path} can't be written ({error.strerror})",
            "remove it, and a file is made in its place"
            if error.errno in _NO_FILE
            else "give this user the right to write to it and to its folder",
        ) from error
    try:
        taken = _identity(path)

        def check() -> None:
            if taken is None or _identity(path) != taken:
                raise _lost(account, f"its file {path} was removed or replaced")

        note_in(holder)
        yield check
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


@contextmanager
def advisory_lock(engine: Engine, account: str, wait: float) -> Iterator[Check]:
    """Hold an advisory lock of PostgreSQL on a session of its own.

    Needs a real session: through a pooler, use its session mode.
    """
    import psycopg  # noqa: PLC0415 - not with SQLite: see errors.py

    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        number = _number_of(session, account)
        me = myself()
        title = f"lever-assets {me.pid}@{me.host}"[:63]
        session.execute(text("SELECT set_config('application_name', :title, false)"), {"title": title})
        session.execute(text(MISS_A_LOST_MACHINE))
        end = time.monotonic() + wait
        while not session.execute(
            text("SELECT pg_try_advisory_lock(:number)"), {"number": number}
        ).scalar_one():
            if time.monotonic() >= end:
                raise BusyError(_busy(account, session_holding(session, number)), _REMEDY)
            time.sleep(_POLL_SECONDS)
        try:
            session.execute(
                text("SELECT set_config('application_name', :title, false)"),
                {"title": f"{title} syncing"[:63]},
            )
            yield _living(session.connection.dbapi_connection, account)
        finally:
            # The server notices a moment later that a session was ended, and refuses whoever comes before.
            with suppress(SQLAlchemyError, psycopg.Error):
                session.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": number})
            session.invalidate()  # ends the session, and the lock with it, also if the session is broken


def file_holder(database: Path, account: str) -> Holder | None:
    """Return who holds `file_lock` now, as far as that can be seen; takes nothing and waits for nobody."""
    return living(_holder_file(_lock_file(database, account)))


def advisory_holder(engine: Engine, account: str) -> Holder | None:
    """Return who holds `advisory_lock` now, as far as that may be seen; takes nothing, waits for nobody."""
    with engine.connect() as session:
        return session_holding(session, _number_of(session, account))


def _living(session: Any, account: str) -> Check:
    """Return the check whether a session of psycopg's lives, which has the lock as long as it does."""
    import psycopg  # noqa: PLC0415 - not with SQLite: see errors.py

    one_at_a_time = threading.Lock()

    def check() -> None:
        try:
            with one_at_a_time:
                session.execute("SELECT 1")
        except psycopg.Error:
            raise _lost(account, "its session with the database has ended") from None

    return check


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one at the same place, None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _lost(account: str, how: str) -> LockLostError:
    return LockLostError(
        f"the lock that lets one sync of the connection {account!r} go at a time was lost: {how}",
        "run again, and the next sync goes on from here (what was committed before is kept)",
    )


def _busy(account: str, holder: Holder | None) -> str:
    problem = f"another sync of the connection {account!r} is under way"
    return problem if holder is None else f"{problem} ({holder})"


def _lock_file(database: Path, account: str) -> Path:
    return database.with_name(f"{database.name}.{_file_part(account)}.lock")


def _holder_file(lock: Path) -> Path:
    return lock.with_suffix(".holder")


def _number_of(session: Connection, account: str) -> int:
    # Locks are numbered for a whole database, so the schema is part of the name.
    schema = session.execute(text("SELECT current_schema()")).scalar_one()
    return _number(f"{schema}\x1f{account}")


def _file_part(account: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", account)[:40]
    return plain if plain == account else f"{plain}-{blake2b(account.encode(), digest_size=4).hexdigest()}"


def _number(name: str) -> int:
    # 63 bits: pg_locks shows the number as two unsigned halves, and a positive one can be compared as it is.
    return int.from_bytes(blake2b(f"lever-assets\x1f{name}".encode(), digest_size=8).digest()) >> 1

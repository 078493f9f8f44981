"""Who holds the lock of a connection: told to whoever has to wait, and to whoever only looks.

Looking takes no lock, and waits for none.
"""

import json
import os
import re
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, text

from lever_assets import private


@dataclass(frozen=True)
class Holder:
    """A process, on which host, and since when (ISO 8601, UTC)."""

    pid: str
    host: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}"


def myself() -> Holder:
    """Return this process, as of now."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return Holder(str(os.getpid()), socket.gethostname(), since)


def note_in(path: Path) -> None:
    """Write into a file that this process holds the lock; that it can't is no error."""
    with suppress(OSError):  # who holds it is a courtesy to the reader
        private.write(path, json.dumps({**asdict(myself()), "began": _began(os.getpid())}))


def noted_in(path: Path) -> Holder | None:
    """Return who wrote that it holds the lock, whether or not it still lives; None: nobody."""
    found = _read(path)
    return None if found is None else found[0]


def living(path: Path) -> Holder | None:
    """Return who wrote that it holds the lock, and lives; None: nobody, or a process that can't be seen here.

    A process that was killed leaves its file. One on another host, that is, in another container, can't be
    told from one that is gone.
    """
    found = _read(path)
    if found is None:
        return None
    holder, began = found
    return holder if holder.host == socket.gethostname() and _lives(holder.pid, began) else None


def session_holding(session: Connection, number: int) -> Holder | None:
    """Return whose session holds an advisory lock of PostgreSQL; None: nobody's, or it may not be seen."""
    row = session.execute(
        text(
            "SELECT a.application_name, a.client_addr, a.pid, a.backend_start FROM pg_locks l"
            " JOIN pg_stat_activity a ON a.pid = l.pid"
            " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"
            " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND ((l.classid::bigint << 32) | l.objid::bigint) = :number"
        ),
        {"number": number},
    ).first()
    if row is None or row.backend_start is None:
        return None
    named = re.match(r"lever-assets (\d+)@(\S+)", row.application_name or "")
    pid, host = (
        named.groups() if named else (f"{row.pid} of the server", str(row.client_addr or "unknown host"))
    )
    return Holder(pid, host, row.backend_start.astimezone(UTC).isoformat(timespec="seconds"))


def _read(path: Path) -> tuple[Holder, str | None] | None:
    """Return who a file names, and when that process began, if it says so."""
    try:
        told = json.loads(path.read_text())
        began = told.get("began")
        return Holder(*(str(told[key]) for key in ("pid", "host", "since"))), began and str(began)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _lives(pid: str, began: str | None) -> bool:
    """Tell whether a process of this host lives, and is no later one with the same number."""
    if os.name != "posix" or not pid.isdecimal() or int(pid) < 1:
        return False
    try:
        os.kill(int(pid), 0)  # sends nothing
    except PermissionError:  # somebody else's
        pass
    except (OSError, OverflowError):
        return False
    return began is None or _began(int(pid)) == began


def _began(pid: int) -> str | None:
    """Return when a process began, by the system's own count; None: it has ended, or there is no telling.

    Source: proc(5), `/proc/pid/stat`: the state is the third field, the start the 22nd.
    """
    try:
        # The second field is the program's name, in brackets, and may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return None if fields[0] in {"Z", "X"} else fields[19]
    except (OSError, IndexError):
        return None

"""Runs: what one run sets out to read and has read, so that the run after a kill continues it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from sqlalchemy import Connection

from lever_assets.sync.checkpoints import RUN, RunSoFar
from lever_assets.sync.session import Scope


@dataclass(frozen=True)
class Run:
    """One run, as its orchestrator names it: a unique id, and the resources that it sets out to read.

    A run that wants the same as an unfinished one before it, over the same scope, continues that one: what
    was read below a parent since that one began is not read again. After a week it is begun anew.
    """

    id: str
    wanted: tuple[str, ...]

    @classmethod
    def of(cls, *wanted: str) -> "Run":
        """Return a run of its own."""
        return cls(str(uuid4()), wanted)


def take_up(conn: Connection, connection: str, scope: Scope, run: Run, now: datetime) -> RunSoFar:
    """Return how far the run is, or the unfinished one that it continues; a new one begins `now`."""
    stored = before(conn, connection, scope, run)
    current = RunSoFar(run.id, scope.key, run.wanted, now) if stored is None else replace(stored, id=run.id)
    RUN.keep(conn, connection, current, _subject(scope.key, run.wanted))
    return current


def before(conn: Connection, connection: str, scope: Scope, run: Run) -> RunSoFar | None:
    """Return what is known of the run, or else the unfinished one that it would continue; None: neither."""
    stored = RUN.resumed(conn, connection, _subject(scope.key, run.wanted))
    return stored if stored is not None and (stored.id == run.id or stored.missing) else None


def mark_read(conn: Connection, connection: str, current: RunSoFar, resource: str) -> None:
    """Keep that the run has read `resource` to the end."""
    subject = _subject(current.scope, current.wanted)
    stored = RUN.read(conn, connection, subject)
    if stored is not None:
        read = tuple(dict.fromkeys((*stored.read, resource)))
        RUN.keep(conn, connection, replace(stored, read=read), subject)


def forget(conn: Connection, connection: str, current: RunSoFar) -> None:
    """Forget the run: the next one begins anew."""
    RUN.forget(conn, connection, _subject(current.scope, current.wanted))


def unfinished(conn: Connection, connection: str) -> Iterator[RunSoFar]:
    """Yield the runs that were begun and not finished, and may still be continued."""
    for each in RUN.every(conn, connection).values():
        if each.missing and RUN.is_fresh(each):
            yield each


def _subject(scope_key: str, wanted: Sequence[str]) -> str:
    names = sha256(",".join(sorted(wanted)).encode()).hexdigest()[:8]
    return f"{names}:{scope_key}"

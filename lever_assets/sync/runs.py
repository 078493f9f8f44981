"""Runs: what one run sets out to read and has read, so that the run after a kill continues it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import uuid4

from pydantic import AwareDatetime, TypeAdapter, ValidationError
from sqlalchemy import Connection

from lever_assets.store import get_state, put_state
from lever_assets.store.state import forget_states, states
from lever_assets.sync.session import Scope

_MOST = timedelta(days=7)


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


@dataclass(frozen=True)
class Standing:
    """How far a run is: `read` are the resources that it has read to the end, `scope` the bounds' key."""

    id: str
    scope: str
    wanted: tuple[str, ...]
    started_at: AwareDatetime
    read: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The resources that are still to be read."""
        return tuple(each for each in self.wanted if each not in self.read)


_STANDING = TypeAdapter(Standing)


def take_up(conn: Connection, connection: str, scope: Scope, run: Run, now: datetime) -> Standing:
    """Return the standing of the run, or of the unfinished one that it continues; a new one begins `now`."""
    stored = before(conn, connection, scope, run, now)
    current = Standing(run.id, scope.key, run.wanted, now) if stored is None else replace(stored, id=run.id)
    _keep(conn, connection, _key(scope.key, run.wanted), current)
    return current


def before(conn: Connection, connection: str, scope: Scope, run: Run, now: datetime) -> Standing | None:
    """Return what is known of the run, or else the unfinished one that it would continue; None: neither."""
    stored = _stored(conn, connection, _key(scope.key, run.wanted))
    if stored is None or not timedelta() <= now - stored.started_at < _MOST:
        return None
    return stored if stored.id == run.id or stored.missing else None


def mark_read(conn: Connection, connection: str, standing: Standing, resource: str) -> None:
    """Keep that the run has read `resource` to the end."""
    key = _key(standing.scope, standing.wanted)
    stored = _stored(conn, connection, key)
    if stored is not None:
        read = tuple(dict.fromkeys((*stored.read, resource)))
        _keep(conn, connection, key, replace(stored, read=read))


def forget(conn: Connection, connection: str, standing: Standing) -> None:
    """Forget the run: the next one begins anew."""
    forget_states(conn, connection, keys=[_key(standing.scope, standing.wanted)])


def unfinished(conn: Connection, connection: str, now: datetime) -> Iterator[Standing]:
    """Yield the runs that were begun and not finished, and may still be continued."""
    for key in states(conn, connection, "run:"):
        stored = _stored(conn, connection, key)
        if stored is not None and stored.missing and timedelta() <= now - stored.started_at < _MOST:
            yield stored


def _key(scope_key: str, wanted: Sequence[str]) -> str:
    names = sha256(",".join(sorted(wanted)).encode()).hexdigest()[:8]
    return f"run:{names}:{scope_key}"


def _keep(conn: Connection, connection: str, key: str, standing: Standing) -> None:
    put_state(conn, connection, key, _STANDING.dump_python(standing, mode="json"))


def _stored(conn: Connection, connection: str, key: str) -> Standing | None:
    try:
        return _STANDING.validate_python(get_state(conn, connection, key))
    except ValidationError:
        return None

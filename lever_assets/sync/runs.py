"""Runs: which resources one run has read already, so that the run after a kill does not read them again."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from lever_assets.store import get_state, put_state
from lever_assets.sync.session import Scope

_MOST = timedelta(days=7)


@dataclass(frozen=True)
class Run:
    """One run, as its orchestrator names it: a unique id, and the resources that it sets out to read.

    A run that wants the same as an unfinished one before it, over the same scope, continues that one.
    """

    id: str
    wanted: tuple[str, ...]


@dataclass(frozen=True)
class _Progress:
    id: str
    wanted: tuple[str, ...]
    started_at: datetime
    read: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        return set(self.wanted) <= set(self.read)


_PROGRESS = TypeAdapter(_Progress)


def was_read(
    conn: Connection, connection: str, scope: Scope, run: Run, *, resource: str, now: datetime
) -> bool:
    """Tell whether the run that `run` continues has read `resource` to the end; takes the run up.

    A delta continues nothing: it costs little, and what is due follows from what is stored.
    """
    if scope.delta:
        return False
    current = _stored(conn, connection, scope)
    continued = (
        current is not None
        and set(current.wanted) == set(run.wanted)
        and (current.id == run.id or not current.finished)
        and now - current.started_at < _MOST
    )
    if current is None or not continued:
        current = _Progress(run.id, run.wanted, now)
    read = resource in current.read
    _keep(conn, connection, scope, replace(current, id=run.id))
    return read


def mark_read(conn: Connection, connection: str, scope: Scope, resource: str) -> None:
    """Keep that the run has read `resource` to the end."""
    current = _stored(conn, connection, scope)
    if current is not None and not scope.delta:
        read = tuple(dict.fromkeys((*current.read, resource)))
        _keep(conn, connection, scope, replace(current, read=read))


def _keep(conn: Connection, connection: str, scope: Scope, progress: _Progress) -> None:
    put_state(conn, connection, f"run:{scope.bounds.key}", _PROGRESS.dump_python(progress, mode="json"))


def _stored(conn: Connection, connection: str, scope: Scope) -> _Progress | None:
    try:
        return _PROGRESS.validate_python(get_state(conn, connection, f"run:{scope.bounds.key}"))
    except ValidationError:
        return None

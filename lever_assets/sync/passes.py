"""Passes: one reading of one resource over some bounds, kept so that the next run continues a killed one.

A pass that was begun and not finished is taken up where it stood; after a week it is begun anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError
from sqlalchemy import Connection

from lever_assets.lever import BrokenListError, LeverError, MalformedError, UnavailableError
from lever_assets.store import get_state, instant, put_state
from lever_assets.store.state import forget_states
from lever_assets.sync import marks

_MOST = timedelta(days=7)
_MOST_STUMBLES = 5
_LISTS = 2
"""A pass has so many lists at most: by `updatedAt`, and by `createdAt` those without one."""


@dataclass(frozen=True)
class Pass:
    """Where a pass stands. `listing` counts its lists from 0; `offset` is Lever's token of the next page.

    `newest` is the latest `updatedAt` read so far; `resumed` says that a run before this one began it;
    `records` counts what was read, and `set_aside` those that came without an id, which may be stored;
    `repeated` counts the pages with nothing but what came before.
    `refused` are the parameters that Lever refused, with its message: a token belongs to the list without
    them. `stumbles` counts the runs that could not read on from `offset`.
    `reached` is `started_at` by Lever's clock or ours, whichever was earlier then: when the pass is gone on
    with, Lever's may have been put right.
    """

    started_at: AwareDatetime
    listing: Annotated[int, Field(ge=0, le=_LISTS)] = 0
    offset: str | None = None
    newest: AwareDatetime | None = None
    resumed: bool = False
    records: Annotated[int, Field(ge=0)] = 0
    set_aside: Annotated[int, Field(ge=0)] = 0
    refused: Mapping[str, str] = field(default_factory=dict)
    stumbles: int = 0
    repeated: Annotated[int, Field(ge=0)] = 0
    reached: AwareDatetime | None = None

    def moved(self, offset: str | None, newest: datetime | None) -> "Pass":
        """Return the pass after one more page."""
        latest = max((each for each in (self.newest, newest) if each is not None), default=None)
        return replace(self, offset=offset, newest=latest, stumbles=0)

    def next_listing(self) -> "Pass":
        """Return the pass at the beginning of its next list."""
        return replace(self, listing=self.listing + 1, offset=None)


_PASS = TypeAdapter(Pass)


def take_up(conn: Connection, connection: str, resource: str, key: str, now: datetime) -> Pass:
    """Return the unfinished pass over `key`, or a new one that begins `now`; it is kept at once."""
    stored = _stored(conn, connection, resource, key)
    # One from the future would take all that was read before for what Lever does not list.
    if stored is not None and timedelta() <= now - stored.started_at < _MOST:
        current = replace(stored, resumed=True)
    else:
        current = Pass(started_at=now)
    keep(conn, connection, resource, key, current)
    return current


def keep(conn: Connection, connection: str, resource: str, key: str, current: Pass) -> None:
    """Keep where the pass stands; call it in the transaction that landed the page."""
    put_state(conn, connection, f"pass:{resource}:{key}", _PASS.dump_python(current, mode="json"))


def _stored(conn: Connection, connection: str, resource: str, key: str) -> Pass | None:
    try:
        return _PASS.validate_python(get_state(conn, connection, f"pass:{resource}:{key}"))
    except ValidationError:
        return None


def watermark(conn: Connection, connection: str, resource: str) -> datetime | None:
    """Return the instant up to which every change of the resource was read; None: never read to the end."""
    return marks.read(conn, connection, _mark(resource))


def move_watermark(
    conn: Connection,
    connection: str,
    resource: str,
    *,
    newest: datetime | None,
    began: datetime,
    lower: datetime | None,
) -> None:
    """Move the watermark after a pass that was open upwards, reached back to `lower` and began at `began`.

    It moves to the newest change that was read, but not beyond the beginning of the pass (by Lever's clock or
    ours, whichever was earlier): what changed while pages were read may have been missed. A pass that leaves
    a gap to the old watermark does not move it.
    """
    before = watermark(conn, connection, resource)
    if lower is not None and (before is None or lower > before):
        return
    marks.move(conn, connection, _mark(resource), min(newest or began, began))
    put_state(conn, connection, f"caught_up:{resource}", began.isoformat())


def forget_watermark(conn: Connection, connection: str, resource: str) -> None:
    """Forget up to when changes were read: the next delta reads all."""
    forget_states(conn, connection, keys=[_mark(resource)])


def _mark(resource: str) -> str:
    return f"watermark:{resource}"


def caught_up_at(conn: Connection, connection: str, resource: str) -> datetime | None:
    """Return when the last pass began that left no change before it unread; None: there was none."""
    return instant(get_state(conn, connection, f"caught_up:{resource}"))


def stopped(current: Pass, error: LeverError) -> Pass | None:
    """Return what is to be kept of a pass that an error stopped; None: the next run begins it anew.

    So it does when nothing was read, when the list leads nowhere, and when what Lever answered at this place
    was of no use in run after run.
    """
    nothing = current.listing == 0 and current.offset is None
    if nothing or isinstance(error, BrokenListError) or current.stumbles >= _MOST_STUMBLES:
        return None
    useless = isinstance(error, MalformedError) or (isinstance(error, UnavailableError) and error.over)
    return replace(current, stumbles=current.stumbles + 1) if useless else current


def finish(conn: Connection, connection: str, resource: str, key: str) -> None:
    """Forget the pass, which is finished: the next one over the same bounds begins anew."""
    forget_states(conn, connection, keys=[f"pass:{resource}:{key}"])


def forget_all(conn: Connection, connection: str, resource: str) -> None:
    """Forget every unfinished pass over a resource."""
    forget_states(conn, connection, prefixes=[f"pass:{resource}:"])

"""Passes: one reading of one resource over some bounds, kept so that the next run continues a killed one.

A pass that was begun and not finished is taken up where it stood; after a week it is begun anew.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from lever_assets.lever import BrokenListError, LeverError, MalformedError, UnavailableError
from lever_assets.sync.checkpoints import CAUGHT_UP, PASS, WATERMARK, Pass, pass_over

_MOST_STUMBLES = 5


def take_up(conn: Connection, connection: str, resource: str, key: str, now: datetime) -> Pass:
    """Return the unfinished pass over `key`, or a new one that begins `now`; it is kept at once."""
    stored = PASS.resumed(conn, connection, pass_over(resource, key))
    current = Pass(started_at=now) if stored is None else replace(stored, resumed=True)
    keep(conn, connection, resource, key, current)
    return current


def keep(conn: Connection, connection: str, resource: str, key: str, current: Pass) -> None:
    """Keep where the pass stands; call it in the transaction that landed the page."""
    PASS.keep(conn, connection, current, pass_over(resource, key))


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
    before = WATERMARK.read(conn, connection, resource)
    if lower is not None and (before is None or lower > before):
        return
    WATERMARK.move(conn, connection, min(newest or began, began), resource)
    CAUGHT_UP.keep(conn, connection, began, resource)


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
    PASS.forget(conn, connection, pass_over(resource, key))


def forget_all(conn: Connection, connection: str, resource: str) -> None:
    """Forget every unfinished pass over a resource."""
    PASS.forget_every(conn, connection, pass_over(resource, ""))

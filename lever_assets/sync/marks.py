"""Marks: instants up to which a list of Lever's is known, kept from run to run."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from lever_assets.store import get_state, instant, put_state
from lever_assets.sync.session import now

_SET_BACK = timedelta(minutes=5)
"""So far a clock may be set back without anything being read again for it."""


def read(conn: Connection, connection: str, key: str) -> datetime | None:
    """Return a mark (UTC); None: there is none.

    One that lies ahead of our clock comes from a clock that was wrong, and counts as none: what changed
    until then may have been left out, so that all is to be read.
    """
    mark = instant(get_state(conn, connection, key))
    return None if mark is not None and mark > now() + _SET_BACK else mark


def move(conn: Connection, connection: str, key: str, to: datetime) -> None:
    """Move a mark forward; one that lies ahead of our clock is set back."""
    before = read(conn, connection, key)
    put_state(conn, connection, key, (to if before is None else max(before, to)).isoformat())

"""A mark for each unified table, another one after every change: two that differ tell of changes between.

Unlike a time it can't be overtaken: a transaction that is committed late leaves a mark of its own.
"""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from lever_assets.store.checkpoints import Checkpoint

_CHANGED = Checkpoint[str]("changed", str)
"""By model."""


def mark_changed(conn: Connection, connection: str, model: str, *, now: datetime) -> None:
    """Give the table of `model` a new mark; call it in the transaction that changes its rows."""
    _CHANGED.keep_each(conn, connection, {model: uuid4().hex}, now=now)


def change_marks(conn: Connection, connection: str) -> dict[str, str]:
    """Return the mark of each table that was ever changed, by model."""
    return _CHANGED.every(conn, connection)

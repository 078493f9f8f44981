"""A mark for each unified table, another one after every change: two that differ tell of changes between.

Unlike a time it can't be overtaken: a transaction that is committed late leaves a mark of its own.
"""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from lever_assets.store.state import put_state, states

_PREFIX = "changed:"


def mark_changed(conn: Connection, connection: str, model: str, *, now: datetime) -> None:
    """Give the table of `model` a new mark; call it in the transaction that changes its rows."""
    put_state(conn, connection, f"{_PREFIX}{model}", uuid4().hex, now=now)


def change_marks(conn: Connection, connection: str) -> dict[str, str]:
    """Return the mark of each table that was ever changed, by model."""
    return {key.removeprefix(_PREFIX): str(mark) for key, mark in states(conn, connection, _PREFIX).items()}

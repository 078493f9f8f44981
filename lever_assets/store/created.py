"""What was created through this connector."""

from collections.abc import Collection

from sqlalchemy import Connection, Select, select

from lever_assets.store.batches import among
from lever_assets.store.tables import created_records

_CREATED = "candidates"
"""The model under which created opportunities are noted."""


def created_among(conn: Connection, connection: str, remote_ids: Collection[str]) -> set[str]:
    """Return those of these opportunities that were created through this connector."""
    query = ours(connection).where(among(conn, created_records.c.remote_id, remote_ids))
    return set(conn.execute(query).scalars())


def ours(connection: str) -> Select[tuple[str]]:
    """Return the query of the opportunities that were created through this connector."""
    c = created_records.c
    return select(c.remote_id).where(c.connection == connection, c.model == _CREATED)


def creator_of(conn: Connection, connection: str, model: str, remote_id: str) -> str | None:
    """Return the action that made a record in Lever; None when none of ours did."""
    c = created_records.c
    query = select(c.action_id).where(c.connection == connection, c.model == model, c.remote_id == remote_id)
    return conn.execute(query).scalar_one_or_none()

"""What was created through this connector, and what is stored although it is not to be kept."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, or_, select

from lever_assets.store.batches import among
from lever_assets.store.tables import RAW, created_records

_CREATED = "candidates"
"""The model under which created opportunities are noted."""


def created_among(conn: Connection, connection: str, remote_ids: Collection[str]) -> set[str]:
    """Return those of these opportunities that were created through this connector."""
    c = created_records.c
    query = select(c.remote_id).where(
        c.connection == connection, c.model == _CREATED, among(conn, c.remote_id, remote_ids)
    )
    return set(conn.execute(query).scalars())


def left_out(
    conn: Connection, connection: str, resource: str, *, created_before: datetime | None, others_only: bool
) -> list[str]:
    """Return live raw records that were created before an instant or, with `others_only`, not through us."""
    r, c = RAW[resource].c, created_records.c
    beyond = []
    if created_before is not None:
        beyond.append(r.remote_created_at < created_before)
    if others_only:
        ours = select(c.remote_id).where(c.connection == connection, c.model == _CREATED)
        beyond.append(r.remote_id.not_in(ours))
    query = select(r.remote_id).where(r.connection == connection, r.deleted_at.is_(None), or_(False, *beyond))
    return list(conn.execute(query).scalars())


def creator_of(conn: Connection, connection: str, model: str, remote_id: str) -> str | None:
    """Return the action that made a record in Lever; None when none of ours did."""
    c = created_records.c
    query = select(c.action_id).where(c.connection == connection, c.model == model, c.remote_id == remote_id)
    return conn.execute(query).scalar_one_or_none()

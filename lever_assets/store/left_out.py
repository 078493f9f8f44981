"""Marking what is stored and, by the settings, not to be kept any more: it is not gone in Lever."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, false, func, literal, not_, or_, select, update

from lever_assets.store.created import ours
from lever_assets.store.landing import next_version
from lever_assets.store.tables import RAW
from lever_assets.store.values import UtcDateTime


class Reason(StrEnum):
    """The setting that leaves a record out."""

    CUTOFF = "cutoff"
    ONLY_CREATED = "only_created"


@dataclass(frozen=True)
class Limit:
    """What is beyond it is left out for `reason`: what last changed before an instant (UTC) or is not ours.

    The last change is `updatedAt`, else `createdAt`. `changed_before` None: what was not created through this
    connector is left out.
    """

    reason: Reason
    changed_before: datetime | None = None


def leave_out(conn: Connection, connection: str, resource: str, limit: Limit, *, now: datetime) -> int:
    """Mark the raw records beyond the limit that Lever is not known to lack; return how many are new to it.

    One that another setting left out before keeps the instant at which it was.
    """
    table = RAW[resource]
    c = table.c
    otherwise = and_(c.left_out.is_not(None), c.left_out != limit.reason.value)
    these = and_(
        c.connection == connection,
        _beyond(connection, resource, limit),
        or_(c.deleted_at.is_(None), otherwise),
    )
    if conn.execute(select(c.remote_id).where(these).limit(1)).first() is None:
        return 0
    return conn.execute(
        update(table)
        .where(these)
        .values(
            deleted_at=func.coalesce(c.deleted_at, literal(now, UtcDateTime)),
            left_out=limit.reason.value,
            changed_at=now,
            version=next_version(conn, connection),
        )
    ).rowcount


def unlisted(
    conn: Connection,
    connection: str,
    resource: str,
    limit: Limit | None,
    *,
    not_seen_since: datetime,
    version: int,
    now: datetime,
) -> int:
    """After a complete listing: what was left out, would be kept now and was not listed is gone in Lever.

    Returns how many records that are.
    """
    table = RAW[resource]
    c = table.c
    beyond = false() if limit is None else _beyond(connection, resource, limit)
    return conn.execute(
        update(table)
        .where(
            c.connection == connection,
            c.left_out.is_not(None),
            c.last_seen_at < not_seen_since,
            not_(beyond),
        )
        .values(deleted_at=now, left_out=None, changed_at=now, version=version)
    ).rowcount


def _beyond(connection: str, resource: str, limit: Limit) -> ColumnElement[bool]:
    c = RAW[resource].c
    if limit.changed_before is None:
        return c.remote_id.not_in(ours(connection))
    # Without any instant a filter of Lever's does not find it either.
    last_change = func.coalesce(c.remote_updated_at, c.remote_created_at)
    return or_(last_change.is_(None), last_change < limit.changed_before)

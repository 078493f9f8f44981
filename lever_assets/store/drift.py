"""Drift: what a reconcile found to be otherwise than in Lever, although no change had been announced."""

from datetime import datetime

from sqlalchemy import case, func, insert, literal, or_, select

from lever_assets.store.tables import RAW, drift
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import UtcDateTime


def record_drift(
    tx: Transaction, resource: str, *, after_version: int, since: datetime, known_up_to: datetime | None
) -> dict[str, int]:
    """Keep which records the landings after `after_version` changed, and return how many of each kind.

    `missing` were first seen after `since`, `gone` are deleted now, `stale` had another content. A record
    whose `updatedAt` is after `known_up_to` is no drift: it changed since changes were last asked for. Nor is
    one that the settings leave out.
    """
    c = RAW[resource].c
    kind = case((c.deleted_at.is_not(None), "gone"), (c.first_seen_at >= since, "missing"), else_="stale")
    found = select(
        c.connection,
        literal(resource).label("resource"),
        c.remote_id,
        literal(tx.instant, UtcDateTime).label("found_at"),
        kind.label("kind"),
        c.remote_updated_at,
    ).where(c.connection == tx.account, c.version > after_version, c.left_out.is_(None))
    if known_up_to is not None:
        found = found.where(
            or_(c.deleted_at.is_not(None), c.remote_updated_at.is_(None), c.remote_updated_at <= known_up_to)
        )
    columns = ["connection", "resource", "remote_id", "found_at", "kind", "remote_updated_at"]
    tx.sql.execute(insert(drift).from_select(columns, found))
    d = drift.c
    counted = (
        select(d.kind, func.count())
        .where(d.connection == tx.account, d.resource == resource, d.found_at == tx.instant)
        .group_by(d.kind)
        .order_by(d.kind)
    )
    return {row[0]: row[1] for row in tx.sql.execute(counted)}

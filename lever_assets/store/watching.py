"""Which parents' records to read again although nothing says that they changed: those the longest first.

Lever does not reliably move an opportunity's `updatedAt` with its interviews and offers (docs/lever-api.md).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, not_, or_, select

from lever_assets.store.children import NEVER, NEVER_AHEAD, failed_read
from lever_assets.store.tables import RAW, UNIFIED, child_reads
from lever_assets.store.transaction import Transaction, now
from lever_assets.unified.enums import OfferStatus

_PAST = timedelta(days=2)
_COMING = timedelta(days=60)
_IN_FLIGHT = (OfferStatus.DRAFT, OfferStatus.APPROVED, OfferStatus.SENT)


def longest_unread(
    tx: Transaction,
    parent: str,
    child: str,
    *,
    read_before: datetime,
    limit: int,
    moving_at: datetime | None = None,
) -> list[tuple[str, str]]:
    """Return up to `limit` live parents whose children were last read before an instant, the oldest first.

    Each as its remote id and content hash. Those whose reading failed are not among them: `Due` has them when
    their time has come. `moving_at`, the present instant: only the watched, those with an interview that is
    not cancelled and begins within 60 days or began within the last two, with an offer neither accepted,
    declined nor abandoned, or with any record of a resource that `MOVING` says nothing of.
    """
    if not limit:
        return []
    query = _longest_unread(parent, child, only_moving=moving_at is not None)
    given = {"of": tx.account, "before": read_before, "ahead": now() + NEVER_AHEAD, "most": limit}
    if moving_at is not None:
        given |= {"past": moving_at - _PAST, "coming": moving_at + _COMING}
    return [(row.remote_id, row.content_hash) for row in tx.sql.execute(query, given)]


def longest_ago(tx: Transaction, parent: str, child: str, *, moving_at: datetime) -> datetime | None:
    """Return when of all that is watched (`longest_unread`) the children were read that were so first (UTC).

    None: nothing is watched.
    """
    given = {"of": tx.account, "past": moving_at - _PAST, "coming": moving_at + _COMING}
    found: datetime | None = tx.sql.execute(_longest_ago(parent, child), given).scalar_one()
    return found


@cache
def _longest_ago(parent: str, child: str) -> Select[Any]:
    return (
        _read_below(parent, child)
        .with_only_columns(func.min(child_reads.c.read_at))
        .where(RAW[parent].c.remote_id.in_(_moving(child)))
    )


@cache
def _longest_unread(parent: str, child: str, *, only_moving: bool) -> Select[tuple[str, str]]:
    p, r = RAW[parent].c, child_reads.c
    query = (
        _read_below(parent, child)
        .where(or_(r.read_at < bindparam("before"), r.read_at > bindparam("ahead")))
        .order_by(r.read_at, p.remote_id)
        .limit(bindparam("most"))
    )
    return query.where(p.remote_id.in_(_moving(child))) if only_moving else query


def _read_below(parent: str, child: str) -> Select[tuple[str, str]]:
    """Return the statement over the live parents below whom a resource was read, not in vain."""
    p, r = RAW[parent].c, child_reads.c
    read = and_(r.connection == p.connection, r.resource == child, r.parent_id == p.remote_id)
    return (
        select(p.remote_id, p.content_hash)
        .join(child_reads, read)
        .where(
            p.connection == bindparam("of"),
            p.deleted_at.is_(None),
            r.read_at > NEVER,
            not_(exists().where(failed_read(p, parent, child))),
        )
    )


def _moving(child: str) -> Select[Any]:
    raw = RAW[child].c
    query = select(raw.parent_id).where(raw.connection == bindparam("of"), raw.deleted_at.is_(None))
    moving = MOVING.get(child)
    if moving is None:
        return query
    model = UNIFIED[child].c
    return query.where(model.connection == raw.connection, model.remote_id == raw.remote_id, moving(model))


MOVING: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "interviews": lambda model: and_(
        or_(model.canceled.is_(None), model.canceled.is_(False)),
        model.starting_at.between(bindparam("past"), bindparam("coming")),
    ),
    "offers": lambda model: model.status.in_(_IN_FLIGHT),
}
"""Which records of a resource may change unnoticed at an instant, where it is not all of them."""

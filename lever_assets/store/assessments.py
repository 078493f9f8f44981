"""Assessments: the packages that a vendor offers, and the orders of them.

Of a person an order keeps ids alone; what it was found is there until it is written to Lever. States of one:

- `OPEN`: the vendor is to say what was found
- `COMPLETED`, `CANCELLED`: the vendor has said so, or nobody waits for it any more
- `REJECTED`: it can't be done, or the vendor refused it
"""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from lever_assets.store import outbox
from lever_assets.store.dialects import among, upsert
from lever_assets.store.tables import accounts, assessment_orders, assessment_packages
from lever_assets.store.transaction import Transaction
from lever_assets.unified.models import JsonObject

_c = assessment_orders.c
_SENT = "sent"
_UNTAG = "untag"
_NOTE = "note"


class OrderStatus(StrEnum):
    """How an order stands; the module's text says what each means."""

    OPEN = "OPEN"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"


@dataclass(frozen=True)
class Package:
    """A package that a vendor offers; the columns say what each field is."""

    id: str
    type: str
    name: str
    description: str
    updated_at: datetime | None = None


@dataclass(frozen=True)
class Order:
    """An order; the columns say what each field is."""

    id: str
    connection: str
    opportunity: str
    application: str
    package_id: str
    arrived_at: datetime
    status: OrderStatus
    todo: list[str]
    created_at: datetime
    updated_at: datetime
    reason: str | None = None
    result: JsonObject | None = None
    result_hash: str | None = None
    attempts: int = 0
    due_at: datetime | None = None
    error: str | None = None
    closes_at: datetime | None = None
    erased_at: datetime | None = None
    completed_at: datetime | None = None


@dataclass(frozen=True)
class Waiting:
    """How many orders have something to be written to Lever: that failed and is tried again, and given up."""

    failing: int = 0
    given_up: int = 0


def packages(tx: Transaction) -> list[Package]:
    """Return what is offered, by id."""
    c = assessment_packages.c
    query = select(c.id, c.type, c.name, c.description, c.updated_at)
    there = query.where(c.connection == tx.account, c.deleted_at.is_(None))
    return [Package(*row) for row in tx.sql.execute(there.order_by(c.id))]


def replace_packages(tx: Transaction, offered: Iterable[Package]) -> None:
    """Let these be all that is offered; `updated_at` of one moves when it changes."""
    c = assessment_packages.c
    before = {each.id: each for each in packages(tx)}
    rows = [
        {**asdict(each), "connection": tx.account, "updated_at": tx.instant, "deleted_at": None}
        for each in offered
    ]
    changed = [row for row in rows if not _is_as_before(row, before.get(row["id"]))]
    upsert(
        tx.sql,
        assessment_packages,
        changed,
        replace=("type", "name", "description", "updated_at", "deleted_at"),
    )
    gone = before.keys() - {row["id"] for row in rows}
    tx.sql.execute(
        update(assessment_packages)
        .where(c.connection == tx.account, among(tx.sql, c.id, gone), c.deleted_at.is_(None))
        .values(deleted_at=tx.instant, updated_at=tx.instant)
    )


def _is_as_before(row: dict[str, Any], before: Package | None) -> bool:
    fields = ("type", "name", "description")
    return before is not None and all(getattr(before, name) == row[name] for name in fields)


def add_order(tx: Transaction, order: Order) -> bool:
    """Add an order; False: there is one with its id already, which stays as it is."""
    row = {**asdict(order), "status": order.status.value}
    return upsert(tx.sql, assessment_orders, [row]) == 1


def orders_of(tx: Transaction, opportunities: Collection[str]) -> dict[str, list[Order]]:
    """Return the orders of each of these opportunities that has any."""
    found: dict[str, list[Order]] = {}
    for order in _orders(tx, among(tx.sql, _c.opportunity, opportunities)):
        found.setdefault(order.opportunity, []).append(order)
    return found


def order(tx: Transaction, order_id: str) -> Order | None:
    """Return an order; until the end of a transaction that writes nobody else changes it."""
    query = select(assessment_orders).where(_c.connection == tx.account, _c.id == order_id)
    row = tx.sql.execute(query.with_for_update()).mappings().first()
    return None if row is None else _order(row)


def page(
    tx: Transaction,
    *,
    after: str,
    limit: int,
    ids: Collection[str] = (),
    statuses: Collection[str] = (),
    created_after: datetime | None = None,
) -> list[Order]:
    """Return up to `limit` orders by id, from beyond `after`; of these ids and states, if any are given.

    `created_after` is included. What was not ordered for want of a package is none of them.
    """
    these = [_c.id > after, _c.package_id != ""]
    these += [among(tx.sql, _c.id, ids)] if ids else []
    these += [_c.status.in_(list(statuses))] if statuses else []
    these += [_c.created_at >= created_after] if created_after is not None else []
    return _orders(tx, *these, limit=limit)


def due(tx: Transaction, *, limit: int) -> list[Order]:
    """Return up to `limit` orders of which something is to be written to Lever now."""
    query = select(assessment_orders).where(_c.connection == tx.account, _c.due_at <= tx.instant)
    found = tx.sql.execute(query.order_by(_c.due_at, _c.id).limit(limit)).mappings()
    return [_order(row) for row in found]


def others_open(tx: Transaction, of: Order) -> bool:
    """Tell whether another assessment of the same opportunity is open."""
    these = (_c.opportunity == of.opportunity, _c.id != of.id, _c.status == OrderStatus.OPEN.value)
    query = select(_c.id).where(_c.connection == tx.account, *these)
    return tx.sql.execute(query.limit(1)).first() is not None


def waiting(tx: Transaction) -> Waiting:
    """Return how many orders have something that could not be written to Lever."""
    failed = _c.error.is_not(None)
    query = select(func.count(_c.due_at), func.count()).where(_c.connection == tx.account, failed)
    failing, every = tx.sql.execute(query).one()
    return Waiting(failing, every - failing)


def change(tx: Transaction, order_id: str, **values: Any) -> None:
    """Write columns of an order."""
    mine = (_c.connection == tx.account, _c.id == order_id)
    tx.sql.execute(update(assessment_orders).where(*mine).values(**values, updated_at=tx.instant))


def done(tx: Transaction, order_id: str, what: str) -> None:
    """Keep that something of an order is written to Lever; with the last of it what was found goes."""
    found = order(tx, order_id)
    if found is None or what not in found.todo:
        return
    left = [each for each in found.todo if each != what]
    values: dict[str, Any] = {"todo": left}
    if not left:
        values |= {"due_at": None, "error": None, "attempts": 0, "result": None, "reason": None}
    change(tx, order_id, **values)


def reject(tx: Transaction, order_id: str, reason: str) -> None:
    """Keep that the vendor refuses an order that is open; Lever is to be told why."""
    found = order(tx, order_id)
    if found is None or found.status is not OrderStatus.OPEN:
        return
    todo = [_NOTE] if _SENT in found.todo else [_UNTAG, _NOTE]
    change(
        tx,
        order_id,
        status=OrderStatus.REJECTED.value,
        reason=reason,
        todo=todo,
        attempts=0,
        due_at=tx.instant,
        error=None,
    )


def close_overdue(tx: Transaction) -> int:
    """Cancel the open orders whose time is over; return how many."""
    these = (_c.closes_at <= tx.instant, _c.status == OrderStatus.OPEN.value)
    over = update(assessment_orders).where(_c.connection == tx.account, *these)
    values = {"status": OrderStatus.CANCELLED.value, "closes_at": None, "updated_at": tx.instant}
    return tx.sql.execute(over.values(**values)).rowcount


def is_any_overdue(tx: Transaction) -> bool:
    """Tell whether there is one to cancel, or anything to be written to Lever; by indexes alone."""
    overdue = select(_c.id).where(_c.connection == tx.account, _c.closes_at <= tx.instant).limit(1)
    return tx.sql.execute(overdue).first() is not None


def erase_orders(tx: Transaction, opportunities: Collection[str]) -> int:
    """Erase what is personal in the orders of people who are gone; return of how many.

    Nothing is written to Lever of them any more, and nobody is told. Those that are open are cancelled.
    """
    return _erase(tx, and_(_c.erased_at.is_(None), among(tx.sql, _c.opportunity, opportunities)))


def erase_old_results(tx: Transaction, *, before: datetime, limit: int) -> int:
    """Erase what was found, and could not be written to Lever, of up to `limit` orders; return of how many.

    That is of those which nobody has touched since an instant.
    """
    kept = or_(_c.result.is_not(None), _c.reason.is_not(None))
    old = select(_c.id).where(_c.connection == tx.account, _c.updated_at <= before, kept).limit(limit)
    ids = list(tx.sql.execute(old).scalars())
    mine = update(assessment_orders).where(_c.connection == tx.account, among(tx.sql, _c.id, ids))
    gone: dict[str, Any] = dict.fromkeys(("result", "result_hash", "reason", "due_at", "error"))
    tx.sql.execute(mine.values(**gone, todo=[]))
    return len(ids)


def _erase(tx: Transaction, these: ColumnElement[bool]) -> int:
    found = _orders(tx, these)
    if not found:
        return 0
    ids = [each.id for each in found]
    mine = and_(_c.connection == tx.account, among(tx.sql, _c.id, ids))
    gone: dict[str, Any] = dict.fromkeys(("result", "reason", "error", "due_at", "closes_at"))
    at = {"erased_at": tx.instant, "updated_at": tx.instant}
    tx.sql.execute(update(assessment_orders).where(mine).values(**gone, **at, todo=[], attempts=0))
    still_open = and_(mine, _c.status == OrderStatus.OPEN.value)
    tx.sql.execute(update(assessment_orders).where(still_open).values(status=OrderStatus.CANCELLED.value))
    outbox.forget_about(tx, ids)
    return len(ids)


def switched_on(tx: Transaction) -> set[str]:
    """Return the stored connections that have a stage for assessments in settings of their own."""
    query = select(accounts.c.connection, accounts.c.settings).where(accounts.c.removed_at.is_(None))
    return {row.connection for row in tx.sql.execute(query) if (row.settings or {}).get("assessment_stage")}


def _orders(tx: Transaction, *these: ColumnElement[bool], limit: int | None = None) -> list[Order]:
    query = select(assessment_orders).where(_c.connection == tx.account, *these).order_by(_c.id).limit(limit)
    return [_order(row) for row in tx.sql.execute(query).mappings()]


def _order(row: Any) -> Order:
    return Order(**{**row, "status": OrderStatus(row["status"])})

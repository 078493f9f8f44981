"""The outbox of notices: each is kept until it was delivered, and those of one connection go in their order.

Of changed data at most one for each URL waits: a later one says all that it said. All others go as they are.

States of a notice:

- `pending`: it is sent when it is due
- `delivered`: the URL took it
- `superseded`: a later one, which says all that it said, took its place before it was delivered
- `given up`: it was sent too often in vain, or its URL is no longer wanted
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from itertools import groupby, takewhile
from typing import Any

from sqlalchemy import ColumnElement, Select, case, delete, func, select, update

from lever_assets.store.dialects import among, inserting
from lever_assets.store.tables import notice_outbox
from lever_assets.store.transaction import Transaction

_KEPT = timedelta(days=30)
_REPLACED = 50
"""Notices of one target to look through for the last failure."""
_KEPT_BODY = case((notice_outbox.c.about.is_(None), notice_outbox.c.body), else_="")
"""Of what is sent no more: it stays, but for what tells of a person."""
_REFUSED = 3
"""A notice that failed so often keeps only its like waiting: its URL may not take that kind of notices."""


class State(StrEnum):
    """How a notice stands; the module's text says what each means."""

    PENDING = "pending"
    DELIVERED = "delivered"
    SUPERSEDED = "superseded"
    GIVEN_UP = "given up"


@dataclass(frozen=True)
class Notice:
    """A notice to one target; the columns say what each field is.

    `type` is None for one of changed data.
    """

    id: str
    connection: str
    target: str
    models: list[str]
    marks: dict[str, str]
    body: str
    attempts: int
    due_at: datetime
    type: str | None = None
    about: str | None = None


def target_of(url: str) -> str:
    """Return what stands for a URL in the outbox: a hash, since the URL may hold a secret."""
    return sha256(url.encode()).hexdigest()[:24]


def last(tx: Transaction, target: str, *states: State) -> Notice | None:
    """Return the newest notice of changed data to a target, in one of `states` (none given: in any)."""
    c = notice_outbox.c
    query = _notices().where(c.connection == tx.account, c.target == target, c.type.is_(None))
    if states:
        query = query.where(c.state.in_([state.value for state in states]))
    row = tx.sql.execute(query.order_by(c.number.desc()).limit(1)).first()
    return None if row is None else Notice(*row)


@dataclass(frozen=True)
class Try:
    """How the newest notice of a type to a target stands; `error`: why sending it, or the one before, failed.

    `type` is None for notices of changed data.
    """

    type: str | None
    state: State
    attempts: int
    error: str | None
    due_at: datetime


def last_tries(tx: Transaction, target: str) -> list[Try]:
    """Return how the newest notice of each type to a target stands, if it waits to be sent."""
    c = notice_outbox.c
    types = select(c.type).where(c.connection == tx.account, c.target == target).distinct()
    found = sorted(tx.sql.execute(types).scalars(), key=lambda each: each or "")
    return [last for each in found if (last := _last_try(tx, target, each)) is not None]


def given_up(tx: Transaction, target: str) -> list[Try]:
    """Return the newest notice of each type to a target that was given up, as long as that is not mended.

    It is when the target took one of that type since; or any, if it took none while it was sent in vain: it
    was out of order, and is not. Of each `due_at` is when it was given up.
    """
    c = notice_outbox.c
    mine = (c.connection == tx.account, c.target == target)
    rows = tx.sql.execute(
        select(c.type, c.attempts, c.error, c.due_at, c.created_at)
        .where(*mine, c.state == State.GIVEN_UP.value)
        .order_by(c.number)
    )
    found = []
    for row in {each.type: each for each in rows}.values():
        taken = select(func.min(c.delivered_at)).where(
            *mine, c.state == State.DELIVERED.value, c.delivered_at > row.created_at
        )
        first = tx.sql.execute(taken).scalar_one()
        of_type = tx.sql.execute(taken.where(_is_of(row.type), c.delivered_at > row.due_at)).scalar_one()
        if of_type is None and (first is None or first <= row.due_at):
            found.append(Try(row.type, State.GIVEN_UP, row.attempts, row.error, row.due_at))
    return sorted(found, key=lambda each: each.type or "")


def _last_try(tx: Transaction, target: str, of: str | None) -> Try | None:
    c = notice_outbox.c
    query = (
        select(c.state, c.attempts, c.error, c.due_at)
        .where(c.connection == tx.account, c.target == target, _is_of(of))
        .order_by(c.number.desc())
    )
    rows = tx.sql.execute(query.limit(_REPLACED)).all()
    if not rows or rows[0].state != State.PENDING:
        return None
    since = list(takewhile(lambda row: row.state != State.DELIVERED, rows))
    # One that takes the place of another goes on where that was: it was not sent itself yet.
    error = next((row.error for row in since if row.error is not None), None) if rows[0].attempts else None
    return Try(of, State(rows[0].state), rows[0].attempts, error, rows[0].due_at)


def _is_of(kind: str | None) -> ColumnElement[bool]:
    return notice_outbox.c.type.is_(None) if kind is None else notice_outbox.c.type == kind


def put(tx: Transaction, notice: Notice) -> bool:
    """Let a notice of changed data take the place of the one that waits; False: somebody was quicker."""
    c = notice_outbox.c
    waits = (c.connection == notice.connection, c.target == notice.target, c.state == State.PENDING.value)
    tx.sql.execute(update(notice_outbox).where(*waits, _is_of(None)).values(state=State.SUPERSEDED.value))
    return add(tx, notice)


def add(tx: Transaction, notice: Notice) -> bool:
    """Put a notice behind those that wait; False, as of changed data, if another writer was quicker."""
    row = {**vars(notice), "state": State.PENDING.value, "created_at": tx.instant}
    kept = inserting(tx.sql.dialect.name, notice_outbox).values(row).on_conflict_do_nothing()
    return tx.sql.execute(kept.returning(notice_outbox.c.number)).first() is not None


def has(tx: Transaction, target: str, notice_id: str) -> bool:
    """Tell whether there is a notice of that id to a target, in whichever state."""
    c = notice_outbox.c
    query = select(c.id).where(c.connection == tx.account, c.target == target, c.id == notice_id)
    return tx.sql.execute(query).first() is not None


def take_due(tx: Transaction, *, again_at: datetime) -> list[Notice]:
    """Return the notices that are due, each to be sent once more; whoever takes them must say how that went.

    Of one target the first that waits: the next is due when that was delivered, so that they arrive in their
    order. If nobody says, because the process died, they are due again at `again_at`.
    """
    c = notice_outbox.c
    # Who takes others at the same time is waited for: one that is passed over would be overtaken.
    taken = list(_due(tx, lock=True))
    tx.sql.execute(
        update(notice_outbox)
        .where(c.connection == tx.account, c.id.in_([each.id for each in taken]))
        .values(due_at=again_at, attempts=c.attempts + 1)
    )
    return taken


def _due(tx: Transaction, *, lock: bool = False) -> Iterator[Notice]:
    c = notice_outbox.c
    query = _notices().where(c.connection == tx.account, c.state == State.PENDING.value).order_by(c.number)
    waiting = [Notice(*row) for row in tx.sql.execute(query.with_for_update() if lock else query)]
    for _, notices in groupby(sorted(waiting, key=lambda each: each.target), key=lambda each: each.target):
        first = _first_due(notices, tx.instant)
        if first is not None:
            yield first


def _first_due(waiting: Iterable[Notice], at: datetime) -> Notice | None:
    """Return which of those that wait for one target, in their order, may be sent; None: none yet."""
    of_data_waits = False
    others_wait = False
    for each in waiting:
        of_data = each.type is None
        if of_data_waits if of_data else others_wait:
            continue
        if each.due_at <= at:
            return each
        if each.attempts < _REFUSED:
            return None
        of_data_waits, others_wait = of_data_waits or of_data, others_wait or not of_data
    return None


def delivered(tx: Transaction, notice: Notice, status: int) -> None:
    """Keep that a notice arrived, and forget the old ones to its target."""
    c = notice_outbox.c
    tx.sql.execute(
        update(notice_outbox)
        .where(c.connection == notice.connection, c.id == notice.id)
        .values(
            state=State.DELIVERED.value, status=status, error=None, delivered_at=tx.instant, body=_KEPT_BODY
        )
    )
    newest = select(func.max(c.number)).where(
        c.connection == notice.connection,
        c.target == notice.target,
        c.state == State.DELIVERED.value,
        _is_of(None),
    )
    tx.sql.execute(
        delete(notice_outbox).where(
            c.connection == notice.connection,
            c.target == notice.target,
            c.state != State.PENDING.value,
            c.created_at < tx.instant - _KEPT,
            c.number != func.coalesce(newest.scalar_subquery(), 0),  # it says what the target knows
        )
    )


def put_back(tx: Transaction, notice: Notice) -> None:
    """Keep that a notice that was taken was not sent after all: it is due again, and no attempt counts."""
    c = notice_outbox.c
    pending = (c.connection == notice.connection, c.id == notice.id, c.state == State.PENDING.value)
    tx.sql.execute(update(notice_outbox).where(*pending).values(due_at=tx.instant, attempts=notice.attempts))


def failed(
    tx: Transaction, notice: Notice, error: str, *, status: int | None, due_at: datetime | None
) -> None:
    """Keep why a notice did not arrive, and when it is sent again (None: never)."""
    c = notice_outbox.c
    values: dict[str, Any] = {"error": error, "status": status}
    if due_at is None:
        values |= {"state": State.GIVEN_UP.value, "due_at": tx.instant, "body": _KEPT_BODY}
    else:
        values["due_at"] = due_at
    tx.sql.execute(
        update(notice_outbox)
        .where(
            c.connection == notice.connection, c.id == notice.id, c.state == State.PENDING.value
        )  # unless superseded meanwhile
        .values(**values)
    )


def waiting(tx: Transaction) -> int:
    """Return how many notices are due."""
    return len(list(_due(tx)))


def connections_with_due(tx: Transaction) -> list[str]:
    """Return the connections that have a notice which may be due, those that were removed included."""
    c = notice_outbox.c
    query = select(c.connection).where(c.state == State.PENDING.value, c.due_at <= tx.instant)
    return list(tx.sql.execute(query.distinct().order_by(c.connection)).scalars())


@dataclass(frozen=True)
class Entry:
    """What the log of deliveries has of a notice: all but what it says, since that may tell of a person.

    `type` is None for one of changed data; `status` and `error` are of the last attempt.
    """

    number: int
    id: str
    connection: str
    target: str
    type: str | None
    state: State
    attempts: int
    status: int | None
    error: str | None
    created_at: datetime
    due_at: datetime
    delivered_at: datetime | None


def entries(tx: Transaction, limit: int, *, targets: Collection[str] | None = None) -> list[Entry]:
    """Return the newest notices, of all connections, the newest first; `targets`: to these alone."""
    c = notice_outbox.c
    query = select(*(c[each.name] for each in fields(Entry))).order_by(c.number.desc()).limit(limit)
    if targets is not None:
        query = query.where(c.target.in_(targets))
    return [replace(Entry(*row), state=State(row.state)) for row in tx.sql.execute(query)]


def forget(tx: Transaction, *types: str) -> None:
    """Forget all notices of a connection of which the last, of one of these types, waits no more."""
    c = notice_outbox.c
    query = select(c.state, c.type).where(c.connection == tx.account).order_by(c.number.desc())
    newest = tx.sql.execute(query.limit(1)).first()
    if newest is not None and newest.state != State.PENDING.value and newest.type in types:
        forget_settled(tx)


def forget_settled(tx: Transaction) -> None:
    """Forget all notices of a connection but those that wait."""
    c = notice_outbox.c
    mine = (c.connection == tx.account, c.state != State.PENDING.value)
    tx.sql.execute(delete(notice_outbox).where(*mine))


def forget_about(tx: Transaction, orders: Collection[str]) -> None:
    """Forget the notices about these assessment orders, those that wait to be sent included."""
    c = notice_outbox.c
    mine = (c.connection == tx.account, c.about.is_not(None), among(tx.sql, c.about, orders))
    tx.sql.execute(delete(notice_outbox).where(*mine))


def give_up_others(tx: Transaction, targets: Collection[str]) -> None:
    """Give up what waits for a target that is not among `targets`."""
    c = notice_outbox.c
    tx.sql.execute(
        update(notice_outbox)
        .where(c.connection == tx.account, c.state == State.PENDING.value, c.target.not_in(targets))
        .values(
            state=State.GIVEN_UP.value,
            due_at=tx.instant,
            body=_KEPT_BODY,
            error="its URL is no longer in LEVER_NOTICE_URLS",
        )
    )


def _notices() -> Select[Any]:
    c = notice_outbox.c
    columns = (c.id, c.connection, c.target, c.models, c.marks, c.body, c.attempts, c.due_at, c.type, c.about)
    return select(*columns)

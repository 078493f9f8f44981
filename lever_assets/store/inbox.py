"""The inbox of webhook events: each kept once, until what it is about was read again.

States of an event:

- `pending`: what it is about is to be read when it is due
- `handled`: that was read after it had come, and is in the tables
- `parked`: reading it failed too often; `error` says why
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, delete, func, select, update

from lever_assets.backoff import gap_after
from lever_assets.store.dialects import among, inserting
from lever_assets.store.tables import webhook_inbox
from lever_assets.store.transaction import Transaction
from lever_assets.unified.models import JsonObject

PENDING, HANDLED, PARKED = "pending", "handled", "parked"
MOST_ATTEMPTS = 10
"""With the delays below about four hours."""
_FIRST_DELAY = timedelta(minutes=1)
_LONGEST_DELAY = timedelta(hours=1)
_KEPT = timedelta(days=14)


@dataclass(frozen=True)
class InboxEvent:
    """An event; `data` holds the ids of what it is about."""

    id: str
    event: str
    token: str
    triggered_at: datetime
    data: JsonObject
    attempts: int = 0


def receive(tx: Transaction, event: InboxEvent) -> bool:
    """Keep an event that arrived, once; False if its token came with another event."""
    return bool(receive_all(tx, [event]))


def receive_all(tx: Transaction, events: Collection[InboxEvent]) -> set[str]:
    """Keep the events that arrived, each once; returns the ids of those that are kept, now or before.

    One whose token came with another event is not.
    """
    if not events:
        return set()
    rows = [
        {
            "connection": tx.account,
            "id": event.id,
            "event": event.event,
            "token": event.token,
            "triggered_at": event.triggered_at,
            "received_at": tx.instant,
            "due_at": tx.instant,
            "data": event.data,
            "state": PENDING,
            "attempts": 0,
        }
        for event in events
    ]
    tx.sql.execute(inserting(tx.sql.dialect.name, webhook_inbox).on_conflict_do_nothing(), rows)
    c = webhook_inbox.c
    ids = {event.id for event in events}
    kept = select(c.id).where(c.connection == tx.account, among(tx.sql, c.id, ids))
    return set(tx.sql.execute(kept).scalars())


def pending_count(tx: Transaction) -> int:
    """Return how many events are due."""
    due_by = _due(tx.account, tx.instant)
    query = select(func.count()).select_from(webhook_inbox).where(due_by)
    return tx.sql.execute(query).scalar_one()


def pending_counts(tx: Transaction) -> Counter[str]:
    """Return how many events are due, by account, whichever account is the transaction's."""
    c = webhook_inbox.c
    due_by = and_(c.state == PENDING, c.due_at <= tx.instant)
    query = select(c.connection, func.count()).where(due_by).group_by(c.connection)
    return Counter({row[0]: row[1] for row in tx.sql.execute(query)})


def waiting_count(tx: Transaction) -> int:
    """Return how many events are pending, due or not."""
    c = webhook_inbox.c
    query = select(func.count()).where(c.connection == tx.account, c.state == PENDING)
    return tx.sql.execute(query).scalar_one()


def last_received_at(tx: Transaction) -> datetime | None:
    """Return when the last event arrived (UTC) of those that are kept; None: there is none."""
    c = webhook_inbox.c
    query: Select[tuple[datetime | None]] = select(func.max(c.received_at)).where(c.connection == tx.account)
    return tx.sql.execute(query).scalar_one()


def due(tx: Transaction, *, limit: int) -> Sequence[InboxEvent]:
    """Return up to `limit` events that are due, the one that is so for the longest time first."""
    c = webhook_inbox.c
    query = (
        select(c.id, c.event, c.token, c.triggered_at, c.data, c.attempts)
        .where(_due(tx.account, tx.instant))
        .order_by(c.due_at, c.id)
        .limit(limit)
    )
    return [InboxEvent(*row) for row in tx.sql.execute(query)]


def mark_handled(tx: Transaction, ids: Collection[str]) -> None:
    """Keep that these events were handled."""
    _set(tx, ids, state=HANDLED, handled_at=tx.instant, error=None)


def mark_failed(tx: Transaction, events: Collection[InboxEvent], error: str) -> int:
    """Keep why reading what these events are about failed; returns how many were parked for it.

    They are due again after a while, longer each time: a minute at first, an hour at last.
    """
    parked = 0
    for attempts in {event.attempts + 1 for event in events}:
        ids = [event.id for event in events if event.attempts + 1 == attempts]
        if attempts >= MOST_ATTEMPTS:
            parked += len(ids)
            _set(tx, ids, state=PARKED, attempts=attempts, error=error)
        else:
            due_at = tx.instant + gap_after(attempts, _FIRST_DELAY, _LONGEST_DELAY)
            _set(tx, ids, due_at=due_at, attempts=attempts, error=error)
    return parked


def park(tx: Transaction, ids: Collection[str], error: str) -> None:
    """Park events that nothing can be done for."""
    _set(tx, ids, state=PARKED, error=error)


def put_off(tx: Transaction, ids: Collection[str], error: str, *, due_at: datetime) -> None:
    """Keep why these events have to wait, until `due_at`, although they are not to blame."""
    _set(tx, ids, error=error, due_at=due_at)


def unpark(tx: Transaction) -> int:
    """Make the parked events due again, as if they had just come; returns how many there were."""
    c = webhook_inbox.c
    return tx.sql.execute(
        update(webhook_inbox)
        .where(c.connection == tx.account, c.state == PARKED)
        .values(state=PENDING, attempts=0, due_at=tx.instant)
    ).rowcount


def forget_old(tx: Transaction, *, and_waiting: bool = False) -> None:
    """Forget what was handled or parked and arrived two weeks ago or before.

    `and_waiting`: what waits, too, because nobody will read what it is about.
    """
    c = webhook_inbox.c
    states = [HANDLED, PARKED, *([PENDING] if and_waiting else [])]
    tx.sql.execute(
        delete(webhook_inbox).where(
            c.connection == tx.account, c.state.in_(states), c.due_at < tx.instant - _KEPT
        )
    )


def _due(account: str, now: datetime) -> ColumnElement[bool]:
    c = webhook_inbox.c
    return and_(c.connection == account, c.state == PENDING, c.due_at <= now)


def _set(tx: Transaction, ids: Collection[str], **values: object) -> None:
    if ids:
        c = webhook_inbox.c
        tx.sql.execute(
            update(webhook_inbox)
            .where(c.connection == tx.account, c.state == PENDING, among(tx.sql, c.id, ids))
            .values(**values)
        )

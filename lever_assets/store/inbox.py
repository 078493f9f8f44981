"""The inbox of webhook events: each kept once, until what it is about was read again.

States of an event:

- `pending`: what it is about is to be read when it is due
- `handled`: that was read after it had come, and is in the tables
- `parked`: reading it failed too often; `error` says why
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lever_assets.backoff import gap_after
from lever_assets.store.dialects import among
from lever_assets.store.tables import webhook_inbox
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


def receive(conn: Connection, connection: str, event: InboxEvent, *, now: datetime) -> bool:
    """Keep an event that arrived, once; False if its token came with another event."""
    return bool(receive_all(conn, connection, [event], now=now))


def receive_all(
    conn: Connection, connection: str, events: Collection[InboxEvent], *, now: datetime
) -> set[str]:
    """Keep the events that arrived, each once; returns the ids of those that are kept, now or before.

    One whose token came with another event is not.
    """
    if not events:
        return set()
    rows = [
        {
            "connection": connection,
            "id": event.id,
            "event": event.event,
            "token": event.token,
            "triggered_at": event.triggered_at,
            "received_at": now,
            "due_at": now,
            "data": event.data,
            "state": PENDING,
            "attempts": 0,
        }
        for event in events
    ]
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    conn.execute(insert(webhook_inbox).on_conflict_do_nothing(), rows)
    c = webhook_inbox.c
    ids = {event.id for event in events}
    kept = select(c.id).where(c.connection == connection, among(conn, c.id, ids))
    return set(conn.execute(kept).scalars())


def pending_count(conn: Connection, connection: str, *, now: datetime | None = None) -> int:
    """Return how many events are due (now, unless told otherwise)."""
    due_by = _due(connection, now or datetime.now(UTC))
    query = select(func.count()).select_from(webhook_inbox).where(due_by)
    return conn.execute(query).scalar_one()


def waiting_count(conn: Connection, connection: str) -> int:
    """Return how many events are pending, due or not."""
    c = webhook_inbox.c
    query = select(func.count()).where(c.connection == connection, c.state == PENDING)
    return conn.execute(query).scalar_one()


def due(conn: Connection, connection: str, *, now: datetime, limit: int) -> Sequence[InboxEvent]:
    """Return up to `limit` events that are due, the one that is so for the longest time first."""
    c = webhook_inbox.c
    query = (
        select(c.id, c.event, c.token, c.triggered_at, c.data, c.attempts)
        .where(_due(connection, now))
        .order_by(c.due_at, c.id)
        .limit(limit)
    )
    return [InboxEvent(*row) for row in conn.execute(query)]


def mark_handled(conn: Connection, connection: str, ids: Collection[str], *, now: datetime) -> None:
    """Keep that these events were handled."""
    _set(conn, connection, ids, state=HANDLED, handled_at=now, error=None)


def mark_failed(
    conn: Connection, connection: str, events: Collection[InboxEvent], error: str, *, now: datetime
) -> int:
    """Keep why reading what these events are about failed; returns how many were parked for it.

    They are due again after a while, longer each time: a minute at first, an hour at last.
    """
    parked = 0
    for attempts in {event.attempts + 1 for event in events}:
        ids = [event.id for event in events if event.attempts + 1 == attempts]
        if attempts >= MOST_ATTEMPTS:
            parked += len(ids)
            _set(conn, connection, ids, state=PARKED, attempts=attempts, error=error)
        else:
            due_at = now + gap_after(attempts, _FIRST_DELAY, _LONGEST_DELAY)
            _set(conn, connection, ids, due_at=due_at, attempts=attempts, error=error)
    return parked


def park(conn: Connection, connection: str, ids: Collection[str], error: str) -> None:
    """Park events that nothing can be done for."""
    _set(conn, connection, ids, state=PARKED, error=error)


def put_off(conn: Connection, connection: str, ids: Collection[str], error: str, *, due_at: datetime) -> None:
    """Keep why these events have to wait, until `due_at`, although they are not to blame."""
    _set(conn, connection, ids, error=error, due_at=due_at)


def unpark(conn: Connection, connection: str, *, now: datetime) -> int:
    """Make the parked events due again, as if they had just come; returns how many there were."""
    c = webhook_inbox.c
    return conn.execute(
        update(webhook_inbox)
        .where(c.connection == connection, c.state == PARKED)
        .values(state=PENDING, attempts=0, due_at=now)
    ).rowcount


def forget_old(conn: Connection, connection: str, *, now: datetime) -> None:
    """Forget what was handled or parked and arrived two weeks ago or before."""
    c = webhook_inbox.c
    conn.execute(
        delete(webhook_inbox).where(
            c.connection == connection, c.state.in_([HANDLED, PARKED]), c.due_at < now - _KEPT
        )
    )


def _due(connection: str, now: datetime) -> ColumnElement[bool]:
    c = webhook_inbox.c
    return and_(c.connection == connection, c.state == PENDING, c.due_at <= now)


def _set(conn: Connection, connection: str, ids: Collection[str], **values: object) -> None:
    if ids:
        c = webhook_inbox.c
        conn.execute(
            update(webhook_inbox)
            .where(c.connection == connection, c.state == PENDING, among(conn, c.id, ids))
            .values(**values)
        )

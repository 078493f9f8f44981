"""The inbox of webhook events: each kept once, until what it is about was read again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lever_assets.store.batches import among
from lever_assets.store.tables import webhook_inbox
from lever_assets.unified.models import JsonObject

PENDING, HANDLED, PARKED = "pending", "handled", "parked"
_KEPT = timedelta(days=7)
_MOST_ATTEMPTS = 10


@dataclass(frozen=True)
class InboxEvent:
    """An event; `data` holds the ids of what it is about."""

    id: str
    event: str
    token: str
    triggered_at: datetime
    data: JsonObject


def receive(conn: Connection, connection: str, event: InboxEvent, *, now: datetime) -> bool:
    """Keep an event that arrived, once; False if its token was another event's."""
    row = {
        "connection": connection,
        "id": event.id,
        "event": event.event,
        "token": event.token,
        "triggered_at": event.triggered_at,
        "received_at": now,
        "data": event.data,
        "state": PENDING,
        "attempts": 0,
    }
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    conn.execute(insert(webhook_inbox).values(row).on_conflict_do_nothing())
    c = webhook_inbox.c
    owner = select(c.id).where(c.connection == connection, c.token == event.token)
    return conn.execute(owner).scalar_one_or_none() == event.id


def pending_count(conn: Connection, connection: str) -> int:
    """Return how many events wait to be handled."""
    c = webhook_inbox.c
    query = select(func.count()).where(c.connection == connection, c.state == PENDING)
    return conn.execute(query).scalar_one()


def pending(conn: Connection, connection: str, *, limit: int) -> Sequence[InboxEvent]:
    """Return up to `limit` events that wait, the one that waits longest first."""
    c = webhook_inbox.c
    query = (
        select(c.id, c.event, c.token, c.triggered_at, c.data)
        .where(c.connection == connection, c.state == PENDING)
        .order_by(c.received_at, c.id)
        .limit(limit)
    )
    return [InboxEvent(*row) for row in conn.execute(query)]


def mark_handled(conn: Connection, connection: str, ids: Collection[str], *, now: datetime) -> None:
    """Keep that these events were handled, and forget those that were a week ago."""
    c = webhook_inbox.c
    conn.execute(
        update(webhook_inbox)
        .where(c.connection == connection, among(conn, c.id, ids))
        .values(state=HANDLED, handled_at=now, error=None)
    )
    conn.execute(
        delete(webhook_inbox).where(
            c.connection == connection, c.state == HANDLED, c.handled_at < now - _KEPT
        )
    )


def mark_failed(conn: Connection, connection: str, ids: Collection[str], error: str) -> None:
    """Keep that handling these events failed; after ten times they are parked, and asked for no more."""
    c = webhook_inbox.c
    conn.execute(
        update(webhook_inbox)
        .where(c.connection == connection, among(conn, c.id, ids))
        .values(
            attempts=c.attempts + 1,
            error=error,
            state=case((c.attempts + 1 >= _MOST_ATTEMPTS, PARKED), else_=PENDING),
        )
    )

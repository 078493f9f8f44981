"""Rows and arrivals with what a test does not care about filled in, and whole tables to compare."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, select

from lever_assets.store import Arrival, Landed, Merged, Store, land, merge
from lever_assets.store.transaction import Transaction
from lever_assets.unified.ids import unified_id
from lever_assets.unified.models import Candidate, JsonObject, Tag, UnifiedRow

LEVER = "lever"
T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


def day(number: int) -> datetime:
    return T0 + timedelta(days=number)


def at(tx: Transaction, instant: datetime) -> Transaction:
    """Return the transaction, from here on at another instant."""
    tx.instant, tx.is_given = instant, True
    return tx


def arrival(remote_id: str, content: object = "x", **rest: Any) -> Arrival:
    data: JsonObject = {"id": remote_id, "content": content}  # type: ignore[dict-item]  # any JSON will do
    return Arrival(remote_id, data, **rest)


def tag(remote_id: str, name: str | None = None, connection: str = LEVER) -> Tag:
    return Tag(
        id=unified_id(connection, "tags", remote_id),
        connection=connection,
        remote_id=remote_id,
        name=remote_id if name is None else name,
    )


def candidate(remote_id: str, **fields: Any) -> Candidate:
    plain: dict[str, Any] = {
        **dict.fromkeys(Candidate.model_fields),
        "id": unified_id(LEVER, "candidates", remote_id),
        "connection": LEVER,
        "remote_id": remote_id,
        "phone_numbers": [],
        "email_addresses": [],
        "social_media": [],
        "integration_fields": [],
    }
    return Candidate(**{**plain, **fields})


def landed(
    store: Store,
    *arrivals: Arrival,
    now: datetime = T0,
    asked_at: datetime | None = None,
    resource: str = "users",
    connection: str = LEVER,
) -> Landed:
    """Land `arrivals` in a transaction of their own."""
    with store.writing(connection, at=now) as tx:
        return land(tx, resource, arrivals, asked_at=asked_at)


def merged(
    store: Store,
    *rows: tuple[str, UnifiedRow],
    sources: tuple[str, ...] = (),
    model: str = "tags",
    now: datetime = T0,
) -> Merged:
    """Merge `rows` in a transaction of their own."""
    with store.writing(LEVER, at=now) as tx:
        return merge(tx, model, rows, sources=sources)


def whole(store: Store, table: Table, *columns: str, connection: str | None = None) -> list[tuple[Any, ...]]:
    """Every row of a table, all columns or the named ones, by primary key."""
    query = select(*(table.c[name] for name in columns)) if columns else select(table)
    if connection is not None:
        query = query.where(table.c.connection == connection)
    with store.reading("lever") as tx:
        return [tuple(row) for row in tx.sql.execute(query.order_by(*table.primary_key.columns))]

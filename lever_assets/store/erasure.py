"""Erasing what is personal of records that are gone, from the tables, the payloads and the history."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, null, select, update

from lever_assets.store.batches import among
from lever_assets.store.changes import History, record_changes
from lever_assets.store.tables import RAW, UNIFIED, changes

ERASED = "erased"
"""Stands in place of a content hash; a record that comes back has another, and is written anew."""


def erase_rows(
    conn: Connection,
    connection: str,
    model: str,
    columns: Sequence[str],
    *,
    gone_before: datetime,
    now: datetime,
    limit: int,
    history: History | None,
) -> int:
    """Erase `columns` of up to `limit` rows that were gone before an instant, and their history; how many."""
    table = UNIFIED[model]
    c = table.c
    ids = list(
        conn.execute(
            select(c.id)
            .where(c.connection == connection, c.remote_deleted_at <= gone_before, c.content_hash != ERASED)
            .limit(limit)
        ).scalars()
    )
    if not ids:
        return 0
    values: dict[str, Any] = {name: null() for name in columns}
    conn.execute(
        update(table).where(among(conn, c.id, ids)).values(**values, content_hash=ERASED, changed_at=now)
    )
    forget_values(conn, ids)
    if history is not None:
        record_changes(conn, table, ids, "erased", now=now, history=history)
    return len(ids)


def erase_payloads(
    conn: Connection, connection: str, resource: str, *, gone_before: datetime, limit: int
) -> int:
    """Erase the payloads of up to `limit` raw records that were gone before an instant; return how many."""
    table = RAW[resource]
    c = table.c
    ids = list(
        conn.execute(
            select(c.remote_id)
            .where(c.connection == connection, c.deleted_at <= gone_before, c.content_hash != ERASED)
            .limit(limit)
        ).scalars()
    )
    if ids:
        mine = and_(c.connection == connection, among(conn, c.remote_id, ids))
        conn.execute(update(table).where(mine).values(data={}, content_hash=ERASED))
    return len(ids)


def forget_values(conn: Connection, row_ids: Collection[str]) -> None:
    """Erase the old and new values that the history keeps of these rows."""
    if row_ids:
        c = changes.c
        conn.execute(
            update(changes)
            .where(among(conn, c.row_id, row_ids), c.columns.is_not(None))
            .values(columns=null())
        )


def flagged(conn: Connection, connection: str, resource: str, field: str, ids: Collection[str]) -> set[str]:
    """Return those of these raw records whose payload has `field: true`."""
    if not ids:
        return set()
    c = RAW[resource].c
    if conn.dialect.name == "postgresql":
        is_set = func.jsonb_typeof(c.data[field]) == "boolean"
        is_set = and_(is_set, c.data[field].as_boolean())
    else:
        is_set = func.json_extract(c.data, f'$."{field}"') == 1
    query = select(c.remote_id).where(c.connection == connection, among(conn, c.remote_id, ids), is_set)
    return set(conn.execute(query).scalars())

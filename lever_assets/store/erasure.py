"""Erasing what is personal: from the tables, the payloads and the history (actions: `action_erasure`)."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    func,
    literal,
    null,
    select,
    update,
)

from lever_assets.store.changes import History, mark_changed, record_changes
from lever_assets.store.dialects import among, text_at
from lever_assets.store.landing import next_version
from lever_assets.store.mapping_errors import forget_words
from lever_assets.store.tables import RAW, UNIFIED, changes
from lever_assets.store.values import canonical, fingerprint
from lever_assets.unified.models import JsonObject

ERASED = "erased"
"""Stands in place of a content hash; a record that comes back has another, and is written anew."""


def due_rows(
    conn: Connection, connection: str, model: str, *, gone_before: datetime, limit: int
) -> list[str]:
    """Return ids of up to `limit` rows that were gone in Lever before an instant and are not erased.

    What the settings leave out is not gone.
    """
    c = UNIFIED[model].c
    gone = and_(
        c.connection == connection,
        c.remote_deleted_at <= gone_before,
        c.left_out.is_(None),
        c.content_hash != ERASED,
    )
    return list(conn.execute(select(c.id).where(gone).limit(limit)).scalars())


def rows_of(conn: Connection, connection: str, model: str, sources: Collection[str]) -> list[str]:
    """Return ids of the rows that were mapped from these raw records, gone ones included."""
    c = UNIFIED[model].c
    mine = and_(c.connection == connection, among(conn, c.source_key, sources))
    return list(conn.execute(select(c.id).where(mine).order_by(c.id)).scalars())


def erase_rows(
    conn: Connection,
    connection: str,
    model: str,
    row_ids: Collection[str],
    columns: Collection[str],
    *,
    now: datetime,
    history: History | None,
) -> int:
    """Erase `columns` of those of these rows that are gone in Lever, once; return how many were erased.

    Their history loses the values of these columns, and says that they were erased.
    """
    table = UNIFIED[model]
    c = table.c
    not_yet = and_(c.remote_deleted_at.is_not(None), c.content_hash != ERASED)
    due = list(conn.execute(select(c.id).where(among(conn, c.id, row_ids), not_yet).order_by(c.id)).scalars())
    if not due:
        return 0
    values: dict[str, Any] = {name: null() for name in columns}
    conn.execute(
        update(table).where(among(conn, c.id, due)).values(**values, content_hash=ERASED, changed_at=now)
    )
    forget_values(conn, due, columns)
    mark_changed(conn, connection, model, now=now)
    if history is not None:
        record_changes(conn, table, due, "erased", now=now, history=history)
    return len(due)


def forget_values(conn: Connection, row_ids: Collection[str], columns: Collection[str]) -> None:
    """Take old and new values of `columns` out of the history of these rows; that they changed stays told."""
    if not row_ids or not columns:
        return
    c = changes.c
    told = conn.execute(
        select(c.id, c.columns).where(among(conn, c.row_id, row_ids), c.columns.is_not(None))
    ).all()
    rewritten = [
        {
            "entry": entry.id,
            "told": {name: {} if name in columns else values for name, values in entry.columns.items()},
        }
        for entry in told
        if any(entry.columns.get(name) for name in columns)
    ]
    if rewritten:
        conn.execute(
            update(changes).where(c.id == bindparam("entry")).values(columns=bindparam("told")), rewritten
        )


def erase_payloads(
    conn: Connection, connection: str, resource: str, id_field: str, *, gone_before: datetime, limit: int
) -> int:
    """Reduce the payloads of up to `limit` raw records that were gone before an instant to their id.

    Returns how many there were. What the settings leave out is not gone.
    """
    c = RAW[resource].c
    gone = (c.deleted_at <= gone_before, c.left_out.is_(None), c.content_hash != ERASED)
    due = select(c.remote_id).where(c.connection == connection, *gone).limit(limit)
    return erase_payloads_of(conn, connection, resource, id_field, list(conn.execute(due).scalars()))


def erase_payloads_of(
    conn: Connection, connection: str, resource: str, id_field: str, ids: Collection[str]
) -> int:
    """Reduce the payloads of those of these raw records that are not live to their id; return how many.

    Nothing is mapped from a record that is not live: no table changes by it.
    """
    if not ids:
        return 0
    table = RAW[resource]
    c = table.c
    an_object = func.jsonb_build_object if conn.dialect.name == "postgresql" else func.json_object
    mine = and_(c.connection == connection, among(conn, c.remote_id, ids), c.content_hash != ERASED)
    erased = update(table).where(mine, c.deleted_at.is_not(None))
    forget_words(conn, connection, resource, ids)
    return conn.execute(erased.values(data=an_object(id_field, c.remote_id), content_hash=ERASED)).rowcount


def reduce_payloads_below(
    conn: Connection,
    connection: str,
    resource: str,
    parents: Collection[str],
    reduce: Callable[[JsonObject], JsonObject],
    *,
    now: datetime,
) -> None:
    """Replace the payloads of all children of these parents, gone ones included, by what `reduce` leaves.

    What is other than before is a landing of its own: it will be mapped again.
    """
    table = RAW[resource]
    c = table.c
    mine = and_(c.connection == connection, c.parent_id.is_not(None), among(conn, c.parent_id, parents))
    found = conn.execute(
        select(c.remote_id, c.data, c.content_hash).where(mine, c.content_hash != ERASED)
    ).all()
    write = []
    for row in found:
        encoded = canonical(reduce(row.data))
        content_hash = fingerprint(encoded)
        if content_hash != row.content_hash:
            write.append({"own": row.remote_id, "new": encoded, "new_hash": content_hash})
    if write:
        conn.execute(
            update(table)
            .where(c.connection == connection, c.remote_id == bindparam("own"))
            .values(
                data=bindparam("new"),
                content_hash=bindparam("new_hash"),
                version=next_version(conn, connection),
                changed_at=now,
            ),
            write,
        )


def carried_by_others(
    conn: Connection,
    connection: str,
    resource: str,
    field: str,
    texts: Collection[str],
    *,
    but: Collection[str],
    unless: str,
) -> set[str]:
    """Return which of these texts another live raw record has in a field, if not `unless` is true."""
    if not texts:
        return set()
    c = RAW[resource].c
    text = text_at(conn, c.data, field)
    live = and_(c.connection == connection, c.deleted_at.is_(None))
    query = select(c.remote_id, text.label("text")).where(live, among(conn, text, texts))
    found = {row.remote_id: row.text for row in conn.execute(query)}
    others = found.keys() - set(but)
    return {found[each] for each in others - flagged(conn, connection, resource, unless, others)}


def flagged(conn: Connection, connection: str, resource: str, field: str, ids: Collection[str]) -> set[str]:
    """Return those of these raw records whose payload has `field: true`."""
    if not ids:
        return set()
    c = RAW[resource].c
    is_set: ColumnElement[bool]
    if conn.dialect.name == "postgresql":
        is_set = c.data.op("@>")(literal({field: True}, c.data.type))
    else:
        is_set = func.json_type(c.data, f'$."{field}"') == "true"
    query = select(c.remote_id).where(c.connection == connection, among(conn, c.remote_id, ids), is_set)
    return set(conn.execute(query).scalars())

"""Taking out what the settings leave out: whole tables of a connection, columns, keys of payloads.

Other than what is gone in Lever it is not marked but removed, from the history of changes too.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, or_, select, update

from lever_assets.store.changes import History, mark_changed
from lever_assets.store.checkpoints import forget_states
from lever_assets.store.dialects import among
from lever_assets.store.erasure import ERASED
from lever_assets.store.landing import next_version
from lever_assets.store.merge import row_hash
from lever_assets.store.tables import (
    RAW,
    UNIFIED,
    changes,
    child_reads,
    drift,
    mapping_errors,
)
from lever_assets.store.values import canonical, fingerprint
from lever_assets.unified.models import JsonObject

_BATCH = 500
Rewrite = Callable[[JsonObject], JsonObject]


def drop_model(conn: Connection, connection: str, model: str, *, now: datetime) -> int:
    """Remove every row of a model, with its errors and its history; return how many rows there were."""
    _delete(conn, changes, connection, changes.c.model == model)
    _delete(conn, mapping_errors, connection, mapping_errors.c.model == model)
    forget_states(conn, connection, keys=[f"model:{model}"])
    removed = _delete(conn, UNIFIED[model], connection)
    if removed:
        mark_changed(conn, connection, model, now=now)
    return removed


def drop_resource(conn: Connection, connection: str, resource: str) -> int:
    """Remove every record of a resource and what is known of their reading; return how many there were."""
    of_resource = or_(mapping_errors.c.resource == resource, mapping_errors.c.model == RAW[resource].name)
    _delete(conn, mapping_errors, connection, of_resource)
    _delete(conn, drift, connection, drift.c.resource == resource)
    forget_reads(conn, connection, resource)
    return _delete(conn, RAW[resource], connection)


def forget_reads(conn: Connection, connection: str, resource: str) -> None:
    """Forget below which parents a resource was read: it is due below each of them."""
    _delete(conn, child_reads, connection, child_reads.c.resource == resource)


def _delete(conn: Connection, table: Table, connection: str, *these: Any) -> int:
    return conn.execute(delete(table).where(table.c.connection == connection, *these)).rowcount


def rewrite_payloads(
    conn: Connection, connection: str, resource: str, rewrite: Rewrite, *, after: str, now: datetime
) -> str | None:
    """Rewrite some payloads in place, by remote id from beyond `after`; return where to go on, None: done.

    What is read below the records stays read for them: in Lever they have not changed.
    """
    table = RAW[resource]
    c = table.c
    found = conn.execute(
        select(c.remote_id, c.data, c.content_hash)
        .where(c.connection == connection, c.remote_id > after)
        .order_by(c.remote_id)
        .limit(_BATCH)
    ).all()
    rows, hashes = [], []
    for row in found:
        encoded = canonical(rewrite(row.data))
        new_hash = fingerprint(encoded)
        if row.content_hash not in {ERASED, new_hash}:
            rows.append({"own": row.remote_id, "new": encoded, "new_hash": new_hash})
            hashes.append({"parent": row.remote_id, "old_hash": row.content_hash, "new_hash": new_hash})
    if rows:
        version = next_version(conn, connection)
        conn.execute(
            update(table)
            .where(c.connection == connection, c.remote_id == bindparam("own"))
            .values(
                data=bindparam("new"), content_hash=bindparam("new_hash"), version=version, changed_at=now
            ),
            rows,
        )
        rehash_parents(conn, connection, hashes)
    return found[-1].remote_id if len(found) == _BATCH else None


def rehash_parents(conn: Connection, connection: str, hashes: Sequence[Mapping[str, str]]) -> None:
    """Keep what was read below each `parent` for its content `old_hash` as read for `new_hash`."""
    if hashes:
        r = child_reads.c
        conn.execute(
            update(child_reads)
            .where(
                r.connection == connection,
                r.parent_id == bindparam("parent"),
                r.parent_hash == bindparam("old_hash"),
            )
            .values(parent_hash=bindparam("new_hash")),
            list(hashes),
        )


def rehash_restored(
    conn: Connection,
    connection: str,
    resource: str,
    below: Collection[str],
    rewrite: Rewrite,
    *,
    after: str,
) -> str | None:
    """Keep what was read `below` some records as read if `rewrite` makes of them what they were then.

    As `rewrite_payloads`, which rewrote them.
    """
    c, r = RAW[resource].c, child_reads.c
    read = and_(r.connection == c.connection, r.parent_id == c.remote_id, r.resource.in_(below))
    some = (
        select(c.remote_id)
        .where(c.connection == connection, c.remote_id > after)
        .order_by(c.remote_id)
        .limit(_BATCH)
    )
    ids = list(conn.execute(some).scalars())
    found = conn.execute(
        select(c.remote_id, c.data, c.content_hash, r.parent_hash)
        .join(child_reads, read)
        .where(c.connection == connection, among(conn, c.remote_id, ids), r.parent_hash != c.content_hash)
    )
    hashes = {
        row.remote_id: {"parent": row.remote_id, "old_hash": row.parent_hash, "new_hash": row.content_hash}
        for row in found
        if fingerprint(canonical(rewrite(row.data))) == row.parent_hash
    }
    rehash_parents(conn, connection, list(hashes.values()))
    return ids[-1] if len(ids) == _BATCH else None


def rewrite_rows(
    conn: Connection,
    connection: str,
    model: str,
    columns: Collection[str],
    rewrites: Mapping[str, Rewrite],
    *,
    after: str,
    now: datetime,
    history: History | None,
) -> str | None:
    """Make `columns` null in some rows and rewrite their remote data, by endpoint; as `rewrite_payloads`.

    Rows that are gone in Lever are no exception. The history names the columns, without values.
    """
    table = UNIFIED[model]
    c = table.c
    found = conn.execute(
        select(table).where(c.connection == connection, c.id > after).order_by(c.id).limit(_BATCH)
    ).mappings()
    seen = [dict(row) for row in found]
    entries = []
    for row in seen:
        changed = _changed(row, columns, rewrites)
        if changed:
            if row["content_hash"] != ERASED:
                changed["content_hash"] = row_hash(model, {**row, **changed})
            conn.execute(update(table).where(c.id == row["id"]).values(**changed, changed_at=now))
            entries.append(_entry(row, model, changed, now, history))
    if entries:
        mark_changed(conn, connection, model, now=now)
        if history is not None:
            conn.execute(insert(changes), entries)
    return seen[-1]["id"] if len(seen) == _BATCH else None


def _changed(
    row: Mapping[str, Any], columns: Collection[str], rewrites: Mapping[str, Rewrite]
) -> dict[str, Any]:
    changed: dict[str, Any] = {name: None for name in columns if row[name] is not None}
    remote = row.get("remote_data")
    if remote is not None and "remote_data" not in changed:
        rewritten = {
            endpoint: rewrites[endpoint](record) if endpoint in rewrites else record
            for endpoint, record in remote.items()
        }
        if rewritten != remote:
            changed["remote_data"] = rewritten
    return changed


def _entry(
    row: Mapping[str, Any],
    model: str,
    changed: Mapping[str, Any],
    now: datetime,
    history: History | None,
) -> dict[str, Any]:
    return {
        "connection": row["connection"],
        "model": model,
        "row_id": row["id"],
        "remote_id": row["remote_id"],
        "kind": "updated",
        "columns": {name: {} for name in changed if name != "content_hash"},
        "seen_at": now,
        "run_id": None if history is None else history.run_id,
    }


def forget_history(
    conn: Connection, connection: str, model: str, columns: Collection[str], *, after: int
) -> int | None:
    """Take old and new values of `columns` out of some entries of the history; as `rewrite_payloads`."""
    c = changes.c
    found = conn.execute(
        select(c.id, c.columns)
        .where(c.connection == connection, c.model == model, c.id > after)
        .order_by(c.id)
        .limit(_BATCH)
    ).all()
    for entry in found:
        told = entry.columns or {}
        if any(told.get(name) for name in columns):
            reduced = {name: {} if name in columns else values for name, values in told.items()}
            conn.execute(update(changes).where(c.id == entry.id).values(columns=reduced))
    return found[-1].id if len(found) == _BATCH else None

"""Removing what LEVER_EXCLUDE names: whole tables of a connection, and columns of rows.

Other than what is gone in Lever it is not marked but removed, from the history of changes too.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Table, delete, or_, select, update

from lever_assets.store.changes import History, mark_changed, mark_dropped, record_blanked
from lever_assets.store.children import forget_all_reads
from lever_assets.store.erasure import ERASED
from lever_assets.store.live import LIVE
from lever_assets.store.merge import row_hash
from lever_assets.store.payloads import Rewrite
from lever_assets.store.tables import (
    RAW,
    UNIFIED,
    changes,
    drift,
    mapping_errors,
)
from lever_assets.store.transaction import Transaction

_BATCH = 500


def drop_model(tx: Transaction, model: str) -> int:
    """Remove every row of a model, with its errors and its history; return how many rows there were."""
    _delete(tx, changes, changes.c.model == model)
    _delete(tx, mapping_errors, mapping_errors.c.model == model)
    removed = _delete(tx, UNIFIED[model])
    LIVE.forget(tx, model)
    if removed:
        mark_dropped(tx, model)
    return removed


def drop_resource(tx: Transaction, resource: str) -> int:
    """Remove every record of a resource and what is known of their reading; return how many there were."""
    of_resource = or_(mapping_errors.c.resource == resource, mapping_errors.c.model == RAW[resource].name)
    _delete(tx, mapping_errors, of_resource)
    _delete(tx, drift, drift.c.resource == resource)
    forget_all_reads(tx, resource)
    return _delete(tx, RAW[resource])


def _delete(tx: Transaction, table: Table, *these: Any) -> int:
    return tx.sql.execute(delete(table).where(table.c.connection == tx.account, *these)).rowcount


def blank_rows(
    tx: Transaction,
    model: str,
    columns: Collection[str],
    rewrites: Mapping[str, Rewrite],
    *,
    after: str,
    history: History | None,
) -> str | None:
    """Make `columns` null in some rows and rewrite their remote data, by endpoint; by id from beyond `after`.

    Returns where to go on, None: done. Rows that are gone in Lever are no exception. The history names the
    columns, without values.
    """
    table = UNIFIED[model]
    c = table.c
    found = tx.sql.execute(
        select(table).where(c.connection == tx.account, c.id > after).order_by(c.id).limit(_BATCH)
    ).mappings()
    seen = [dict(row) for row in found]
    blanked = []
    for row in seen:
        changed = _changed(row, columns, rewrites)
        if changed:
            if row["content_hash"] != ERASED:
                changed["content_hash"] = row_hash(model, {**row, **changed})
            tx.sql.execute(update(table).where(c.id == row["id"]).values(**changed, changed_at=tx.instant))
            blanked.append((row, changed.keys() - {"content_hash"}))
    if blanked:
        mark_changed(tx, model)
        if history is not None:
            record_blanked(tx, table, blanked, history=history)
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

"""What changed in the unified tables: the history, row by row, and a mark that tells a table of before.

A table's mark is another one after every change. Unlike a time it can't be overtaken: a transaction that is
committed late leaves a mark of its own.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, Table, bindparam, func, insert, literal, select, update

from lever_assets.store.checkpoints import Checkpoint, Instant
from lever_assets.store.dialects import among
from lever_assets.store.tables import changes
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import UtcDateTime, canonical_each, parsed
from lever_assets.unified.models import JsonObject

_BOOKKEEPING = frozenset(
    {"id", "connection", "changed_at", "remote_deleted_at", "source_key", "content_hash", "left_out"}
)
_NAMED_ONLY = frozenset({"remote_data"})
"""Columns whose values are not kept a second time."""
_BATCH = 500


@dataclass(frozen=True)
class History:
    """That changes are to be kept, and the run that sees them (None: nothing orchestrates it)."""

    run_id: str | None = None


@dataclass(frozen=True)
class Change:
    """One change of one row; `columns` holds {column: {"old": …, "new": …}}, values as JSON."""

    id: int
    model: str
    row_id: str
    remote_id: str | None
    kind: str
    columns: JsonObject | None
    seen_at: datetime
    run_id: str | None


def record_updates(
    tx: Transaction, table: Table, rows: Mapping[str, Mapping[str, Any]], *, history: History
) -> None:
    """Keep what differs between the stored rows and `rows`, by id; call it before these are written."""
    if not rows:
        return
    entries = []
    for before in tx.sql.execute(select(table).where(among(tx.sql, table.c.id, rows))).mappings():
        after = rows[before["id"]]
        entries.append(
            {
                "connection": before["connection"],
                "model": table.name,
                "row_id": before["id"],
                "remote_id": after["remote_id"],
                "kind": "updated" if before["remote_deleted_at"] is None else "restored",
                "columns": _difference(dict(before), after) or None,
                "seen_at": tx.instant,
                "run_id": history.run_id,
            }
        )
    tx.sql.execute(insert(changes), entries)


def record_changes(
    tx: Transaction, table: Table, row_ids: Collection[str], kind: str, *, history: History
) -> None:
    """Keep that these rows were created, deleted, left out or erased; call it after they were written."""
    if not row_ids:
        return
    columns = ["connection", "model", "row_id", "remote_id", "kind", "seen_at", "run_id"]
    c = table.c
    rows = select(
        c.connection,
        literal(table.name),
        c.id,
        c.remote_id,
        literal(kind),
        literal(tx.instant, UtcDateTime),
        literal(history.run_id, changes.c.run_id.type),
    ).where(among(tx.sql, c.id, row_ids))
    tx.sql.execute(insert(changes).from_select(columns, rows.order_by(c.id)))


def record_blanked(
    tx: Transaction,
    table: Table,
    blanked: Sequence[tuple[Mapping[str, Any], Collection[str]]],
    *,
    history: History,
) -> None:
    """Keep that columns of some rows were rewritten, without values: each row as it was, and the columns."""
    if not blanked:
        return
    entries = [
        {
            "connection": row["connection"],
            "model": table.name,
            "row_id": row["id"],
            "remote_id": row["remote_id"],
            "kind": "updated",
            "columns": {name: {} for name in columns},
            "seen_at": tx.instant,
            "run_id": history.run_id,
        }
        for row, columns in blanked
    ]
    tx.sql.execute(insert(changes), entries)


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> JsonObject:
    """Return the columns that differ, with both values in their JSON form."""
    names = after.keys() - _BOOKKEEPING
    old, new = (canonical_each({name: row[name] for name in names}) for row in (before, after))
    found: JsonObject = {}
    for name in after:
        if name in names and old[name] != new[name]:
            both: JsonObject = {"old": parsed(old[name]), "new": parsed(new[name])}
            found[name] = {} if name in _NAMED_ONLY else both
    return found


def forget_values(tx: Transaction, row_ids: Collection[str], columns: Collection[str]) -> None:
    """Take old and new values of `columns` out of the history of these rows; that they changed stays told."""
    if not row_ids or not columns:
        return
    c = changes.c
    told = tx.sql.execute(
        select(c.id, c.columns).where(among(tx.sql, c.row_id, row_ids), c.columns.is_not(None))
    ).all()
    _forget(tx.sql, told, columns)


def forget_values_of_model(
    tx: Transaction, model: str, columns: Collection[str], *, after: int
) -> int | None:
    """Take values of `columns` out of some of a model's history, from beyond `after`, the number of an entry.

    Returns where to go on, None: done.
    """
    c = changes.c
    found = tx.sql.execute(
        select(c.id, c.columns)
        .where(c.connection == tx.account, c.model == model, c.id > after)
        .order_by(c.id)
        .limit(_BATCH)
    ).all()
    _forget(tx.sql, found, columns)
    return found[-1].id if len(found) == _BATCH else None


def _forget(conn: Connection, entries: Sequence[Row[Any]], columns: Collection[str]) -> None:
    rewritten = [
        {
            "entry": entry.id,
            "told": {name: {} if name in columns else values for name, values in entry.columns.items()},
        }
        for entry in entries
        if entry.columns and any(entry.columns.get(name) for name in columns)
    ]
    if rewritten:
        conn.execute(
            update(changes).where(changes.c.id == bindparam("entry")).values(columns=bindparam("told")),
            rewritten,
        )


def since(tx: Transaction, after: int, *, limit: int) -> list[Change]:
    """Return up to `limit` changes after the one numbered `after` (0: from the first), in order."""
    c = changes.c
    query = (
        select(c.id, c.model, c.row_id, c.remote_id, c.kind, c.columns, c.seen_at, c.run_id)
        .where(c.connection == tx.account, c.id > after)
        .order_by(c.id)
        .limit(limit)
    )
    return [Change(*row) for row in tx.sql.execute(query)]


def counted(tx: Transaction, run_id: str) -> dict[str, int]:
    """Return how many changes a run saw, by model."""
    c = changes.c
    query = (
        select(c.model, func.count())
        .where(c.connection == tx.account, c.run_id == run_id)
        .group_by(c.model)
        .order_by(c.model)
    )
    return {row[0]: row[1] for row in tx.sql.execute(query)}


_CHANGED = Checkpoint[str]("changed", str)
"""By model."""
_DROPPED = Checkpoint[str]("dropped", str)
"""By model."""
_UNCOUNTED = Checkpoint[Instant]("uncounted", Instant)
"""The earliest instant of a change that is in no mart yet; where a clock was set back not the first's."""


def mark_changed(tx: Transaction, model: str) -> None:
    """Give the table of `model` a new mark; call it in the transaction that changes its rows."""
    _CHANGED.keep_each(tx, {model: uuid4().hex})
    earliest = _UNCOUNTED.read(tx)
    if earliest is None or tx.instant < earliest:
        _UNCOUNTED.keep(tx, tx.instant)


def uncounted_since(tx: Transaction) -> datetime | None:
    """Return the earliest instant of the changes that are in no mart yet; None: all are."""
    return _UNCOUNTED.read(tx)


def all_is_counted(tx: Transaction) -> None:
    """Note that all changes are in the marts."""
    _UNCOUNTED.forget(tx)


def mark_dropped(tx: Transaction, model: str) -> None:
    """Note that rows of `model` were removed rather than marked: nothing in the table tells which."""
    mark_changed(tx, model)
    _DROPPED.keep_each(tx, {model: uuid4().hex})


def drop_marks(tx: Transaction) -> dict[str, str]:
    """Return by model a mark that is another one after every time that rows were removed."""
    return _DROPPED.every(tx)


def change_marks(tx: Transaction) -> dict[str, str]:
    """Return the mark of each table that was ever changed, by model."""
    return _CHANGED.every(tx)

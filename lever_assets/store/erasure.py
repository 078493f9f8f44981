"""Erasing what is personal from the unified rows (elsewhere: `payloads`, `changes`, `action_erasure`)."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import TextClause, and_, bindparam, null, select, text, update

from lever_assets.store.changes import History, forget_values, mark_changed, record_changes
from lever_assets.store.dialects import among, by_another_index
from lever_assets.store.tables import RAW, UNIFIED
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import UtcDateTime

ERASED = "erased"
"""Stands in place of a content hash; a record that comes back has another, and is written anew."""


@cache
def _overdue(dialect: str) -> TextClause:
    # A text: after most syncs this is all that is asked, and SQLAlchemy takes longer to put a statement
    # together for each of the tables than both databases to answer.
    gone = [(each.name, "remote_deleted_at") for each in UNIFIED.values()]
    gone += [(each.name, "deleted_at") for each in RAW.values()]
    of = "+connection" if dialect == "sqlite" else "connection"  # as `by_another_index` has it
    asked = (
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table} WHERE {of} = :of "  # noqa: S608 - names of ours
        f"AND {column} <= :before AND left_out IS NULL AND content_hash <> '{ERASED}')"
        for table, column in gone
    )
    return text(" UNION ALL ".join(asked)).bindparams(bindparam("before", type_=UtcDateTime()))


def overdue(tx: Transaction, *, gone_before: datetime) -> set[str]:
    """Return the names of the tables that have what was gone before an instant and is not erased.

    That is what `due_rows` finds in those of models, and `erase_payloads` in the raw ones.
    """
    return set(
        tx.sql.execute(_overdue(tx.sql.dialect.name), {"of": tx.account, "before": gone_before}).scalars()
    )


def due_rows(tx: Transaction, model: str, *, gone_before: datetime, limit: int) -> list[str]:
    """Return ids of up to `limit` rows that were gone in Lever before an instant and are not erased.

    What the settings leave out is not gone.
    """
    c = UNIFIED[model].c
    gone = and_(
        by_another_index(tx.sql, c.connection) == tx.account,
        c.remote_deleted_at <= gone_before,
        c.left_out.is_(None),
        c.content_hash != ERASED,
    )
    return list(tx.sql.execute(select(c.id).where(gone).limit(limit)).scalars())


def rows_of(tx: Transaction, model: str, sources: Collection[str]) -> list[str]:
    """Return ids of the rows that were mapped from these raw records, gone ones included."""
    c = UNIFIED[model].c
    mine = and_(c.connection == tx.account, among(tx.sql, c.source_key, sources))
    # Sorted here: for the order SQLite would take the index of the pages, and go through the account's rows.
    return sorted(tx.sql.execute(select(c.id).where(mine)).scalars())


def erase_rows(
    tx: Transaction,
    model: str,
    row_ids: Collection[str],
    columns: Collection[str],
    *,
    history: History | None,
) -> int:
    """Erase `columns` of those of these rows that are gone in Lever, once; return how many were erased.

    Their history loses the values of these columns, and says that they were erased.
    """
    table = UNIFIED[model]
    c = table.c
    not_yet = and_(c.remote_deleted_at.is_not(None), c.content_hash != ERASED)
    due = list(
        tx.sql.execute(select(c.id).where(among(tx.sql, c.id, row_ids), not_yet).order_by(c.id)).scalars()
    )
    if not due:
        return 0
    values: dict[str, Any] = {name: null() for name in columns}
    tx.sql.execute(
        update(table)
        .where(among(tx.sql, c.id, due))
        .values(**values, content_hash=ERASED, changed_at=tx.instant)
    )
    forget_values(tx, due, columns)
    mark_changed(tx, model)
    if history is not None:
        record_changes(tx, table, due, "erased", history=history)
    return len(due)

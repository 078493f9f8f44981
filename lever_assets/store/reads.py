"""What people and checks ask of the tables: counts, a preview, dangling references, filled fields."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    TextClause,
    func,
    select,
    text,
    true,
)

from lever_assets.store.dialects import elements_of
from lever_assets.store.tables import RAW, UNIFIED, business_fields
from lever_assets.store.transaction import Transaction
from lever_assets.unified.catalogue import BY_NAME

_EXAMPLES = 5


@dataclass(frozen=True)
class RowCount:
    """How many rows of a connection a table has: live ones, those found gone, and those left out."""

    table: str
    live: int
    deleted: int
    left_out: int = 0


@dataclass(frozen=True)
class Preview:
    """Some rows of a table, for people; one tuple for each row, in the order of `columns`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True)
class Dangling:
    """Live rows whose `column` holds an id that `referenced` lacks; `examples` are ids of such rows."""

    column: str
    referenced: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Duplicates:
    """Remote ids that more than one live row of a table has; `examples` are some of them."""

    count: int
    examples: tuple[str, ...]


def counts(tx: Transaction, models: Iterable[str] = tuple(UNIFIED)) -> list[RowCount]:
    """Return the row counts of unified tables (all 19, in the catalogue's order)."""
    return _counted(tx, *(UNIFIED[model] for model in models))


def count(tx: Transaction, model: str) -> RowCount:
    """Return the row count of a unified table."""
    return _counted(tx, UNIFIED[model])[0]


def raw_count(tx: Transaction, resource: str) -> RowCount:
    """Return the row count of a raw table."""
    return _counted(tx, RAW[resource])[0]


def _counted(tx: Transaction, *tables: Table) -> list[RowCount]:
    rows = tx.sql.execute(_counting(tables), {"of": tx.account}) if tables else ()
    return [
        RowCount(table, total - not_live, not_live - left_out, left_out)
        for table, total, not_live, left_out in rows
    ]


@cache
def _counting(tables: tuple[Table, ...]) -> TextClause:
    # A text: SQLAlchemy takes longer to put a statement together than SQLite to count some thousand rows.
    return text(" UNION ALL ".join(map(_count_of, tables)))


def _count_of(table: Table) -> str:
    gone = "remote_deleted_at" if table.name in UNIFIED else "deleted_at"
    counted = f"'{table.name}', count(*), count({gone}), count(left_out)"
    return f"SELECT {counted} FROM {table.name} WHERE connection = :of"  # noqa: S608 - names of ours


def remote_id(tx: Transaction, model: str, row_id: str) -> str | None:
    """Return Lever's id of the record on a row; None where there is no such row."""
    c = UNIFIED[model].c
    query: Select[tuple[str | None]] = select(c.remote_id).where(c.connection == tx.account, c.id == row_id)
    return tx.sql.execute(query).scalar_one_or_none()


def preview(tx: Transaction, model: str, limit: int = 5) -> Preview:
    """Return the live rows that changed last, without bookkeeping and what is personal.

    Whoever keeps a preview would otherwise keep what is erased from the tables one day.
    """
    c = UNIFIED[model].c
    erased = BY_NAME[model].erased
    shown = [name for name in business_fields(BY_NAME[model].row) if name not in erased]
    names = ["id", "remote_id", *shown]
    found = tx.sql.execute(
        select(*(c[name] for name in names))
        .where(c.connection == tx.account, c.remote_deleted_at.is_(None))
        .order_by(c.changed_at.desc(), c.id)
        .limit(limit)
    )
    return Preview(tuple(names), tuple(tuple(row) for row in found))


def dangling(tx: Transaction, model: str) -> list[Dangling]:
    """Return, for each reference column that has any, the references of live rows to rows that never arrived.

    A row that is marked as gone in Lever counts as there.
    """
    table = UNIFIED[model]
    found = []
    for name, referenced in BY_NAME[model].references():
        target = UNIFIED[referenced].alias("target")
        missing = (
            select(table.c.id)
            .select_from(table.outerjoin(target, target.c.id == table.c[name]))
            .where(
                table.c.connection == tx.account,
                table.c.remote_deleted_at.is_(None),
                table.c[name].is_not(None),
                target.c.id.is_(None),
            )
        )
        how_many = tx.sql.execute(select(func.count()).select_from(missing.subquery())).scalar_one()
        if how_many:
            some = tx.sql.execute(missing.order_by(table.c.id).limit(_EXAMPLES)).scalars()
            found.append(Dangling(name, referenced, how_many, tuple(some)))
    return found


def duplicates(tx: Transaction, model: str) -> Duplicates:
    """Return the remote ids that stand on several live rows; `id` is the primary key and so unique."""
    c = UNIFIED[model].c
    repeated = (
        select(c.remote_id)
        .where(c.connection == tx.account, c.remote_id.is_not(None), c.remote_deleted_at.is_(None))
        .group_by(c.remote_id)
        .having(func.count() > 1)
    )
    how_many = tx.sql.execute(select(func.count()).select_from(repeated.subquery())).scalar_one()
    some = tx.sql.execute(repeated.order_by(c.remote_id).limit(_EXAMPLES)).scalars() if how_many else ()
    return Duplicates(how_many, tuple(some))


def field_keys(tx: Transaction, model: str, name: str) -> set[str]:
    """Return the keys of the fields in a column that holds a list of `{"key": …}`, over all live rows."""
    c = UNIFIED[model].c
    listed: Any = c[name]
    if tx.sql.dialect.name == "postgresql":
        fields = elements_of(listed).lateral()
        key = func.jsonb_extract_path_text(fields.c.value, "key")
    else:
        fields = func.json_each(listed).table_valued("value")
        key = func.json_extract(fields.c.value, "$.key")
    query = (
        select(key)
        .select_from(UNIFIED[model].join(fields, true()))
        .where(c.connection == tx.account, c.remote_deleted_at.is_(None), listed.is_not(None))
        .distinct()
    )
    return {each for each in tx.sql.execute(query).scalars() if isinstance(each, str)}


def is_filled(tx: Transaction, model: str, name: str, key: str) -> bool:
    """Tell whether a live row has a value under `key` of the JSON object in a column."""
    c = UNIFIED[model].c
    value: ColumnElement[Any]
    if tx.sql.dialect.name == "postgresql":
        value = func.jsonb_extract_path_text(c[name], key)
    else:
        each = func.json_each(c[name]).table_valued("key", "value", "type")
        value = select(each.c.key).where(each.c.key == key, each.c.type != "null").limit(1).scalar_subquery()
    there = (c.connection == tx.account, c.remote_deleted_at.is_(None), value.is_not(None))
    return tx.sql.execute(select(c.id).where(*there).limit(1)).first() is not None

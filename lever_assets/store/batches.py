"""The few statements that differ between the databases: upserts, and finding many keys with one parameter."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, Table, Text, any_, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from lever_assets.store.content import canonical, clean

Row = Mapping[str, Any]
Excluded = Any


def among(conn: Connection, column: ColumnElement[Any], values: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that `column` is one of `values`: one parameter, however many they are."""
    if conn.dialect.name == "postgresql":
        return column == any_(literal([clean(value) for value in values], ARRAY(Text)))
    listed = func.json_each(literal(canonical(list(values)).decode())).table_valued("value")
    return column.in_(select(listed.c.value))


def upsert(
    conn: Connection,
    table: Table,
    rows: Sequence[Row],
    *,
    update: Callable[[Excluded], Mapping[str, Any]],
    where: Callable[[Excluded], ColumnElement[bool]] | None = None,
) -> int:
    """Insert `rows`, or update those whose primary key exists, and return how many were written.

    `update` is given the row that was to be inserted and returns what to set; with `where`, rows for which it
    does not hold stay as they are.
    """
    if not rows:
        return 0
    insert: Any = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    statement = statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_=update(statement.excluded),
        where=None if where is None else where(statement.excluded),
    )
    return conn.execute(statement, list(rows)).rowcount

"""What differs between the databases: upserts, finding many keys with one parameter, texts inside JSON.

What SQLAlchemy has for PostgreSQL is imported where it is used: a command over SQLite starts without it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Table,
    UnaryExpression,
    any_,
    bindparam,
    case,
    column,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.sql.selectable import TableValuedAlias

from lever_assets.store.values import AsIs, Texts, stored_rows

Row = Mapping[str, Any]
Excluded = Any

OF: BindParameter[str] = bindparam("of")
"""The account, in a statement that is made once.

So a module makes what even a sync that finds nothing runs many times: SQLAlchemy takes longer to put a
statement together than SQLite to run it.
"""
THESE = bindparam("these", type_=Texts())
"""Many texts, in such a statement (`among_these`)."""

_COUNTED: dict[str, Any] = {"preserve_rowcount": True}
_COPY_FROM = 50
"""From so many rows on COPY is worth its statements. Measured on PostgreSQL 16 with batches of 1000 rows of
2 kB: 22 000 rows/s inserted and 20 000 updated, against 18 700 and 13 600 with pipelined single rows."""


def text_at(conn: Connection, value: ColumnElement[Any], *path: str) -> ColumnElement[Any]:
    """Return the text at a path of a JSON object; null where there is none."""
    if conn.dialect.name == "postgresql":
        return func.jsonb_extract_path_text(value, *path)
    return func.json_extract(value, "$." + ".".join(f'"{key}"' for key in path))


def elements_of(array: ColumnElement[Any]) -> TableValuedAlias:
    """Return, on PostgreSQL, the elements of a JSON array as rows of `value`; what is no array has none."""
    from sqlalchemy.dialects.postgresql import JSONB  # noqa: PLC0415 - not with SQLite

    listed = case((func.jsonb_typeof(array) == "array", array), else_=text("'[]'::jsonb"))
    return func.jsonb_array_elements(listed).table_valued(column("value", JSONB))


def among(conn: Connection, column: ColumnElement[Any], values: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that `column` is one of `values`: one parameter, however many they are."""
    return among_these(conn.dialect.name, column, literal(values, Texts()))


def among_these(
    dialect: str, column: ColumnElement[Any], these: ColumnElement[Any] = THESE
) -> ColumnElement[bool]:
    """As `among`, for a statement that is made once: its parameter `these` holds the values."""
    if dialect == "postgresql":
        return column == any_(these)
    return column.in_(select(func.json_each(these).table_valued("value").c.value))


def by_another_index(conn: Connection, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column whose index SQLite is not to take, as it knows of none how many rows it leads to.

    It would go through all rows of the account (sqlite.org/optoverview.html, "Disqualifying WHERE clause
    terms using unary +"). PostgreSQL counts.
    """
    return by_another_index_of(conn.dialect.name, column)


def by_another_index_of(dialect: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """As `by_another_index`, for a statement that is made once."""
    return UnaryExpression(column, operator=custom_op("+")) if dialect == "sqlite" else column


def inserting(dialect: str, table: Table) -> Any:
    """Return an INSERT into a table that can be told what is to happen to rows that are there."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - not with SQLite

        return postgresql.insert(table)
    return sqlite.insert(table)


def upsert(
    conn: Connection,
    table: Table,
    rows: Sequence[Row],
    *,
    replace: Sequence[str] = (),
    fill: Sequence[str] = (),
    where: Callable[[Excluded], ColumnElement[bool]] | None = None,
) -> int:
    """Insert `rows`, write those whose primary key exists over what is there; return how many were written.

    Each row has every column, and no key comes twice. Of a row that exists the columns of `replace` are
    replaced, and those of `fill` where the new value is not null; with neither it stays as it is, and so it
    does where another unique index has the row. `where` is
    given the row that was to be inserted: rows for which it does not hold stay, too.
    """
    if not rows:
        return 0
    stored = stored_rows(table, rows, conn.dialect)
    copied = conn.dialect.name == "postgresql" and len(rows) >= _COPY_FROM
    source = _copy(conn, table, stored) if copied else None
    if where is None:
        statement = _text(conn.dialect.name, table, source, replace=tuple(replace), fill=tuple(fill))
        parameters = list(stored) if source is None else None
        written = conn.exec_driver_sql(statement, parameters, execution_options=_COUNTED).rowcount
    else:
        guarded = _merging(conn.dialect.name, table, source, replace=replace, fill=fill, where=where)
        names = [column.name for column in table.columns]
        named = [dict(zip(names, row, strict=True)) for row in stored] if source is None else None
        written = conn.execute(guarded, named, execution_options=_COUNTED).rowcount
    if source is not None:
        conn.exec_driver_sql(f"TRUNCATE {source.name}")
    return written


def _merging(
    dialect: str,
    table: Table,
    source: Table | None,
    *,
    replace: Sequence[str],
    fill: Sequence[str],
    where: Callable[[Excluded], ColumnElement[bool]] | None = None,
) -> Any:
    """Return the statement; `source` is where the rows come from, None: from parameters."""
    names = [column.name for column in table.columns]
    statement = (
        inserting(dialect, table).values({name: bindparam(name, type_=AsIs()) for name in names})
        if source is None
        else inserting(dialect, table).from_select(names, select(source))
    )
    new, key = statement.excluded, list(table.primary_key.columns)
    changes = {name: new[name] for name in replace}
    changes |= {name: func.coalesce(new[name], table.c[name]) for name in fill}
    if not changes:
        # Of any unique index, not of the key alone: of two that insert the same row at once PostgreSQL lets
        # the second wait by the index that is named, and fail by each other one.
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(
        index_elements=key,
        set_=changes,
        where=None if where is None else where(new),
    )


@cache
def _text(
    dialect: str, table: Table, source: Table | None, *, replace: tuple[str, ...], fill: tuple[str, ...]
) -> str:
    """Return the statement in the driver's words: SQLAlchemy 2.0 compiles ON CONFLICT anew for each run."""
    merging = _merging(dialect, table, source, replace=replace, fill=fill)
    return str(merging.compile(dialect=_in_the_drivers_words(dialect)))


def _in_the_drivers_words(dialect: str) -> Any:
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - not with SQLite

        made: Any = postgresql.dialect
        return made(paramstyle="format")
    return sqlite.dialect(paramstyle="qmark")


def _copy(conn: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> Table:
    """Copy `stored_rows` into a temporary table like `table`, which the session keeps, empty."""
    staging = _staging(table)
    conn.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {staging.name} (LIKE {table.name}) ON COMMIT DELETE ROWS"
    )
    quoted = ", ".join(conn.dialect.identifier_preparer.quote(column.name) for column in table.columns)
    cursor: Any = conn.connection.cursor()
    with cursor, cursor.copy(f"COPY {staging.name} ({quoted}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    return staging


@cache
def _staging(table: Table) -> Table:
    return Table(f"incoming_{table.name}", MetaData(), *(Column(c.name, c.type) for c in table.columns))

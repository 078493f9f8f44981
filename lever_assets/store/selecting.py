"""Rows of a table as somebody asks for them: some columns, some rows, many at a time."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import Enum, auto
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Double,
    Integer,
    Table,
    and_,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.exc import DBAPIError, StatementError

from lever_assets.store.dialects import among
from lever_assets.store.errors import QuestionError, wrong_in
from lever_assets.store.tables import MART_TABLES, RAW, UNIFIED
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import Json, Money, UtcDateTime

Where = str | Mapping[str, object] | ColumnElement[bool] | None
"""Which rows: a condition in SQL, one of SQLAlchemy's, or a value (or several, or None) for each column."""

_TABLES = {**UNIFIED, **{table.name: table for table in (*RAW.values(), *MART_TABLES.values())}}


class Kind(Enum):
    """What a column holds."""

    TEXT = auto()
    INSTANT = auto()
    BOOLEAN = auto()
    INTEGER = auto()
    NUMBER = auto()
    DECIMAL = auto()
    JSON = auto()


_KINDS: dict[type[Any], Kind] = {
    UtcDateTime: Kind.INSTANT,
    Boolean: Kind.BOOLEAN,
    Integer: Kind.INTEGER,
    Double: Kind.NUMBER,
    Money: Kind.DECIMAL,
    Json: Kind.JSON,
}


@dataclass(frozen=True)
class Field:
    """A column by its name, and what it holds."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Within:
    """The rows whose record in Lever last changed in [lower, upper); None leaves that end open.

    The record is the one of `resource` that a row was mapped from or, where that is read below another
    one, that one, of the resource `parent`.
    """

    resource: str
    parent: str | None
    lower: datetime | None
    upper: datetime | None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which rows of a table are wanted, and which columns of them (None: all).

    `deleted`: those that are gone or left out, too. `since`: only those that changed then or later, here.
    `all_connections`: not only those of the transaction's account.
    """

    table: str
    columns: Sequence[str] | None = None
    where: Where = None
    deleted: bool = False
    since: datetime | None = None
    within: Within | None = None
    all_connections: bool = False


def fields(asked: Asked) -> tuple[Field, ...]:
    """Return the columns that are asked for; raises QuestionError if one is not there."""
    return tuple(Field(str(each.name), _kind(each)) for each in _columns(asked))


def in_batches(tx: Transaction, asked: Asked, size: int) -> Iterator[Sequence[tuple[Any, ...]]]:
    """Yield the rows, `size` at a time, by primary key; raises QuestionError for what can't be asked.

    No more of them than that are in memory, on either database.
    """
    table = table_named(asked.table)
    query = select(*_columns(asked)).where(*_conditions(tx, asked)).order_by(*table.primary_key.columns)
    try:
        found = tx.sql.execute(query, execution_options={"yield_per": size})
        for batch in found.partitions(size):
            yield [tuple(row) for row in batch]
    except StatementError as error:
        wrong = wrong_in(error) if isinstance(error, DBAPIError) else "a value is not of its column's type"
        if asked.where is None or wrong is None:
            raise
        raise QuestionError(f"the condition on {asked.table} can't be used ({wrong})", "correct it") from None


def table_named(name: str) -> Table:
    """Return a unified or raw table, or a mart; raises QuestionError if there is none of that name."""
    if name not in _TABLES:
        raise QuestionError(f"there is no table {name[:60]!r} to read", _meant(name, _TABLES))
    return _TABLES[name]


def _meant(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=3)
    return f"did you mean {' or '.join(near)}" if near else f"there are {', '.join(known)}"


def _columns(asked: Asked) -> list[Column[Any]]:
    table = table_named(asked.table)
    if asked.columns is None:
        return list(table.columns)
    if not asked.columns:
        raise QuestionError(
            f"no column of {asked.table} is asked for", "name some, or leave them out for all"
        )
    return [_column(table, name) for name in dict.fromkeys(asked.columns)]


def _column(table: Table, name: str) -> Column[Any]:
    if name not in table.c:
        raise QuestionError(f"{table.name} has no column {name[:60]!r}", _meant(name, table.c.keys()))
    return table.c[name]


def _kind(column: Column[Any]) -> Kind:
    return next((kind for of, kind in _KINDS.items() if isinstance(column.type, of)), Kind.TEXT)


def _conditions(tx: Transaction, asked: Asked) -> Iterator[ColumnElement[bool]]:
    table = table_named(asked.table)
    if not asked.all_connections:
        yield table.c.connection == tx.account
    is_mart = table in MART_TABLES.values()
    if not asked.deleted and not is_mart:
        yield is_live(table)
    if asked.since is not None and is_mart:
        raise QuestionError(f"{table.name} does not tell when its rows changed", "ask for all of them")
    if asked.since is not None:
        yield table.c.changed_at >= asked.since
    if asked.within is not None:
        yield _is_within(table, asked.within)
    yield from _where(tx, table, asked.where)


def is_live(table: Table) -> ColumnElement[bool]:
    """Return the condition that a row of a unified or raw table is there, neither gone nor left out."""
    return table.c["remote_deleted_at" if table.name in UNIFIED else "deleted_at"].is_(None)


def _where(tx: Transaction, table: Table, where: Where) -> Iterator[ColumnElement[bool]]:
    if isinstance(where, str):
        yield literal_column(f"({where}\n)")  # the line's end closes a comment
    elif isinstance(where, Mapping):
        for name, value in where.items():
            yield _is_one_of(tx, _column(table, name), value)
    elif where is not None:
        yield where


def _is_one_of(tx: Transaction, column: Column[Any], value: object) -> ColumnElement[bool]:
    is_one = isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable)
    values = [value] if is_one else list(value)  # type: ignore[call-overload]  # it is iterable
    given = [each for each in values if each is not None]
    texts = [each for each in given if isinstance(each, str)]
    if _kind(column) is Kind.TEXT and len(texts) == len(given):
        found = among(tx.sql, column, texts)  # there may be more of them than parameters
    else:
        found = column.in_(given)
    return found if len(given) == len(values) else or_(found, column.is_(None))


def _is_within(table: Table, within: Within) -> ColumnElement[bool]:
    joined, inside, _ = dated_by(table, within)
    return exists().where(*joined, *inside) if joined else and_(true(), *inside)


def dated_by(
    table: Table, within: Within
) -> tuple[list[ColumnElement[bool]], list[ColumnElement[bool]], ColumnElement[datetime]]:
    """Return how the records that date a table's rows are joined with it, that they are inside, and when.

    The instant is null where Lever gave none. Records of the table itself are not joined.
    """
    is_its_own = table is RAW[within.resource]
    record = table if is_its_own else RAW[within.resource].alias("record")
    joined: list[ColumnElement[bool]] = []
    if not is_its_own:
        joined += [record.c.connection == table.c.connection, record.c.remote_id == table.c.source_key]
    dated = record
    if within.parent is not None:
        dated = RAW[within.parent].alias("parent")
        joined += [dated.c.connection == record.c.connection, dated.c.remote_id == record.c.parent_id]
    changed = func.coalesce(dated.c.remote_updated_at, dated.c.remote_created_at)
    return joined, list(_inside(within, changed)), changed


def _inside(within: Within, changed: ColumnElement[datetime]) -> Iterator[ColumnElement[bool]]:
    if within.lower is not None:
        yield changed >= within.lower
    if within.upper is not None:
        # What has no instant at all is in the first window, which is open downwards.
        before = changed < within.upper
        yield or_(before, changed.is_(None)) if within.lower is None else before

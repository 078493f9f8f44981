"""How many rows of a table each stretch of time has, by when their record in Lever changed last."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Text, case, func, select, type_coerce

from lever_assets.store.selecting import Within, dated_by, is_live, table_named
from lever_assets.store.transaction import Transaction


@dataclass(frozen=True)
class Hour:
    """The live rows whose record changed in the hour that begins `at` (UTC; None: it has no instant).

    `changed` of the `rows` were written since the instant that was asked for.
    """

    at: datetime | None
    rows: int
    changed: int


def by_hour(tx: Transaction, table: str, within: Within, since: datetime) -> Iterator[Hour]:
    """Yield the hours that have rows of a table, in no order; one pass over the records.

    There is no index of their instants, which would cost each sync more than this costs a run over windows.
    """
    rows = table_named(table)
    joined, inside, changed_at = dated_by(rows, within)
    hour = _hour(tx.sql, changed_at)
    is_new = case((rows.c.changed_at >= since, 1))
    found = tx.sql.execute(
        select(hour, func.count(), func.count(is_new))
        .where(rows.c.connection == tx.account, is_live(rows), *joined, *inside)
        .group_by(hour)
    )
    for at, how_many, new in found:
        instant = None if at is None else datetime.strptime(at, "%Y-%m-%d %H").replace(tzinfo=UTC)
        yield Hour(instant, how_many, new)


def _hour(conn: Connection, instant: ColumnElement[datetime]) -> ColumnElement[str]:
    """Return the hour (UTC) of an instant as a text."""
    if conn.dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", instant), "YYYY-MM-DD HH24", type_=Text)
    return func.substr(type_coerce(instant, Text), 1, 13, type_=Text)

"""The tables of the marts: what changed below them, what is counted in which month, and replacing rows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, delete, func, select, true

from lever_assets.store.dialects import among, by_another_index, upsert
from lever_assets.store.tables import MART_TABLES, UNIFIED, mart_months
from lever_assets.store.transaction import Transaction
from lever_assets.unified.marts import MARTS, MONTH


@dataclass(frozen=True)
class Replaced:
    """How many rows of a mart were written and taken away."""

    written: int = 0
    removed: int = 0

    def __add__(self, other: "Replaced") -> "Replaced":
        return Replaced(self.written + other.written, self.removed + other.removed)

    @property
    def changed(self) -> bool:
        """Whether any row is other than before."""
        return bool(self.written or self.removed)


@dataclass(frozen=True)
class Counted:
    """That a unit is counted in a month; `content` is a hash of what it gives to the marts there."""

    month: str
    unit: str
    content: str


def named_by_changed(tx: Transaction, model: str, column: str, since: datetime | None) -> set[str]:
    """Return what a column of a model says in rows that changed at an instant or later (None: in all).

    Rows that are gone are among them.
    """
    c = UNIFIED[model].c
    query = select(c[column])
    if since is None:
        query = query.where(c.connection == tx.account)
    else:
        # SQLite would else go through all rows of the account; and also for what is distinct or not null.
        query = query.where(by_another_index(tx.sql, c.connection) == tx.account, c.changed_at >= since)
    return set(tx.sql.execute(query).scalars()) - {None}


def named_by(tx: Transaction, model: str, column: str, where: str, among_them: Collection[str]) -> set[str]:
    """Return what a column says in rows whose column `where` has one of these ids; in gone ones, too."""
    c = UNIFIED[model].c
    query = select(c[column]).where(among(tx.sql, c[where], among_them))
    return set(tx.sql.execute(query).scalars()) - {None}


def waited_for(tx: Transaction, candidates: Collection[str]) -> set[str]:
    """Return the jobs for which these candidates had open applications when the mart `aging` was made."""
    c = MART_TABLES["aging"].c
    query = select(c.job_id).where(among(tx.sql, c.candidate_id, candidates))
    return set(tx.sql.execute(query).scalars())


def counted_before(tx: Transaction, counts: str, units: Collection[str]) -> set[Counted]:
    """Return in which months these units are counted so far."""
    c = mart_months.c
    query = select(c.month, c.unit, c.content).where(c.counts == counts, among(tx.sql, c.unit, units))
    return {Counted(*row) for row in tx.sql.execute(query)}


def keep_counted(tx: Transaction, counts: str, *, gone: Iterable[Counted], new: Iterable[Counted]) -> None:
    """Keep where units are counted: `gone` are there no more, `new` come."""
    _delete(
        tx,
        mart_months,
        [
            {"connection": tx.account, "counts": counts, "month": each.month, "unit": each.unit}
            for each in gone
        ],
    )
    rows = [
        {
            "connection": tx.account,
            "counts": counts,
            "month": each.month,
            "unit": each.unit,
            "content": each.content,
        }
        for each in sorted(new, key=lambda each: (each.month, each.unit))
    ]
    upsert(tx.sql, mart_months, rows, replace=("content",))


def units_by_month(tx: Transaction, counts: str, months: Collection[str]) -> dict[str, int]:
    """Return how many units each of these months has; one that has none is not there."""
    c = mart_months.c
    query = (
        select(c.month, func.count())
        .where(c.connection == tx.account, c.counts == counts, among(tx.sql, c.month, months))
        .group_by(c.month)
    )
    return {row[0]: row[1] for row in tx.sql.execute(query)}


def units_in(tx: Transaction, counts: str, months: Collection[str]) -> list[str]:
    """Return the units that are counted in these months, in order."""
    c = mart_months.c
    query = (
        select(c.unit)
        .distinct()
        .where(c.connection == tx.account, c.counts == counts, among(tx.sql, c.month, months))
        .order_by(c.unit)
    )
    return list(tx.sql.execute(query).scalars())


def replace_months(
    tx: Transaction, mart: str, months: Collection[str], rows: Sequence[Mapping[str, Any]]
) -> Replaced:
    """Let a mart have these rows in these months, and no others; only what differs is written."""
    table = MART_TABLES[mart]
    return _replace(tx, table, among(tx.sql, table.c[MONTH], months), rows)


def replace_all(tx: Transaction, mart: str, rows: Sequence[Mapping[str, Any]]) -> Replaced:
    """Let a mart have these rows, and no others; only what differs is written."""
    return _replace(tx, MART_TABLES[mart], true(), rows)


def has_rows(tx: Transaction, mart: str) -> bool:
    """Tell whether a mart has any row of the account."""
    c = MART_TABLES[mart].c
    found = tx.sql.execute(select(c.connection).where(c.connection == tx.account).limit(1))
    return found.first() is not None


def _replace(
    tx: Transaction, table: Table, those: ColumnElement[bool], rows: Sequence[Mapping[str, Any]]
) -> Replaced:
    """Let a table have these rows in place of the account's `those`; only what differs is written."""
    key = [column.name for column in table.primary_key]
    stored = {
        tuple(row[name] for name in key): dict(row)
        for row in tx.sql.execute(select(table).where(table.c.connection == tx.account, those)).mappings()
    }
    wanted = {
        tuple(row[name] for name in key): row for row in ({"connection": tx.account, **each} for each in rows)
    }
    removed = sorted(stored.keys() - wanted.keys())
    _delete(tx, table, [dict(zip(key, each, strict=True)) for each in removed])
    written = [row for each, row in sorted(wanted.items()) if stored.get(each) != row]
    others = [column.name for column in table.columns if column.name not in key]
    upsert(tx.sql, table, written, replace=others)
    return Replaced(len(written), len(removed))


def _delete(tx: Transaction, table: Table, keys: Sequence[Mapping[str, str]]) -> None:
    """Delete the rows with these keys."""
    if keys:
        is_it = [table.c[name] == bindparam(f"its_{name}") for name in keys[0]]
        values = [{f"its_{name}": value for name, value in each.items()} for each in keys]
        tx.sql.execute(delete(table).where(*is_it), values)


def months_of(tx: Transaction, marts: Collection[str]) -> set[str]:
    """Return the months of which these marts have rows of the account."""
    found: set[str] = set()
    for name in marts:
        c = MART_TABLES[name].c
        found |= set(tx.sql.execute(select(c[MONTH]).distinct().where(c.connection == tx.account)).scalars())
    return found


def begin_anew(tx: Transaction, *, but: Collection[str]) -> dict[str, Replaced]:
    """Forget in which months units of the account are counted, and what marts of tables hold, `but` some.

    Return what was taken out, by mart.
    """
    removed = {}
    for name in (each.name for each in MARTS if each.name not in but):
        table = MART_TABLES[name]
        rows = tx.sql.execute(delete(table).where(table.c.connection == tx.account)).rowcount
        if rows:
            removed[name] = Replaced(removed=rows)
    tx.sql.execute(delete(mart_months).where(mart_months.c.connection == tx.account))
    return removed


def counted_rows(tx: Transaction) -> dict[str, int]:
    """Return how many rows each mart of the account has."""
    return {
        name: tx.sql.execute(
            select(func.count()).select_from(table).where(table.c.connection == tx.account)
        ).scalar_one()
        for name, table in MART_TABLES.items()
    }


def live_rows(tx: Transaction, model: str, *, known: str, **where: str) -> int:
    """Return how many live rows of a model know a column, and have these values in others."""
    c = UNIFIED[model].c
    query = select(func.count()).where(
        c.connection == tx.account,
        c.remote_deleted_at.is_(None),
        c[known].is_not(None),
        *(c[name] == value for name, value in where.items()),
    )
    return tx.sql.execute(query).scalar_one()

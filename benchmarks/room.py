"""Where the bytes of a database go: by table, its indexes apart, and what its largest columns hold."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, LargeBinary, cast, func, select

from benchmarks.account import served
from benchmarks.databases import Kind, database
from benchmarks.figures import figure, heading, megabytes
from benchmarks.syncing import run_sync
from lever_assets.store import Store
from lever_assets.store.tables import RAW, UNIFIED, metadata

_SHOWN = 12
_SQLITE = """
SELECT m.tbl_name, sum(s.pgsize * (m.type = 'table')), sum(s.pgsize * (m.type = 'index'))
FROM dbstat s JOIN sqlite_master m ON m.name = s.name GROUP BY m.tbl_name
"""
_POSTGRESQL = """
SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


class _Taken(NamedTuple):
    """What a table takes, in bytes."""

    name: str
    itself: int
    indexes: int

    @property
    def all(self) -> int:
        return self.itself + self.indexes


def run(opportunities: int, kind: Kind) -> None:
    """Print what the largest tables take after a full sync, for each opportunity, and some columns."""
    heading(f"Where the bytes of {opportunities:,} opportunities go, {kind}")
    with served(opportunities) as lever, database(kind) as into:
        run_sync(lever, into)
        store = Store.open(into.url)
        with store.reading("lever") as tx:
            _tell(tx.sql, opportunities)
        store.close()


def _tell(sql: Connection, opportunities: int) -> None:
    taken = sorted(_taken(sql), key=lambda each: each.all, reverse=True)
    total = sum(each.all for each in taken)
    print(f"  {'':<34}{'bytes each':>12}{'indexes':>10}{'share':>9}")
    for each in taken[:_SHOWN]:
        share = f"{each.all / total:.1%}"
        of_each, in_indexes = each.all / opportunities, each.indexes / opportunities
        print(f"  {each.name:<34}{of_each:>12,.0f}{in_indexes:>10,.0f}{share:>9}")
    figure("all tables, bytes each", f"{total / opportunities:,.0f}", f"({megabytes(total):,.1f} MB)")
    for told, tables, name in (
        ("as Lever gave it, in raw_*", RAW, "data"),
        ("the same in remote_data", UNIFIED, "remote_data"),
        ("in integration_fields", UNIFIED, "integration_fields"),
    ):
        columns = [each.c[name] for each in tables.values() if name in each.c]
        held = sum(sql.execute(select(_size(sql, each))).scalar_one() or 0 for each in columns)
        figure(told, f"{held / opportunities:,.0f}", f"({held / total:.1%})")


def _taken(sql: Connection) -> Iterator[_Taken]:
    found = sql.exec_driver_sql(_SQLITE if sql.dialect.name == "sqlite" else _POSTGRESQL)
    yield from (_Taken(row[0], int(row[1]), int(row[2])) for row in found if row[0] in metadata.tables)


def _size(sql: Connection, column: Column[Any]) -> Any:
    if sql.dialect.name == "postgresql":
        return func.sum(func.pg_column_size(column))
    return func.sum(func.length(cast(column, LargeBinary)))

"""What a database holds by the names of our tables, beside what it should: one query at every opening."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Table, bindparam, text

from lever_assets.store.errors import DamagedError, UnfitError
from lever_assets.store.refilling import FORGETTABLE
from lever_assets.store.tables import RAW, UNIFIED, metadata

_SQLITE = """
SELECT lower(m.name) AS name, m.type = 'table' AS is_table, lower(c.name) AS column_name
FROM sqlite_master m LEFT JOIN pragma_table_info(m.name) c
WHERE lower(m.name) IN :names
"""
_POSTGRESQL = """
SELECT c.relname AS name, c.relkind IN ('r', 'p') AS is_table, a.attname AS column_name
FROM pg_catalog.pg_class c
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = current_schema())
AND c.relname IN :names
"""


@dataclass(frozen=True)
class Shape:
    """The columns of each table that has the name of one of ours; `others` are no tables (views, indexes)."""

    tables: Mapping[str, frozenset[str]]
    others: frozenset[str] = frozenset()

    @property
    def lacking(self) -> dict[str, frozenset[str]]:
        """What is missing of our tables: their missing columns, all of them for a table that is not there."""
        lacking = {
            name: frozenset(table.c.keys()) - self.tables.get(name, frozenset())
            for name, table in metadata.tables.items()
        }
        return {name: columns for name, columns in lacking.items() if columns}

    def refuse_what_is_not_ours(self) -> None:
        """Raise UnfitError when something else has the name of one of our tables.

        Raises DamagedError when one has lost a column without which nobody can tell what its rows were.
        """
        for name in sorted(self.others):
            raise _in_the_way(name, "it is no table")
        for name, columns in self.tables.items():
            _check(metadata.tables[name], columns)


def shape(conn: Connection) -> Shape:
    """Return what the database has by the names of our tables."""
    query = text(_SQLITE if conn.dialect.name == "sqlite" else _POSTGRESQL)
    tables: dict[str, set[str]] = {}
    others: set[str] = set()
    for row in conn.execute(query.bindparams(bindparam("names", list(metadata.tables), expanding=True))):
        if row.is_table:
            tables.setdefault(row.name, set()).add(row.column_name)
        else:
            others.add(row.name)
    return Shape({name: frozenset(columns) for name, columns in tables.items()}, frozenset(others))


def needed(table: Table) -> set[str]:
    """Return the columns that every row of a table has a value in."""
    return {column.name for column in table.columns if not column.nullable}


def _check(table: Table, columns: frozenset[str]) -> None:
    required = needed(table)
    lost = sorted(required - columns)
    # Names such as `users` or `tags` are everybody's; what each row of ours needs, hardly anybody else has.
    if 2 * len(lost) >= len(required):
        raise _in_the_way(table.name, f"it has no {' and no '.join(lost[:3])}")
    for name in lost:
        if name in _irreplaceable(table):
            raise DamagedError(
                f"the table {table.name} has lost its column {name}, without which its rows say nothing",
                "restore a backup, or drop that table: it is made again, and a sync fills it from Lever",
            )


def _irreplaceable(table: Table) -> set[str]:
    """Return the columns of a table that no sync can fill again."""
    if table.name in FORGETTABLE:
        return set()
    if table.name in UNIFIED:
        return {"id", "connection"}
    if table in RAW.values():
        return {column.name for column in table.primary_key}
    return needed(table)


def _in_the_way(name: str, why: str) -> UnfitError:
    return UnfitError(
        f"{name} is there already, and not one of this program's tables ({why}); nothing was changed",
        "name another database, in PostgreSQL perhaps another schema (?options=-csearch_path=NAME in the "
        "database URL), or rename what is there",
    )

"""The tables, made and moved on by the program itself when it opens a database.

What the database holds by the names of our tables takes one query at every opening. Additions (tables,
columns, indexes, comments) are found by comparing it with `tables.py`; anything else is a numbered step in
`STEPS`. Nothing that an older or newer program made is dropped by comparison, and nothing that somebody else
made is touched.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from typing import Any

from sqlalchemy import BindParameter, Column, Connection, Engine, Table, bindparam, select, text
from sqlalchemy.schema import DropTable, SetColumnComment

from lever_assets.store.apart import in_their_schemas, move_apart, people_schema, see_that_all_are_of_one
from lever_assets.store.dialects import upsert
from lever_assets.store.errors import DamagedError, NewerSchemaError, UnfitError
from lever_assets.store.migration_steps import (
    keep_decisions_in_tables_of_their_own,
    let_notices_wait_side_by_side,
    name_roles_as_lever_does,
)
from lever_assets.store.refilling import FORGETTABLE, Gap, make_usable, note
from lever_assets.store.tables import (
    APART,
    RAW,
    UNIFIED,
    have_conditions_on_postgresql,
    metadata,
    schema_version,
)
from lever_assets.store.urls import raw_schema
from lever_assets.store.values import Key, Word

_SQLITE = """
SELECT lower(m.name) AS name, m.type = 'table' AS is_table, lower(c.name) AS column_name, 1 AS in_place
FROM sqlite_master m LEFT JOIN pragma_table_info(m.name) c
WHERE lower(m.name) IN :names
"""
_POSTGRESQL = """
SELECT c.relname AS name, c.relkind IN ('r', 'p') AS is_table, a.attname AS column_name,
    n.nspname = CASE WHEN c.relname IN :apart THEN coalesce(:raw, current_schema())
        ELSE current_schema() END AS in_place
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname IN (current_schema(), :raw)
    AND current_schema() IS NOT NULL
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relname IN :names
"""


@dataclass(frozen=True)
class Shape:
    """The columns of each table that has the name of one of ours; `others` are none, and why not.

    `elsewhere`: raw tables that are not in the schema that they belong in (`apart.py`).
    """

    tables: Mapping[str, frozenset[str]]
    others: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def anywhere(self) -> Mapping[str, frozenset[str]]:
        """All tables of ours, which each connection finds."""
        return {**self.elsewhere, **self.tables}

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
        for name, why in sorted(self.others.items()):
            raise _in_the_way(name, why)
        for name, columns in (*self.tables.items(), *self.elsewhere.items()):
            _check(metadata.tables[name], columns)


def shape(conn: Connection) -> Shape:
    """Return what the database has by the names of our tables."""
    query, given = text(_SQLITE), dict[str, Any]()
    if conn.dialect.name == "postgresql":
        query = text(_POSTGRESQL).bindparams(bindparam("apart", list(APART), expanding=True))
        given = {"raw": raw_schema(conn.engine.url)}
    tables: dict[str, set[str]] = {}
    elsewhere: dict[str, set[str]] = {}
    others: dict[str, str] = {}
    names: BindParameter[Any] = bindparam("names", list(metadata.tables), expanding=True)
    for row in conn.execute(query.bindparams(names), given):
        if not row.is_table:
            others[row.name] = "it is no table"
        elif not row.in_place and row.name not in APART:
            others[row.name] = "it is in the schema of the raw tables"
        else:
            found = tables if row.in_place else elsewhere
            found.setdefault(row.name, set()).add(row.column_name)
    return Shape(_frozen(tables), others, _frozen(elsewhere))


def _frozen(columns: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(each) for name, each in columns.items()}


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


Step = Callable[[Connection], None]

STEPS: tuple[Step, ...] = (
    name_roles_as_lever_does,
    let_notices_wait_side_by_side,
    keep_decisions_in_tables_of_their_own,
)
"""Changes that comparison can't find (a rename, a new meaning), oldest first. Each runs once, before the
comparison, on databases made before it was there. Step n brings a database to version n; never remove or
reorder one. One that takes a column of a unified table away drops the views first, which the next sync makes
(`views.py`)."""

_LOCK = 7_203_415_001
_PAGE_BYTES = 16_384
"""Of SQLite. A row with Lever's record in it has 3 kB: a page of 4 kB, as by default, holds one, and a
quarter of it is left free (docs/benchmarks.md, Where the bytes go)."""


@dataclass(frozen=True)
class _Version:
    """What the database says of its tables: the last step taken, and the tables that were compared with."""

    number: int
    fingerprint: str | None


def migrate(engine: Engine, steps: Sequence[Step] | None = None, *, to_read: bool = False) -> None:
    """Bring the database to the tables of this program, in one transaction; two queries if it has them.

    `to_read`: raw tables that are in another schema than they belong in are left there for now.
    What somebody took away is made again, and gaps for the next sync to fill (`refilling.py`). Raises
    NewerSchemaError if a newer program has taken a step that this one does not know, UnfitError if the
    database can't hold our tables, DamagedError if one of them can't be mended.
    """
    steps = STEPS if steps is None else steps
    with engine.connect() as conn:
        _refuse_encoding(conn)
        found = shape(conn)
        as_it_is = to_read and found.tables.keys().isdisjoint(found.elsewhere)
        if _is_current(conn, Shape(found.anywhere, found.others) if as_it_is else found, steps):
            return
    if engine.dialect.name == "sqlite":
        _use_write_ahead_log(engine)
    with engine.connect().execution_options(writing=True) as conn, conn.begin():
        if conn.dialect.name == "postgresql":
            hold_migrations(conn)
            have_conditions_on_postgresql()
        _move_on(conn, steps)


def hold_migrations(conn: Connection) -> None:
    """On PostgreSQL: be the only one, until the transaction's end, who changes tables or views."""
    conn.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})


def _refuse_encoding(conn: Connection) -> None:
    if conn.dialect.name == "postgresql":
        raw: Any = conn.connection.dbapi_connection
        encoding = raw.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise UnfitError(
                f"this database keeps text as {encoding}, which has no room for every name",
                "make one with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0, and name that",
            )


def _is_current(conn: Connection, found: Shape, steps: Sequence[Step]) -> bool:
    version = _version(conn, found)
    if version is not None and version.number > len(steps):
        raise NewerSchemaError(
            f"the tables are of version {version.number}, this program knows version {len(steps)}",
            "install the newer lever-assets, or use another database",
        )
    found.refuse_what_is_not_ours()
    return version == _Version(len(steps), _fingerprint()) and not found.lacking and not found.elsewhere


def _version(conn: Connection, found: Shape) -> _Version | None:
    """Return what is kept of the version; None: nothing, or nothing that makes sense."""
    c = schema_version.c
    if not found.anywhere.get(schema_version.name, frozenset()) >= {"one", "version", "fingerprint"}:
        return None
    kept = conn.execute(select(c.version, c.fingerprint).where(c.one == 1)).first()
    if kept is None or not isinstance(kept.version, int) or kept.version < 0:
        return None
    return _Version(kept.version, kept.fingerprint)


def _move_on(conn: Connection, steps: Sequence[Step]) -> None:
    found = shape(conn)
    if _is_current(conn, found, steps):  # another process was quicker
        return
    see_that_all_are_of_one(conn, found.tables, found.elsewhere)
    if found.anywhere:
        version = _version(conn, found)
        # Without a version it is taken for ours, which lost it: no step is taken twice.
        for step in () if version is None else steps[version.number :]:
            step(conn)
        same = version is None or version == _Version(len(steps), _fingerprint())
        found = shape(conn)
        if found.elsewhere:
            move_apart(conn, found.elsewhere, found.tables)
        _complete(conn, shape(conn), by_hand=same)
    else:
        for tables in in_their_schemas(conn):
            metadata.create_all(conn, [metadata.tables[each] for each in tables], checkfirst=False)
    people, raw = people_schema(conn), raw_schema(conn.engine.url)
    now = {
        "version": len(steps),
        "fingerprint": _fingerprint(),
        "people_schema": people,
        "raw_schema": None if raw == people else raw,
    }
    upsert(conn, schema_version, [{"one": 1, **now}], replace=tuple(now))


def _complete(conn: Connection, found: Shape, *, by_hand: bool) -> None:
    """Make what is missing, and see to it that it is filled; `by_hand`: nothing was before."""
    lacking = found.lacking
    # A new version adds no column that every row needs: such a one was lost, whatever else happened.
    torn = {
        name: columns
        for name, columns in lacking.items()
        if name in found.tables and (by_hand or columns & needed(metadata.tables[name]))
    }
    for name in FORGETTABLE & set(torn):
        conn.execute(DropTable(metadata.tables[name]))
    for tables in in_their_schemas(conn):
        _add_what_is_missing(conn, tables)
    make_usable(conn, torn)
    lost = []
    for name, columns in lacking.items():
        if name not in found.tables or name in FORGETTABLE:
            lost.append(Gap(name, by_hand=by_hand or name in torn))
        elif name in torn or name in UNIFIED:
            lost.append(Gap(name, tuple(sorted(columns)), by_hand=name in torn))
    note(conn, lost)


_ADDITIONS = ("CreateTableOp", "AddColumnOp", "CreateIndexOp", "CreateTableCommentOp")


def _add_what_is_missing(conn: Connection, tables: Collection[str]) -> None:
    # Imported here: it takes longer than all else of opening a database, and is needed once a release.
    from alembic.autogenerate import produce_migrations  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415
    from alembic.operations import Operations  # noqa: PLC0415

    def is_looked_at(_: object, name: str, kind: str, reflected: bool, _other: object) -> bool:
        return not reflected and (kind != "table" or name in tables)

    context = MigrationContext.configure(conn, opts={"compare_type": False, "include_object": is_looked_at})
    found = produce_migrations(context, metadata).upgrade_ops
    operations = Operations(context)
    for operation in _leaves(found.ops if found else ()):
        if type(operation).__name__ == "AddColumnOp":
            with _nullable(operation.column):  # the rows that are there have no value yet
                operations.invoke(operation)
        elif type(operation).__name__ in _ADDITIONS:
            operations.invoke(operation)
        if getattr(operation, "modify_comment", False) is not False:
            # Of what else differs nothing is changed: a column that was added is nullable, and stays so.
            conn.execute(SetColumnComment(metadata.tables[operation.table_name].c[operation.column_name]))


@contextmanager
def _nullable(column: Column[Any]) -> Iterator[None]:
    """Let a column be nullable for a moment: it is that of the metadata, which others go by."""
    declared, column.nullable = column.nullable, True
    try:
        yield
    finally:
        column.nullable = declared


def _leaves(operations: Iterable[Any]) -> Iterator[Any]:
    for operation in operations:
        if hasattr(operation, "ops"):
            yield from _leaves(operation.ops)
        else:
            yield operation


@cache
def _fingerprint() -> str:
    parts = [part for table in metadata.sorted_tables for part in _describe(table)]
    return blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def _describe(table: Table) -> Iterator[str]:
    yield f"{table.name} {table.comment}"
    for column in table.columns:
        kind = Key if isinstance(column.type, Word) else type(column.type)  # they are one to a database
        yield f"{table.name}.{column.name} {kind.__name__} {column.nullable} {column.comment}"
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        yield f"{index.name} {[column.name for column in index.columns]}"


def _use_write_ahead_log(engine: Engine) -> None:
    # Readers are then never in a writer's way. The mode stays with the file. It can't be set in a
    # transaction.
    with engine.connect() as conn:
        raw: Any = conn.connection.dbapi_connection
        if raw.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            raw.execute(f"PRAGMA page_size={_PAGE_BYTES}")  # of a file that holds nothing yet
            raw.execute("PRAGMA journal_mode=WAL")

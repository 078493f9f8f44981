"""Raw and bookkeeping tables in a PostgreSQL schema of their own, if the URL names one (`urls.raw_schema`).

Every connection looks for tables in that schema, too, after those that `search_path` has anyway. So no
statement names a schema, and only where tables are made or moved is there something to do.
"""

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Connection, bindparam, text

from lever_assets.store.errors import UnfitError
from lever_assets.store.tables import APART, metadata, schema_version
from lever_assets.store.urls import raw_schema

_LOCK_TIMEOUT = "5s"
_ELSEWHERE = text(
    """
SELECT n.nspname AS schema, array_agg(CAST(c.relname AS text) ORDER BY c.relname) AS tables
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname <> current_schema() AND c.relname IN :names
GROUP BY n.nspname ORDER BY n.nspname
"""
).bindparams(bindparam("names", expanding=True))

Columns = Mapping[str, Collection[str]]
"""The columns of tables, by their names."""


def see_that_all_are_of_one(conn: Connection, found: Columns, elsewhere: Columns) -> None:
    """Raise UnfitError when what is found is part of an installation, whose rest is in another schema.

    `found` and `elsewhere`: tables in the schema that they belong in; in the other one of the two. What is
    not found would be made anew, and the whole account read, or an action be done, once more.
    """
    if conn.dialect.name != "postgresql":
        return
    schema = raw_schema(conn.engine.url)
    for other, names in _left_in_others(conn, found, elsewhere):
        raise UnfitError(
            f"raw tables of this database are in the schema {other}: {len(names)}, such as {names[0]}",
            f"set LEVER_RAW_SCHEMA={other}; or move them all here (docs/tables.md)",
        )
    has_people = any(name not in APART for name in found)
    if found and not has_people and schema is not None and not _had_people_here(conn, schema, found):
        raise UnfitError(
            f"the raw tables in the schema {schema} are of other tables than these",
            "name another schema in LEVER_RAW_SCHEMA: each installation has its own",
        )


def _left_in_others(conn: Connection, found: Columns, elsewhere: Columns) -> Iterator[tuple[str, list[str]]]:
    """Yield other schemas that have raw tables which belong to what is found here."""
    lacking = [name for name in APART if name not in found and name not in elsewhere]
    if not found or not lacking:
        return
    kept, here = _kept(conn, found).get(schema_version.c.raw_schema.name), people_schema(conn)
    quote = conn.dialect.identifier_preparer.quote_identifier
    for row in conn.execute(_ELSEWHERE, {"names": lacking}).all():
        version = f"{quote(row.schema)}.{schema_version.name}" if schema_version.name in row.tables else None
        people = None if version is None else _kept_in(conn, version).get(schema_version.c.people_schema.name)
        if row.schema == kept or people == here:
            yield row.schema, row.tables


def move_apart(conn: Connection, names: Collection[str], found: Collection[str]) -> None:
    """Move tables, as they are, from beside the others into the schema that the URL names, which is made.

    `found` are there already: UnfitError when one of these has the name of one that is to be moved.
    """
    schema = raw_schema(conn.engine.url) or ""
    twice = sorted(set(names) & set(found))
    if twice:
        raise UnfitError(
            f"{twice[0]} is both in the schema {schema} and beside the tables for people",
            "look which of the two has the rows, and rename or drop the other; or name another schema in "
            "LEVER_RAW_SCHEMA",
        )
    make_schema(conn, schema)
    # Who would read these tables waits meanwhile, too.
    conn.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
    quote = conn.dialect.identifier_preparer.quote_identifier
    for name in sorted(names):
        conn.exec_driver_sql(f"ALTER TABLE {quote(name)} SET SCHEMA {quote(schema)}")


def in_their_schemas(conn: Connection) -> Iterator[list[str]]:
    """Yield the names of tables that belong in one schema, in which tables are made meanwhile."""
    schema = raw_schema(conn.engine.url) if conn.dialect.name == "postgresql" else None
    if schema is None:
        yield list(metadata.tables)
        return
    yield [name for name in metadata.tables if name not in APART]
    make_schema(conn, schema)
    before = conn.exec_driver_sql("SHOW search_path").scalar_one()
    search = text("SELECT set_config('search_path', :path, true)")
    quoted = conn.dialect.identifier_preparer.quote_identifier(schema)
    conn.execute(search, {"path": f"{quoted}, {before}"})
    yield list(APART)
    conn.execute(search, {"path": before})


def make_schema(conn: Connection, schema: str) -> None:
    """Have a schema in PostgreSQL."""
    # IF NOT EXISTS would ask for the right to make one also where it is there.
    there = text("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = :schema")
    if conn.execute(there, {"schema": schema}).first() is None:
        conn.exec_driver_sql(f"CREATE SCHEMA {conn.dialect.identifier_preparer.quote_identifier(schema)}")


def people_schema(conn: Connection) -> str | None:
    """Return the schema of the unified tables; None in SQLite."""
    if conn.dialect.name != "postgresql":
        return None
    return str(conn.exec_driver_sql("SELECT current_schema()").scalar_one())


def _had_people_here(conn: Connection, schema: str, found: Columns) -> bool:
    """Tell whether the unified tables of these raw ones were here: somebody dropped them by hand."""
    here = people_schema(conn)
    return here in (schema, _kept(conn, found).get(schema_version.c.people_schema.name))


def _kept(conn: Connection, found: Columns) -> Mapping[str, str | None]:
    """Return which schemas there were last, as far as is kept."""
    return _kept_in(conn, schema_version.name) if schema_version.name in found else {}


def _kept_in(conn: Connection, table: str) -> Mapping[str, str | None]:
    """Return the row of a table of versions, quoted; as JSON, which lacks what columns the table lacks."""
    row = conn.exec_driver_sql(f"SELECT to_jsonb(kept) FROM {table} AS kept").scalar()  # noqa: S608 - quoted
    return row if isinstance(row, dict) else {}

"""Raw and bookkeeping tables in a PostgreSQL schema of their own, if the URL names one (`urls.raw_schema`).

Every connection looks for tables in that schema, too, after those that `search_path` has anyway. So no
statement names a schema, and only where tables are made or moved is there something to do.
"""

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Connection, bindparam, select, text

from lever_assets.store.errors import UnfitError
from lever_assets.store.tables import APART, metadata, schema_version
from lever_assets.store.urls import raw_schema

_LOCK_TIMEOUT = "5s"
_OF_ANOTHER = text(
    """
SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname <> current_schema() AND c.relname IN :names
GROUP BY n.nspname HAVING 2 * count(*) > :count ORDER BY n.nspname
"""
).bindparams(bindparam("names", list(APART), expanding=True))


def see_that_all_are_of_one(
    conn: Connection, found: Mapping[str, Collection[str]], elsewhere: Collection[str]
) -> None:
    """Raise UnfitError when what is found is half of an installation, whose other half is in another schema.

    `found` and `elsewhere`: tables, with their columns, in the schema that they belong in; in the other one.
    """
    if conn.dialect.name != "postgresql":
        return
    apart, people = [name for name in found if name in APART], [name for name in found if name not in APART]
    schema = raw_schema(conn.engine.url)
    if people and not apart and not elsewhere:
        # Else every table would be made anew here, and the whole account read once more.
        # Some may be missing there, too: dropped by hand, or new in this program.
        others = list(conn.execute(_OF_ANOTHER, {"count": len(APART)}).scalars())
        if others:
            raise UnfitError(
                f"the raw tables are not here; there are such in the schema {' and in '.join(others)}",
                f"set LEVER_RAW_SCHEMA={others[0]} if these are of this database; if not, drop the tables "
                "for people, which the next sync makes anew",
            )
    if apart and not people and schema is not None and not _had_people_here(conn, schema, found):
        raise UnfitError(
            f"the raw tables in the schema {schema} are of other tables than these",
            "name another schema in LEVER_RAW_SCHEMA: each installation has its own",
        )


def move_apart(conn: Connection, names: Collection[str], found: Collection[str]) -> None:
    """Move tables, as they are, from beside the others into the schema that the URL names, which is made.

    `found` are there already: UnfitError when one of these has the name of one that is to be moved.
    """
    schema = raw_schema(conn.engine.url) or ""
    twice = sorted(set(names) & set(found))
    if twice:
        raise UnfitError(
            f"{twice[0]} is both in the schema {schema} and beside the tables for people",
            "name another schema in LEVER_RAW_SCHEMA, or drop one of them",
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


def _had_people_here(conn: Connection, schema: str, found: Mapping[str, Collection[str]]) -> bool:
    """Tell whether the unified tables of these raw ones were here: somebody dropped them by hand."""
    here, c = people_schema(conn), schema_version.c
    if here == schema:
        return True
    if c.people_schema.name not in found.get(schema_version.name, ()):
        return False
    return bool(conn.execute(select(c.people_schema)).scalar() == here)

"""Views of the unified tables without what is gone, for people: made, kept up, and taken away again.

Nothing here reads them. Each says of itself that it is of this program, and of what it was made: in a comment
on it, in SQLite in its own text. So nothing else has to be kept, and what others have made is never touched.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, bindparam, select, text
from sqlalchemy.exc import DBAPIError

from lever_assets.store.apart import make_schema
from lever_assets.store.migrations import hold_migrations
from lever_assets.store.tables import UNIFIED
from lever_assets.store.transaction import Transaction
from lever_assets.unified.catalogue import BY_NAME

_BOOKKEEPING = frozenset({"source_key", "content_hash", "left_out"})
_MARK = "Made by lever-assets, and written anew when that changes it"
_MARKED = re.compile(rf"{_MARK} \((\w+) (\w+)\)")
"""With the view's own name: what somebody made as a copy of one is theirs."""
_OTHERS_DEPEND = "2B"
"""SQLSTATE of PostgreSQL's that begins so: something was made of it."""
_LOCK_TIMEOUT = "5s"
"""So long a change of a view waits for who reads it: others who would read it wait meanwhile, too."""

_SQLITE = "SELECT name, sql AS told, 1 AS here FROM sqlite_master WHERE type = 'view' AND sql LIKE :mark"
_POSTGRESQL = """
SELECT DISTINCT n.nspname AS schema, v.relname AS name, d.description AS told,
    n.nspname = coalesce(:schema, current_schema()) AS here
FROM pg_catalog.pg_class t
JOIN pg_catalog.pg_depend p ON p.refobjid = t.oid AND p.refclassid = 'pg_catalog.pg_class'::regclass
    AND p.classid = 'pg_catalog.pg_rewrite'::regclass
JOIN pg_catalog.pg_rewrite r ON r.oid = p.objid
JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.relkind = 'v'
JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace
JOIN pg_catalog.pg_description d ON d.objoid = v.oid AND d.objsubid = 0
    AND d.classoid = 'pg_catalog.pg_class'::regclass
WHERE t.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = current_schema())
AND t.relname IN :tables AND d.description LIKE :mark
"""
_TAKEN_IN_SQLITE = "SELECT lower(name) FROM sqlite_master WHERE lower(name) IN :names"
_TAKEN_IN_POSTGRESQL = """
SELECT relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = coalesce(:schema, current_schema()) AND relname IN :names
"""
_COLUMNS = """
SELECT a.attname FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = coalesce(:schema, current_schema()) AND c.relname = :name AND a.attnum > 0 ORDER BY a.attnum
"""


@dataclass(frozen=True)
class Views:
    """Which there are to be: one of each model, called by a prefix and the model's name.

    `schema`: where, in PostgreSQL; None: where the tables are.
    """

    prefix: str
    models: tuple[str, ...]
    schema: str | None = None

    @cached_property
    def models_by_view(self) -> Mapping[str, str]:
        """The model of each view, by the view's name."""
        return {f"{self.prefix}{model}": model for model in self.models}


@dataclass(frozen=True)
class _Made:
    """A view that this program has made; `here`: it is where views are to be."""

    name: str
    digest: str
    here: bool
    schema: str | None = None


def are_current(tx: Transaction, wanted: Views) -> bool:
    """Tell, by one query, whether the views of this program in the database are those that are wanted."""
    made = list(_made(tx.sql, wanted.schema))
    digests = {view: _digest(model) for view, model in wanted.models_by_view.items()}
    return all(each.here for each in made) and {each.name: each.digest for each in made} == digests


def keep_views(tx: Transaction, wanted: Views) -> list[str]:
    """Make the views that are wanted, and drop those of this program that are not.

    Returns sentences on what stays otherwise: something else has the name, or something was made of a view.
    Raises ReadOnlyError where the user of the database may not, BusyError while somebody reads a view.
    """
    conn = tx.sql
    if conn.dialect.name == "postgresql":
        hold_migrations(conn)
        conn.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
        if wanted.schema is not None:
            make_schema(conn, wanted.schema)
    made = list(_made(conn, wanted.schema))
    stay = [each.name for each in made if not _is_wanted(each, wanted) and not _drop(conn, each)]
    there = {each.name: each for each in made if _is_wanted(each, wanted)}
    others = _taken(conn, wanted) - there.keys()
    for view, model in wanted.models_by_view.items():
        before = there.get(view)
        if view in others or (before is not None and before.digest == _digest(model)):
            continue
        if not _make(conn, wanted, view, before):
            stay.append(view)
    return [*_told_of_others(others), *_told_of_those_that_stay(stay)]


def _told_of_others(names: set[str]) -> Iterator[str]:
    if names:
        yield (
            f"no view {', '.join(sorted(names))} was made, since something else has the name: rename that, "
            "or choose another LEVER_VIEW_PREFIX"
        )


def _told_of_those_that_stay(names: Sequence[str]) -> Iterator[str]:
    if names:
        yield (
            f"the view {', '.join(sorted(names))} stays as it is, since others are made of it: drop those, "
            "and the next sync sees to it"
        )


def _is_wanted(made: _Made, wanted: Views) -> bool:
    return made.here and made.name in wanted.models_by_view


def _made(conn: Connection, schema: str | None) -> Iterator[_Made]:
    given: dict[str, Any] = {"mark": f"%{_MARK}%"}
    query = text(_SQLITE)
    if conn.dialect.name == "postgresql":
        given |= {"schema": schema, "tables": list(UNIFIED)}
        query = text(_POSTGRESQL).bindparams(bindparam("tables", expanding=True))
    for row in conn.execute(query, given).mappings():
        marked = _MARKED.search(row["told"])
        if marked is not None and marked[1] == row["name"]:
            yield _Made(row["name"], marked[2], bool(row["here"]), row.get("schema"))


def _taken(conn: Connection, wanted: Views) -> set[str]:
    """Return the names of views that are wanted which something has already."""
    given: dict[str, Any] = {"names": list(wanted.models_by_view)}
    query = _TAKEN_IN_SQLITE
    if conn.dialect.name == "postgresql":
        given["schema"] = wanted.schema
        query = _TAKEN_IN_POSTGRESQL
    return set(conn.execute(text(query).bindparams(bindparam("names", expanding=True)), given).scalars())


def _drop(conn: Connection, view: _Made) -> bool:
    """Drop a view; False where that can't be, since something was made of it."""
    try:
        with conn.begin_nested():
            conn.exec_driver_sql(f"DROP VIEW {_named(conn, view.schema, view.name)}")
    except DBAPIError as error:
        if not str(getattr(error.orig, "sqlstate", "")).startswith(_OTHERS_DEPEND):
            raise
        return False
    return True


def _make(conn: Connection, wanted: Views, view: str, before: _Made | None) -> bool:
    """Make a view, in the place of the one before; False where that can't go."""
    model = wanted.models_by_view[view]
    columns = list(_columns(model))
    if conn.dialect.name != "postgresql":
        if before is not None:
            _drop(conn, before)
        note = f"/* {_told(view, model)} */"
        conn.exec_driver_sql(
            f"CREATE VIEW {_named(conn, None, view)} AS {note} {_query(conn, model, columns)}"
        )
        return True
    had = list(conn.execute(text(_COLUMNS), {"schema": wanted.schema, "name": view}).scalars())
    if not set(had) <= set(columns):
        if before is not None and not _drop(conn, before):
            return False
        had = []
    # One that is replaced keeps the rights that somebody gave on it, and takes new columns at its end alone.
    ordered = [*had, *(each for each in columns if each not in had)]
    name = _named(conn, wanted.schema, view)
    conn.exec_driver_sql(f"CREATE OR REPLACE VIEW {name} AS {_query(conn, model, ordered)}")
    _comment(conn, name, _told(view, model), _columns(model))
    return True


def _query(conn: Connection, model: str, columns: Sequence[str]) -> str:
    table = UNIFIED[model]
    listed = (table.c[each] for each in columns)
    query = select(*listed).where(table.c.remote_deleted_at.is_(None))
    return str(query.compile(dialect=conn.dialect))


def _comment(conn: Connection, name: str, told: str, columns: Mapping[str, str | None]) -> None:
    statements = [f"COMMENT ON VIEW {name} IS {_literal(told)}"]
    for column, comment in columns.items():
        if comment:
            statements.append(f"COMMENT ON COLUMN {name}.{_quoted(conn, column)} IS {_literal(comment)}")
    # At once: there are four hundred. Without parameters the driver takes several statements.
    conn.exec_driver_sql("; ".join(statements), execution_options={"no_parameters": True})


def _named(conn: Connection, schema: str | None, name: str) -> str:
    return ".".join(_quoted(conn, each) for each in (schema, name) if each is not None)


def _quoted(conn: Connection, name: str) -> str:
    return conn.dialect.identifier_preparer.quote_identifier(name)


def _literal(told: str) -> str:
    return "'" + told.replace("'", "''") + "'"


def _columns(model: str) -> Mapping[str, str | None]:
    """Return the columns of a model that say something of the record, with what they mean."""
    return {each.name: each.comment for each in UNIFIED[model].c if each.name not in _BOOKKEEPING}


def _told(view: str, model: str) -> str:
    return f"{BY_NAME[model].description} Without what is gone. {_MARK} ({view} {_digest(model)})."


@cache
def _digest(model: str) -> str:
    parts = [
        BY_NAME[model].description,
        *(f"{name} {told}" for name, told in sorted(_columns(model).items())),
    ]
    return blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()

"""The tables, made and moved on by the program itself when it opens a database.

Additions (tables, columns, indexes, comments) are found by comparing the database with `tables.py`; anything
else is a numbered step in `STEPS`. Nothing is ever dropped by comparison: what an older or newer program made
stays.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Engine, Table, inspect, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from lever_assets.store.batches import upsert
from lever_assets.store.errors import NewerSchemaError
from lever_assets.store.steps import name_roles_as_lever_does
from lever_assets.store.tables import metadata, schema_version

Step = Callable[[Connection], None]

STEPS: tuple[Step, ...] = (name_roles_as_lever_does,)
"""Changes that comparison can't find (a rename, a new meaning), oldest first. Each runs once, before the
comparison, on databases made before it was there. Step n brings a database to version n; never remove or
reorder one."""

_LOCK = 7_203_415_001


def migrate(engine: Engine, steps: Sequence[Step] | None = None) -> None:
    """Bring the database to the tables of this program, in one transaction; one query if it is there already.

    Raises NewerSchemaError if a newer program has taken a step that this one does not know.
    """
    steps = STEPS if steps is None else steps
    with engine.connect() as conn:
        if _is_current(conn, steps):
            return
    if engine.dialect.name == "sqlite":
        _use_write_ahead_log(engine)
    with engine.connect().execution_options(writing=True) as conn, conn.begin():
        if conn.dialect.name == "postgresql":
            conn.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        _move_on(conn, steps)


def _is_current(conn: Connection, steps: Sequence[Step]) -> bool:
    try:
        found = conn.execute(select(schema_version.c.version, schema_version.c.fingerprint)).first()
    except (OperationalError, ProgrammingError) as error:
        if not _says_no_table(error):
            raise
        return False
    _refuse_newer(found.version if found else 0, steps)
    return found is not None and found.version == len(steps) and found.fingerprint == _fingerprint()


def _says_no_table(error: OperationalError | ProgrammingError) -> bool:
    return "no such table" in str(error.orig) or getattr(error.orig, "sqlstate", None) in {"42P01", "42703"}


def _refuse_newer(version: int, steps: Sequence[Step]) -> None:
    if version > len(steps):
        raise NewerSchemaError(
            f"the tables are of version {version}, this program knows version {len(steps)}",
            "install the newer lever-assets, or use another database",
        )


def _move_on(conn: Connection, steps: Sequence[Step]) -> None:
    known = set(inspect(conn).get_table_names())
    if schema_version.name in known:
        if _is_current(conn, steps):  # another process was quicker
            return
        version = conn.execute(select(schema_version.c.version)).scalar_one_or_none() or 0
        for step in steps[version:]:
            step(conn)
    if known & set(metadata.tables):
        _add_what_is_missing(conn)
    else:
        metadata.create_all(conn, checkfirst=False)
    upsert(
        conn,
        schema_version,
        [{"one": 1, "version": len(steps), "fingerprint": _fingerprint()}],
        update=lambda new: {"version": new.version, "fingerprint": new.fingerprint},
    )


_ADDITIONS = ("CreateTableOp", "AddColumnOp", "CreateIndexOp", "CreateTableCommentOp")


def _add_what_is_missing(conn: Connection) -> None:
    # Imported here: it takes longer than all else of opening a database, and is needed once a release.
    from alembic.autogenerate import produce_migrations  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415
    from alembic.operations import Operations  # noqa: PLC0415

    context = MigrationContext.configure(
        conn, opts={"compare_type": False, "include_object": lambda _o, _n, _k, reflected, _c: not reflected}
    )
    found = produce_migrations(context, metadata).upgrade_ops
    operations = Operations(context)
    for operation in _leaves(found.ops if found else ()):
        if type(operation).__name__ == "AddColumnOp":
            operation.column.nullable = True  # the rows that are there have no value yet
        if type(operation).__name__ in _ADDITIONS:
            operations.invoke(operation)


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
        yield f"{table.name}.{column.name} {type(column.type).__name__} {column.nullable} {column.comment}"
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        yield f"{index.name} {[column.name for column in index.columns]}"


def _use_write_ahead_log(engine: Engine) -> None:
    # Readers are then never in a writer's way. The mode stays with the file. It can't be set in a
    # transaction.
    with engine.connect() as conn:
        raw: Any = conn.connection.dbapi_connection
        if raw.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            raw.execute("PRAGMA journal_mode=WAL")

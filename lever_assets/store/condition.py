"""What kind of database it is, and whether there is room in it."""

import os
import shutil
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text

from lever_assets.store.tables import schema_version, sync_state
from lever_assets.store.transaction import Transaction
from lever_assets.store.urls import sqlite_file


@dataclass(frozen=True)
class Condition:
    """What can be known of a database without writing to it.

    `version` is its own, with its name; `tables` that of our tables. `size` and `free` are in bytes; `free`
    is None where only the server could tell.
    """

    version: str
    tables: int
    writable: bool
    size: int
    free: int | None


def condition(tx: Transaction) -> Condition:
    """Return how the database of a transaction stands."""
    tables = tx.sql.execute(select(schema_version.c.version)).scalar_one()
    file = sqlite_file(tx.sql.engine.url)
    if file is None:
        return _of_postgresql(tx, tables)
    version = tx.sql.execute(text("SELECT sqlite_version()")).scalar_one()
    parts = [each for each in (file, file.with_name(f"{file.name}-wal")) if each.exists()]
    return Condition(
        f"SQLite {version}",
        tables,
        os.access(file, os.W_OK) and os.access(file.parent, os.W_OK),
        sum(each.stat().st_size for each in parts),
        shutil.disk_usage(file.parent).free,
    )


def _of_postgresql(tx: Transaction, tables: int) -> Condition:
    version = tx.sql.execute(text("SHOW server_version")).scalar_one().split()[0]
    writable: Any = tx.sql.execute(
        text("SELECT NOT pg_is_in_recovery() AND has_table_privilege(CAST(:name AS text), 'INSERT')"),
        {"name": sync_state.name},
    ).scalar_one()
    size = tx.sql.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    return Condition(f"PostgreSQL {version}", tables, bool(writable), int(size), None)

"""How many bytes storage takes, and how it grew: what it was is kept once a day, for a month."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from lever_assets.store.checkpoints import Checkpoint, Instant, Number
from lever_assets.store.tables import metadata
from lever_assets.store.transaction import NOBODY, Transaction

_DAY = timedelta(days=1)
_EVERY = timedelta(hours=20)
_FOR = timedelta(days=30)
_OF_TABLES = text(
    """
SELECT COALESCE(SUM(pg_catalog.pg_total_relation_size(to_regclass(quote_ident(name)))), 0)
FROM unnest(CAST(:names AS text[])) AS name
"""
)


@dataclass(frozen=True)
class Size:
    """So many bytes at an instant (UTC)."""

    at: Instant
    bytes: Number


@dataclass(frozen=True)
class Growth:
    """So many `bytes` now, and how many more they became `a_day` (fewer: negative) in the last `days`.

    The last two are None where nothing is known of a day ago or before.
    """

    bytes: int
    a_day: int | None = None
    days: int | None = None


DATABASE = Checkpoint[tuple[Size, ...]]("sizes", tuple[Size, ...])
"""What the tables of all accounts took, the oldest first."""
DAGSTER = Checkpoint[tuple[Size, ...]]("dagster_sizes", tuple[Size, ...])
"""What Dagster's storage took."""


def database_size(tx: Transaction) -> int:
    """Return the bytes on the disk: in SQLite of the file and its log, in PostgreSQL of all our tables.

    Indexes are included, and what is free in them. It asks the system, and goes through no table.
    """
    if tx.sql.dialect.name == "postgresql":
        return size_of_tables(tx.sql, metadata.tables)
    file = next(row.file for row in tx.sql.exec_driver_sql("PRAGMA database_list") if row.name == "main")
    return sum(each.stat().st_size for each in (Path(file), Path(f"{file}-wal")) if each.exists())


def size_of_tables(conn: Connection, names: Collection[str]) -> int:
    """Return the bytes of those of these tables that there are, where PostgreSQL finds them."""
    return int(conn.execute(_OF_TABLES, {"names": list(names)}).scalar_one())


def grown(tx: Transaction, kind: Checkpoint[tuple[Size, ...]], size: int) -> Growth:
    """Return how something of a size grew, by what is kept of it."""
    before = _kept(tx, kind)
    if not before or tx.instant - before[0].at < _DAY:
        return Growth(size)
    passed = tx.instant - before[0].at
    return Growth(size, round((size - before[0].bytes) / (passed / _DAY)), round(passed / _DAY))


def is_to_be_noted(tx: Transaction, kind: Checkpoint[tuple[Size, ...]]) -> bool:
    """Tell whether the size was not kept today."""
    before = _kept(tx, kind)
    return not before or tx.instant - before[-1].at >= _EVERY


def note_size(tx: Transaction, kind: Checkpoint[tuple[Size, ...]], size: int) -> None:
    """Keep what something takes now; what was kept a month ago goes."""
    kind.keep(tx.of(NOBODY), (*_kept(tx, kind), Size(tx.instant, size)))


def _kept(tx: Transaction, kind: Checkpoint[tuple[Size, ...]]) -> Sequence[Size]:
    """Return what is kept of the last month; what a clock ahead of ours kept is none."""
    every = kind.read(tx.of(NOBODY)) or ()
    return [each for each in every if timedelta() <= tx.instant - each.at <= _FOR]

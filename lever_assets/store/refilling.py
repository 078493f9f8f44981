"""What was taken away by hand, or is new in this version: made usable at once, and gaps for the next sync.

The rows that are still there lack what a lost column held. What Lever or the raw tables give again is left
to the sync (`sync/restoring.py`), which finds a note for each such table under `gap:TABLE` of `sync_state`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, union, update

from lever_assets.store.checkpoints import Checkpoint
from lever_assets.store.erasure import ERASED
from lever_assets.store.merge import row_hash
from lever_assets.store.tables import (
    MART_TABLES,
    RAW,
    UNIFIED,
    allowances,
    child_reads,
    custom_field_definitions,
    mapping_errors,
    mart_months,
    metadata,
    schema_version,
    sync_state,
)
from lever_assets.store.transaction import Transaction

FORGETTABLE = frozenset(
    table.name
    for table in (
        sync_state,
        child_reads,
        mapping_errors,
        custom_field_definitions,
        allowances,
        schema_version,
        mart_months,
        *MART_TABLES.values(),
    )
)
"""Tables that are filled again without the rows that were in them: better empty than without a column."""

_OUT_OF_DATE = ""
"""The content hash of no content: whatever arrives differs from it."""
_BATCH = 500


@dataclass(frozen=True)
class Gap:
    """A table that was made again (`columns` empty), or some of its columns; by hand, or new in a version."""

    table: str
    columns: tuple[str, ...] = ()
    by_hand: bool = True


@dataclass(frozen=True)
class _Lacking:
    """What is kept of a gap: the columns (none: the whole table), and whether it was made by hand."""

    columns: tuple[str, ...] = ()
    by_hand: bool = False


_GAP = Checkpoint[_Lacking]("gap", _Lacking)
"""By table."""


def make_usable(conn: Connection, lacking: Mapping[str, Collection[str]]) -> None:
    """Give the rows of raw and unified tables what each row needs, where these columns were made again."""
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "content_hash": _OUT_OF_DATE,
        "data": {},
        "version": 0,
        "source_key": "",
        **dict.fromkeys(("changed_at", "first_seen_at", "last_seen_at"), now),
    }
    for table in (*RAW.values(), *UNIFIED.values()):
        columns = lacking.get(table.name, ())
        required = {name: values[name] for name in columns if not table.c[name].nullable}
        if required:
            conn.execute(update(table).values(required))
        if columns and table in RAW.values():
            conn.execute(
                update(table).where(table.c.content_hash != ERASED).values(content_hash=_OUT_OF_DATE)
            )


def note(conn: Connection, lost: Collection[Gap]) -> None:
    """Keep for every connection that these are to be filled again."""
    for account in _connections(conn) if lost else ():
        tx = Transaction(conn, account)
        known = {each.table: each for each in gaps(tx)}
        for each in lost:
            before = known.get(each.table)
            whole = not each.columns or (before is not None and not before.columns)
            columns = () if whole else sorted({*each.columns, *(before.columns if before else ())})
            by_hand = each.by_hand or (before is not None and before.by_hand)
            _GAP.keep(tx, _Lacking(tuple(columns), by_hand), each.table)


def gaps(tx: Transaction) -> list[Gap]:
    """Return what is to be filled again."""
    return [
        Gap(name, lacking.columns, lacking.by_hand)
        for name, lacking in _GAP.every(tx).items()
        if name in metadata.tables
    ]


def forget_gaps(tx: Transaction) -> None:
    """Forget what was to be filled again: its reading or mapping is due now."""
    _GAP.forget_every(tx)


def rehash(tx: Transaction, model: str, *, after: str) -> str | None:
    """Let the hashes of some rows tell what the rows hold now, so that only what lost something is changed.

    By id from beyond `after`; returns where to go on, None: done.
    """
    table = UNIFIED[model]
    c = table.c
    query = select(table).where(c.connection == tx.account, c.id > after).order_by(c.id).limit(_BATCH)
    rows = [dict(row) for row in tx.sql.execute(query).mappings()]
    for row in rows:
        present = row_hash(model, row)
        if row["content_hash"] not in {ERASED, present}:
            tx.sql.execute(update(table).where(c.id == row["id"]).values(content_hash=present))
    return rows[-1]["id"] if len(rows) == _BATCH else None


def _connections(conn: Connection) -> list[str]:
    """Return every connection that something is stored of."""
    queries = [select(table.c.connection) for table in (sync_state, *RAW.values())]
    return sorted(conn.execute(union(*queries)).scalars())

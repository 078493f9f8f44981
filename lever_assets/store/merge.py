"""Merging: unified rows into their tables, touching only what differs."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    Table,
    bindparam,
    func,
    literal,
    or_,
    select,
    update,
)

from lever_assets.store.changes import History, mark_changed, record_changes, record_updates
from lever_assets.store.dialects import among, among_these, upsert
from lever_assets.store.live import note_live
from lever_assets.store.tables import UNIFIED, business_fields
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import UtcDateTime, canonical, clean, fingerprint
from lever_assets.unified.catalogue import BY_NAME, Model
from lever_assets.unified.models import UnifiedRow

_BATCH = 500


@dataclass(frozen=True)
class Merged:
    """What became of the rows. `seen` counts ids, not copies: it is inserted + updated + unchanged."""

    seen: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    left_out: int = 0

    @property
    def changed(self) -> bool:
        """Whether any row is other than before."""
        return bool(self.inserted or self.updated or self.deleted or self.left_out)

    def __add__(self, other: "Merged") -> "Merged":
        return Merged(
            self.seen + other.seen,
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.deleted + other.deleted,
            self.left_out + other.left_out,
        )


def merge(
    tx: Transaction,
    model: str,
    rows: Iterable[tuple[str, UnifiedRow]],
    *,
    sources: Collection[str] | None,
    history: History | None = None,
    incomplete: Collection[str] = (),
    left_out: Mapping[str, str] | None = None,
    gone: Collection[str] = (),
) -> Merged:
    """Bring the table of `model` to `rows`, pairs of source key (remote id of the raw record) and row.

    `sources` holds every source key that was mapped, also those without a row: a live row that is stored for
    one of them and was not yielded is marked as gone (`remote_deleted_at`); a row yielded again loses the
    mark. What is stored for other sources stays, also where a row is yielded for them. None: the whole model
    was mapped, and what was not yielded is gone, whoever stored it.
    `changed_at` moves only where the content or the mark does. Of one id yielded twice the first counts. A
    row stored for another source is taken over. Rows are read as they are merged, in batches. With
    `history` each change is kept in the table `changes`. `incomplete` holds sources that may lack rows
    because something could not be read: what is stored for them is not marked as gone. `left_out` says of
    sources that Lever has which setting leaves them out: their rows are marked with it. `gone` are ids of
    rows that are gone, whoever stored them.
    """
    table = UNIFIED[model]
    stored = _stored(tx, table, sources, incomplete=incomplete, gone=gone)
    yielded: set[str] = set()
    merged, more = Merged(), 0
    stream = iter(rows)
    while batch := list(islice(stream, _BATCH)):
        fresh: dict[str, tuple[str, UnifiedRow]] = {}
        for source, row in batch:
            if row.id not in yielded:
                yielded.add(row.id)
                fresh[row.id] = (clean(source), row)
        done, living = _merge_batch(tx, BY_NAME[model], fresh, stored, history=history)
        merged, more = merged + done, more + living
    missing = (row for row_id, row in stored.items() if row_id not in yielded)
    for reason, found in _gone(missing, left_out=left_out or {}).items():
        _mark(tx, table, [row.id for row in found], reason, history=history)
        merged += Merged(deleted=len(found)) if reason is None else Merged(left_out=len(found))
        more -= sum(row.remote_deleted_at is None for row in found)
    if merged.changed:
        mark_changed(tx, model)
        note_live(tx, model, more)
        gone_now = merged.deleted + merged.left_out
        tx.note_written(model, inserted=merged.inserted, updated=merged.updated, deleted=gone_now)
    return merged


def _merge_batch(
    tx: Transaction,
    model: Model,
    fresh: Mapping[str, tuple[str, UnifiedRow]],
    stored_for_sources: Mapping[str, Row[Any]],
    *,
    history: History | None,
) -> tuple[Merged, int]:
    """Return what became of the rows, and how many of them live now and did not before."""
    table = UNIFIED[model.name]
    c = table.c
    stored = {row_id: stored_for_sources[row_id] for row_id in fresh if row_id in stored_for_sources}
    others = [row_id for row_id in fresh if row_id not in stored]
    if others:
        found = tx.sql.execute(_standing(tx.sql.dialect.name, model.name), {"these": others})
        stored |= {row.id: row for row in found.all()}
    columns = business_fields(model.row)
    content_hash = _hasher(model.row)
    write: list[dict[str, Any]] = []
    taken_over: list[dict[str, Any]] = []
    for row_id, (source, row) in fresh.items():
        before = stored.get(row_id)
        new_hash = content_hash(row)
        if before is not None and before.content_hash == new_hash and before.remote_deleted_at is None:
            if before.source_key != source:
                taken_over.append({"taken_id": row_id, "source": source})
            continue
        values = row.__dict__
        write.append(
            {
                "id": row_id,
                "connection": tx.account,
                "remote_id": values["remote_id"],
                "changed_at": tx.instant,
                "remote_deleted_at": None,
                **{name: values[name] for name in columns},
                "source_key": source,
                "content_hash": new_hash,
                "left_out": None,
            }
        )
    inserted = [row["id"] for row in write if row["id"] not in stored]
    if history is not None:
        changed = {row["id"]: row for row in write if row["id"] in stored}
        record_updates(tx, table, changed, history=history)
    _write(tx.sql, table, write)
    if history is not None:
        record_changes(tx, table, inserted, "created", history=history)
    if taken_over:
        tx.sql.execute(
            update(table).where(c.id == bindparam("taken_id")).values(source_key=bindparam("source")),
            taken_over,
        )
    restored = sum(stored[each].remote_deleted_at is not None for each in fresh if each in stored)
    merged = Merged(len(fresh), len(inserted), len(write) - len(inserted), len(fresh) - len(write))
    return merged, len(inserted) + restored


@cache
def _standing(dialect: str, model: str) -> Select[Any]:
    table = UNIFIED[model]
    return _columns(table).where(among_these(dialect, table.c.id))


def _columns(table: Table) -> Select[Any]:
    c = table.c
    return select(c.id, c.content_hash, c.source_key, c.remote_deleted_at, c.left_out)


@cache
def _hasher(row_type: type[UnifiedRow]) -> Callable[[UnifiedRow], str]:
    names = ("remote_id", *business_fields(row_type))

    def content_hash(row: UnifiedRow) -> str:
        # Nulls are left out, so that a column that a later version adds does not change every row.
        values = row.__dict__
        return fingerprint(canonical({name: values[name] for name in names if values[name] is not None}))

    return content_hash


def row_hash(model: str, row: Mapping[str, Any]) -> str:
    """Return the content hash of a row as it is stored: the one with which its content was merged."""
    names = ("remote_id", *business_fields(BY_NAME[model].row))
    return fingerprint(canonical({name: row[name] for name in names if row[name] is not None}))


def _write(conn: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    in_order = sorted(
        rows, key=lambda row: str(row["id"])
    )  # two writers that meet do not lock each other out
    names = [column.name for column in table.columns if column.name != "id"]
    upsert(conn, table, in_order, replace=names)


def _stored(
    tx: Transaction,
    table: Table,
    sources: Collection[str] | None,
    *,
    incomplete: Collection[str],
    gone: Collection[str],
) -> dict[str, Row[Any]]:
    """Return by id the rows that may be gone: those of these sources (None: all), and those that are.

    Not those that are marked as gone already, unless a setting left them out. They are read before anything
    is written: what was just inserted would be read again.
    """
    c = table.c
    there = _columns(table).where(
        c.connection == tx.account, or_(c.remote_deleted_at.is_(None), c.left_out.is_not(None))
    )
    if sources is not None:
        whole = {clean(source) for source in sources} - {clean(source) for source in incomplete}
        here = among(tx.sql, c.source_key, whole)
        there = there.where(or_(here, among(tx.sql, c.id, gone)) if gone else here)
    return {row.id: row for row in tx.sql.execute(there).all()}


def _gone(missing: Iterable[Row[Any]], *, left_out: Mapping[str, str]) -> dict[str | None, list[Row[Any]]]:
    """Return which of the rows that nothing gave are to be marked, by the setting; None: as gone.

    Of what is marked already only what is gone by now or left out by another setting.
    """
    reasons = {clean(source): reason for source, reason in left_out.items()}
    found: dict[str | None, list[Row[Any]]] = {}
    for row in missing:
        reason = reasons.get(row.source_key)
        if row.remote_deleted_at is None or row.left_out != reason:
            found.setdefault(reason, []).append(row)
    return found


def _mark(
    tx: Transaction, table: Table, row_ids: Collection[str], reason: str | None, *, history: History | None
) -> None:
    since = (
        tx.instant
        if reason is None
        else func.coalesce(table.c.remote_deleted_at, literal(tx.instant, UtcDateTime))
    )
    tx.sql.execute(
        update(table)
        .where(among(tx.sql, table.c.id, row_ids))
        .values(remote_deleted_at=since, left_out=reason, changed_at=tx.instant)
    )
    if history is not None:
        kind = "deleted" if reason is None else "left_out"
        record_changes(tx, table, row_ids, kind, history=history)

"""Landing: Lever's objects into the raw tables, with what changed told from what did not.

Which of two copies of a record is the older one is told by when each was read, and only then by Lever's word.
A read that began after the stored copy had come in is the newer one, whatever `updatedAt` says: a record may
lose its latest change in Lever, or bear an instant that was never true. `updatedAt` decides between reads
that overlap, and not when it lies ahead of the clock: then what lands last counts.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    func,
    not_,
    or_,
    select,
    true,
    update,
)

from lever_assets.store.dialects import OF, among, among_these, upsert
from lever_assets.store.tables import RAW
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import canonical, clean, fingerprint
from lever_assets.unified.models import JsonObject


@dataclass(frozen=True)
class ReadAt:
    """The reading that a batch comes from: it began at `asked_at`, and lands `now`, by our clock (UTC).

    `asked_at` None: nobody knows when it began, and `updatedAt` alone tells.
    """

    asked_at: datetime | None
    now: datetime

    def is_older(
        self, updated_at: datetime | None, stored: datetime | None, stored_seen_at: datetime | None = None
    ) -> bool:
        """Tell whether a copy of this reading is older than another: by their `updatedAt`, and by when the
        other was seen (None: in this reading, too)."""
        if not precedes(updated_at, stored):
            return False
        if self.asked_at is None:
            return True
        overlap = stored_seen_at is None or self.asked_at < stored_seen_at
        return overlap and stored is not None and stored <= self.now

    def is_older_sql(
        self, updated_at: Any, stored: ColumnElement[Any], stored_seen_at: ColumnElement[Any]
    ) -> ColumnElement[bool]:
        """Return `is_older` as a condition that holds or does not, never null."""
        overlap = (
            true() if self.asked_at is None else and_(stored_seen_at > self.asked_at, stored <= self.now)
        )
        return func.coalesce(and_(updated_at < stored, overlap), False)


def precedes(updated_at: datetime | None, other: datetime | None) -> bool:
    """Tell whether one `updatedAt` is before another. Lever leaves it null on some records."""
    return updated_at is not None and other is not None and updated_at < other


_AFTER_ALL = 1 << 50
"""Milliseconds: more than any instant has, so that those that are over come last."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One object as Lever gave it; its ids are as they are stored, cleaned of what PostgreSQL refuses.

    `parent_id` and `position`: None leaves what is stored as it is. `is_over`: it is archived or closed, so
    that what lies below it can wait. `encoded` is the canonical JSON of `data`; None: it is made when the
    arrival lands.
    """

    remote_id: str
    data: JsonObject
    parent_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    position: int | None = None
    is_over: bool = False
    encoded: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "remote_id", clean(self.remote_id))
        if self.parent_id is not None:
            object.__setattr__(self, "parent_id", clean(self.parent_id))

    @property
    def content(self) -> bytes:
        """The canonical JSON of `data`."""
        return canonical(self.data) if self.encoded is None else self.encoded

    @property
    def read_order(self) -> int:
        """Where it stands in the order in which what lies below is read: what goes on first, newest first."""
        last_change = self.updated_at or self.created_at
        newest_first = 0 if last_change is None else -int(last_change.timestamp() * 1000)
        return newest_first + _AFTER_ALL * self.is_over


@dataclass(frozen=True)
class Landed:
    """What became of the arrivals.

    `seen` counts records, not copies: it is inserted + updated + unchanged + outdated. `left_out` counts what
    was stored and is not to be kept any more, though Lever has it.
    """

    seen: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    outdated: int = 0
    left_out: int = 0

    @property
    def changed(self) -> bool:
        """Whether any record is other than before."""
        return bool(self.inserted or self.updated or self.deleted or self.left_out)

    def __add__(self, other: "Landed") -> "Landed":
        return Landed(
            self.seen + other.seen,
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.deleted + other.deleted,
            self.outdated + other.outdated,
            self.left_out + other.left_out,
        )


def land(
    tx: Transaction, resource: str, arrivals: Iterable[Arrival], *, asked_at: datetime | None = None
) -> Landed:
    """Put `arrivals` into `raw_<resource>`, up to some thousand at a time.

    A row's `version` and `changed_at` move only where its content, place or deletion changes; `last_seen_at`
    always does. `asked_at` is when their reading began: an older copy (`ReadAt`) never overwrites the stored
    one. A deleted record that arrives lives again.
    """
    version = tx.version
    reading = ReadAt(asked_at, tx.instant)
    newest = _newest(arrivals, reading)
    stored = _stored(tx, resource, newest)
    is_parent = "read_order" in RAW[resource].c
    write: list[dict[str, Any]] = []
    seen_only: list[str] = []
    inserted = outdated = 0
    for remote_id, arrival in newest.items():
        encoded = arrival.content
        content_hash = fingerprint(encoded)
        before = stored.get(remote_id)
        if before is None:
            inserted += 1
        elif reading.is_older(arrival.updated_at, before.remote_updated_at, before.last_seen_at):
            outdated += 1
            seen_only.append(remote_id)
            continue
        elif _is_same(arrival, content_hash, before):
            seen_only.append(remote_id)
            continue
        write.append(
            {
                "connection": tx.account,
                "remote_id": remote_id,
                "parent_id": arrival.parent_id,
                "remote_created_at": arrival.created_at,
                "remote_updated_at": arrival.updated_at,
                "content_hash": content_hash,
                "position": arrival.position,
                "data": encoded,
                "version": version,
                "first_seen_at": tx.instant,
                "last_seen_at": tx.instant,
                "changed_at": tx.instant,
                "deleted_at": None,
                "left_out": None,
                **({"read_order": arrival.read_order} if is_parent else {}),
            }
        )
    overtaken = len(write) - _write(tx.sql, RAW[resource], write, reading)
    see(tx, resource, seen_only)
    landed = Landed(
        seen=len(newest),
        inserted=inserted - min(overtaken, inserted),
        updated=len(write) - inserted - max(overtaken - inserted, 0),
        unchanged=len(seen_only) - outdated,
        outdated=outdated + overtaken,
    )
    tx.note_written(RAW[resource].name, inserted=landed.inserted, updated=landed.updated)
    return landed


def see(tx: Transaction, resource: str, remote_ids: Collection[str]) -> None:
    """Keep that Lever has these records, whatever they are like now."""
    if remote_ids:
        given = {"of": tx.account, "these": remote_ids, "at": tx.instant}
        tx.sql.execute(_seeing(tx.sql.dialect.name, resource), given)


@cache
def _seeing(dialect: str, resource: str) -> Update:
    c = RAW[resource].c
    these = and_(c.connection == OF, among_these(dialect, c.remote_id))
    return update(RAW[resource]).where(these).values(last_seen_at=bindparam("at"))


def overtaken(tx: Transaction, resource: str, arrivals: Collection[Arrival]) -> set[str]:
    """Return which of these, which have landed, are older than what is stored, and so is what came inside."""
    stored = _stored(tx, resource, {each.remote_id for each in arrivals})
    return {
        each.remote_id
        for each in arrivals
        if (before := stored.get(each.remote_id)) and precedes(each.updated_at, before.remote_updated_at)
    }


def _newest(arrivals: Iterable[Arrival], reading: ReadAt) -> dict[str, Arrival]:
    newest: dict[str, Arrival] = {}
    for arrival in arrivals:
        other = newest.get(arrival.remote_id)
        if other is None or not reading.is_older(arrival.updated_at, other.updated_at):
            newest[arrival.remote_id] = arrival
    return newest


def _is_same(arrival: Arrival, content_hash: str, before: Any) -> bool:
    return (
        content_hash == before.content_hash
        and not before.deleted
        and arrival.updated_at == before.remote_updated_at
        and arrival.position in {None, before.position}
        and arrival.parent_id in {None, before.parent_id}
    )


def _stored(tx: Transaction, resource: str, remote_ids: Collection[str]) -> dict[str, Any]:
    if not remote_ids:
        return {}
    given = {"of": tx.account, "these": remote_ids}
    found = tx.sql.execute(_standing(tx.sql.dialect.name, resource), given)
    return {row.remote_id: row for row in found}


@cache
def _standing(dialect: str, resource: str) -> Select[Any]:
    c = RAW[resource].c
    columns = (
        c.remote_id,
        c.content_hash,
        c.remote_updated_at,
        c.last_seen_at,
        c.deleted_at.is_not(None).label("deleted"),
        c.parent_id,
        c.position,
    )
    return select(*columns).where(c.connection == OF, among_these(dialect, c.remote_id))


_FILLED = ("parent_id", "position")
_STAYING = ("connection", "remote_id", "first_seen_at", *_FILLED)


def _write(conn: Connection, table: Table, rows: Sequence[dict[str, Any]], reading: ReadAt) -> int:
    # A guard for PostgreSQL, where a write action may have landed a newer copy since the batch was compared.
    # SQLite has one writer, who has it from the beginning of the transaction.
    old = table.c

    def is_no_older(new: Any) -> ColumnElement[bool]:
        return not_(reading.is_older_sql(new.remote_updated_at, old.remote_updated_at, old.last_seen_at))

    return upsert(
        conn,
        table,
        rows,
        replace=[column.name for column in table.columns if column.name not in _STAYING],
        fill=_FILLED,
        where=is_no_older if conn.dialect.name == "postgresql" else None,
    )


def sweep(tx: Transaction, resource: str, *, not_seen_since: datetime) -> int:
    """After a complete listing: mark what was last seen before `not_seen_since` as gone; return how many."""
    given = {"of": tx.account, "since": not_seen_since, "at": tx.instant, "number": tx.version}
    return tx.sql.execute(_sweeping(resource), given).rowcount


@cache
def _sweeping(resource: str) -> Update:
    c = RAW[resource].c
    live = and_(c.connection == OF, c.deleted_at.is_(None))
    return _deleting(resource).where(live, c.last_seen_at < bindparam("since"))


def mark_deleted(tx: Transaction, resource: str, remote_ids: Collection[str]) -> int:
    """Mark these records as deleted; return how many were not known to be."""
    if not remote_ids:
        return 0
    given = {"of": tx.account, "at": tx.instant, "number": tx.version}
    these = among(tx.sql, RAW[resource].c.remote_id, remote_ids)
    deleted = tx.sql.execute(_deleting(resource).where(these), given).rowcount
    tx.note_written(RAW[resource].name, deleted=deleted)
    return deleted


@cache
def _deleting(resource: str) -> Update:
    """Return the statement that marks as gone whatever of a resource is not known to be."""
    table = RAW[resource]
    mine = and_(table.c.connection == OF, not_known_gone(table))
    at: BindParameter[datetime] = bindparam("at")
    changes = {"deleted_at": at, "left_out": None, "changed_at": at, "version": bindparam("number")}
    return update(table).where(mine).values(changes)


def not_known_gone(table: Table) -> ColumnElement[bool]:
    """Return the condition that Lever is not known to lack a raw record: it is live or left out."""
    return or_(table.c.deleted_at.is_(None), table.c.left_out.is_not(None))

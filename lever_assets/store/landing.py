"""Landing: Lever's objects into the raw tables, with what changed told from what did not.

Which of two copies of a record is the older one is told by when each was read, and only then by Lever's word.
A read that began after the stored copy had come in is the newer one, whatever `updatedAt` says: a record may
lose its latest change in Lever, or bear an instant that was never true. `updatedAt` decides between reads
that overlap, and not when it lies ahead of the clock: then what lands last counts.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, not_, or_, select, true, update

from lever_assets.store.checkpoints import put_state, whole_number
from lever_assets.store.dialects import among, upsert
from lever_assets.store.tables import RAW, sync_state
from lever_assets.store.values import canonical, clean, fingerprint
from lever_assets.unified.models import JsonObject


@dataclass(frozen=True)
class Reading:
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


_VERSION_KEY = "landing_version"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One object as Lever gave it; its ids are as they are stored, cleaned of what PostgreSQL refuses.

    `parent_id` and `position`: None leaves what is stored as it is. `encoded` is the canonical JSON of
    `data`; None: it is made when the arrival lands.
    """

    remote_id: str
    data: JsonObject
    parent_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    position: int | None = None
    encoded: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "remote_id", clean(self.remote_id))
        if self.parent_id is not None:
            object.__setattr__(self, "parent_id", clean(self.parent_id))

    @property
    def content(self) -> bytes:
        """The canonical JSON of `data`."""
        return canonical(self.data) if self.encoded is None else self.encoded


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


def hold_landings(conn: Connection, connection: str) -> None:
    """Keep others from landing until this transaction ends: what it reads is then still so when it writes."""
    conn.execute(_stored_version(connection).with_for_update())


def current_version(conn: Connection, connection: str) -> int:
    """Return the number of the last landing that was committed, 0 before the first."""
    return _number(conn, connection, conn.execute(_stored_version(connection)).scalar_one_or_none())


def next_version(conn: Connection, connection: str) -> int:
    """Return the number for the landing of this transaction.

    Call it in the transaction that lands: other landings of the connection wait for its end, so that numbers
    become visible in their order and a reader of `changed_keys` misses none.
    """
    stored = _stored_version(connection).with_for_update()
    kept = conn.execute(stored).first()
    if kept is None:
        # Two first landings may meet here: the second waits for the first, and must not set it back.
        at = datetime.now(UTC)
        first = {"connection": connection, "key": _VERSION_KEY, "value": None, "updated_at": at}
        upsert(conn, sync_state, [first])
        kept = conn.execute(stored).one()
    version = _number(conn, connection, kept.value) + 1
    put_state(conn, connection, _VERSION_KEY, version)
    return version


def _number(conn: Connection, connection: str, kept: JsonValue) -> int:
    """Return the number that was kept; if that was lost or damaged, the highest that a record has."""
    number = whole_number(kept)
    if number is not None:
        return number
    highest = (
        conn.execute(select(func.max(table.c.version)).where(table.c.connection == connection)).scalar_one()
        for table in RAW.values()
    )
    return max(whole_number(each) or 0 for each in highest)


def _stored_version(connection: str) -> Select[Any]:
    return select(sync_state.c.value).where(
        sync_state.c.connection == connection, sync_state.c.key == _VERSION_KEY
    )


def land(
    conn: Connection,
    connection: str,
    resource: str,
    arrivals: Iterable[Arrival],
    *,
    version: int,
    now: datetime,
    asked_at: datetime | None = None,
) -> Landed:
    """Put `arrivals` into `raw_<resource>`, up to some thousand at a time.

    `version` and `changed_at` move only where the content, the place or the deletion changes; `last_seen_at`
    always does. `asked_at` is when their reading began: an older copy (`Reading`) never
    overwrites the stored one. A deleted record that arrives lives again.
    """
    table = RAW[resource]
    reading = Reading(asked_at, now)
    newest = _newest(arrivals, reading)
    stored = _stored(conn, table, connection, newest)
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
                "connection": connection,
                "remote_id": remote_id,
                "parent_id": arrival.parent_id,
                "remote_created_at": arrival.created_at,
                "remote_updated_at": arrival.updated_at,
                "content_hash": content_hash,
                "position": arrival.position,
                "data": encoded,
                "version": version,
                "first_seen_at": now,
                "last_seen_at": now,
                "changed_at": now,
                "deleted_at": None,
                "left_out": None,
            }
        )
    overtaken = len(write) - _write(conn, table, write, reading)
    see(conn, connection, resource, seen_only, now=now)
    return Landed(
        seen=len(newest),
        inserted=inserted - min(overtaken, inserted),
        updated=len(write) - inserted - max(overtaken - inserted, 0),
        unchanged=len(seen_only) - outdated,
        outdated=outdated + overtaken,
    )


def see(
    conn: Connection, connection: str, resource: str, remote_ids: Collection[str], *, now: datetime
) -> None:
    """Keep that Lever has these records, whatever they are like now."""
    if remote_ids:
        table = RAW[resource]
        mine = _these(conn, table, connection, remote_ids)
        conn.execute(update(table).where(mine).values(last_seen_at=now))


def overtaken(conn: Connection, connection: str, resource: str, arrivals: Collection[Arrival]) -> set[str]:
    """Return which of these, which have landed, are older than what is stored, and so is what came inside."""
    stored = _stored(conn, RAW[resource], connection, {each.remote_id for each in arrivals})
    return {
        each.remote_id
        for each in arrivals
        if (before := stored.get(each.remote_id)) and precedes(each.updated_at, before.remote_updated_at)
    }


def _newest(arrivals: Iterable[Arrival], reading: Reading) -> dict[str, Arrival]:
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


def _stored(conn: Connection, table: Table, connection: str, remote_ids: Collection[str]) -> dict[str, Any]:
    c = table.c
    columns = (
        c.remote_id,
        c.content_hash,
        c.remote_updated_at,
        c.last_seen_at,
        c.deleted_at.is_not(None).label("deleted"),
        c.parent_id,
        c.position,
    )
    found = conn.execute(select(*columns).where(_these(conn, table, connection, remote_ids)))
    return {row.remote_id: row for row in found}


def _these(
    conn: Connection, table: Table, connection: str, remote_ids: Collection[str]
) -> ColumnElement[bool]:
    return and_(table.c.connection == connection, among(conn, table.c.remote_id, remote_ids))


_FILLED = ("parent_id", "position")
_STAYING = ("connection", "remote_id", "first_seen_at", *_FILLED)


def _write(conn: Connection, table: Table, rows: Sequence[dict[str, Any]], reading: Reading) -> int:
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


def sweep(
    conn: Connection, connection: str, resource: str, *, not_seen_since: datetime, version: int, now: datetime
) -> int:
    """After a complete listing: mark what was last seen before `not_seen_since` as gone; return how many."""
    table = RAW[resource]
    live = and_(table.c.connection == connection, table.c.deleted_at.is_(None))
    gone = and_(live, table.c.last_seen_at < not_seen_since)
    return _delete(conn, table, gone, version, now)


def mark_deleted(
    conn: Connection,
    connection: str,
    resource: str,
    remote_ids: Collection[str],
    *,
    version: int,
    now: datetime,
) -> int:
    """Mark these records as deleted; return how many were not known to be."""
    if not remote_ids:
        return 0
    table = RAW[resource]
    return _delete(conn, table, _these(conn, table, connection, remote_ids), version, now)


def _delete(conn: Connection, table: Table, these: ColumnElement[bool], version: int, now: datetime) -> int:
    return conn.execute(
        update(table)
        .where(these, not_known_gone(table))
        .values(deleted_at=now, left_out=None, changed_at=now, version=version)
    ).rowcount


def not_known_gone(table: Table) -> ColumnElement[bool]:
    """Return the condition that Lever is not known to lack a raw record: it is live or left out."""
    return or_(table.c.deleted_at.is_(None), table.c.left_out.is_not(None))

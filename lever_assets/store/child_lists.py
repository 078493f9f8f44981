"""Landing the lists of children of some parents, and keeping when each list was asked for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from lever_assets.store.batches import among, upsert
from lever_assets.store.content import clean
from lever_assets.store.landing import Arrival, Landed, land, mark_deleted, not_known_gone
from lever_assets.store.parents import NEVER_AHEAD
from lever_assets.store.tables import RAW, child_reads


def land_children(
    conn: Connection,
    connection: str,
    resource: str,
    children: Mapping[str, Sequence[Arrival]],
    *,
    parent_hashes: Mapping[str, str | None],
    version: int,
    now: datetime,
    asked_at: Mapping[str, datetime] | None = None,
    partial: Collection[str] = (),
) -> Landed:
    """Land the complete lists of children of some parents; a stored child that its list lacks is deleted.

    `parent_hashes` holds the content hash that each parent had before its children were read, for
    `parents.Due`; with None, or without the parent, the hash that was kept stays. `asked_at`: when each list
    was asked for (`now` where it does not say); a list that was asked for before the stored one is left out.
    `partial`: parents of whose list a record could not be taken; nothing of theirs is deleted.
    """
    asked = {parent: (asked_at or {}).get(parent, now) for parent in children}
    newer = _asked_for_later(conn, connection, resource, asked, now)
    children = {parent: listed for parent, listed in children.items() if parent not in newer}
    arrivals = [replace(child, parent_id=parent) for parent, listed in children.items() for child in listed]
    began = min(asked.values(), default=now)
    landed = land(conn, connection, resource, arrivals, version=version, now=now, asked_at=began)
    stored = {child for _, child in _stored(conn, connection, resource, set(children) - set(partial))}
    gone = sorted(stored - {clean(arrival.remote_id) for arrival in arrivals})
    deleted = mark_deleted(conn, connection, resource, gone, version=version, now=now)
    note_reads(
        conn,
        connection,
        resource,
        {parent: (asked[parent], parent_hashes.get(parent)) for parent in children},
    )
    return landed + Landed(deleted=deleted)


def lacking(
    conn: Connection, connection: str, resource: str, listed: Mapping[str, Collection[str]]
) -> dict[str, list[str]]:
    """Return the stored children, not known to be gone, that the list of their parent lacks; by parent."""
    found: dict[str, list[str]] = {}
    here = {clean(parent): {clean(each) for each in ids} for parent, ids in listed.items()}
    for parent, child in _stored(conn, connection, resource, listed):
        if child not in here.get(parent, ()):
            found.setdefault(parent, []).append(child)
    return found


def _stored(
    conn: Connection, connection: str, resource: str, parents: Collection[str]
) -> list[tuple[str, str]]:
    """Return the parent and the remote id of the children of these parents that are not known to be gone."""
    c = RAW[resource].c
    query = select(c.parent_id, c.remote_id).where(
        c.connection == connection,
        c.parent_id.is_not(None),
        among(conn, c.parent_id, parents),
        not_known_gone(RAW[resource]),
    )
    return [(row.parent_id, row.remote_id) for row in conn.execute(query.order_by(c.parent_id, c.remote_id))]


def note_reads(
    conn: Connection, connection: str, resource: str, reads: Mapping[str, tuple[datetime, str | None]]
) -> None:
    """Keep when the children of these parents were asked for, and the content hash that each parent had."""
    rows = [
        {
            "connection": connection,
            "resource": resource,
            "parent_id": parent,
            "parent_hash": parent_hash,
            "read_at": asked_at,
        }
        for parent, (asked_at, parent_hash) in reads.items()
    ]
    upsert(conn, child_reads, rows, replace=("read_at",), fill=("parent_hash",))


def _asked_for_later(
    conn: Connection, connection: str, resource: str, asked_at: Mapping[str, datetime], now: datetime
) -> set[str]:
    c = child_reads.c
    query = select(c.parent_id, c.read_at).where(
        c.connection == connection,
        c.resource == resource,
        among(conn, c.parent_id, asked_at),
        c.read_at.between(min(asked_at.values(), default=now), now + NEVER_AHEAD),
    )
    return {row.parent_id for row in conn.execute(query) if row.read_at > asked_at[row.parent_id]}

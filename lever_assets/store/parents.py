"""Which parents have children to read, and what becomes of children whose parent is gone."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, or_, select, update

from lever_assets.store.tables import RAW, child_reads


@dataclass(frozen=True)
class Due:
    """Which parents' children are due: never read, read for another content, or read before an instant.

    `lower` and `upper` bound the parent's last change (`updatedAt`, else `createdAt`) to [lower, upper).
    `read_before` None: what was read for the parent's present content is not due. `having`: only parents with
    a live child of that other resource.
    """

    parent: str
    child: str
    lower: datetime | None = None
    upper: datetime | None = None
    read_before: datetime | None = None
    having: str | None = None


def due_parents(
    conn: Connection, connection: str, due: Due, *, limit: int, after: str | None
) -> list[tuple[str, str]]:
    """Return (remote id, content hash) of up to `limit` live parents that are due, by id, beyond `after`."""
    p = RAW[due.parent].c
    query = _query(connection, due).with_only_columns(p.remote_id, p.content_hash)
    if after is not None:
        query = query.where(p.remote_id > after)
    return [
        (row.remote_id, row.content_hash) for row in conn.execute(query.order_by(p.remote_id).limit(limit))
    ]


def count_due(conn: Connection, connection: str, due: Due) -> int:
    """Return how many parents have children that are due."""
    return conn.execute(_query(connection, due).with_only_columns(func.count())).scalar_one()


def each_due(
    reading: Callable[[], AbstractContextManager[Connection]], connection: str, due: Due, *, batch: int = 500
) -> Iterator[tuple[str, str]]:
    """Yield every parent that is due; each batch is read in a transaction of its own, so landing goes on."""
    after: str | None = None
    while True:
        with reading() as conn:
            found = due_parents(conn, connection, due, limit=batch, after=after)
        yield from found
        if len(found) < batch:
            return
        after = found[-1][0]


def _query(connection: str, due: Due) -> Select[tuple[()]]:
    parents = RAW[due.parent]
    p, r = parents.c, child_reads.c
    reads = and_(r.connection == p.connection, r.resource == due.child, r.parent_id == p.remote_id)
    is_due = or_(r.parent_id.is_(None), r.parent_hash.is_distinct_from(p.content_hash))
    if due.read_before is not None:
        is_due = or_(is_due, r.read_at < due.read_before)
    last_change = func.coalesce(p.remote_updated_at, p.remote_created_at)
    query = (
        select()
        .select_from(parents.outerjoin(child_reads, reads))
        .where(p.connection == connection, p.deleted_at.is_(None), is_due)
    )
    if due.lower is not None:
        query = query.where(last_change >= due.lower)
    if due.upper is not None:
        query = query.where(last_change < due.upper)
    if due.having is not None:
        query = query.where(has_live(p, due.having))
    return query


def has_live(parents: Any, child: str) -> ColumnElement[bool]:
    """Return the condition that a parent, given by its table's columns, has a live child of a resource."""
    c = RAW[child].c
    return exists().where(
        c.connection == parents.connection, c.parent_id == parents.remote_id, c.deleted_at.is_(None)
    )


def delete_orphans(
    conn: Connection, connection: str, child: str, parent: str, *, version: int, now: datetime
) -> int:
    """Mark children whose parent is gone or left out as their parent is; return how many.

    Should the parent return, they are due.
    """
    c, p = RAW[child].c, RAW[parent].c
    gone = select(p.remote_id).where(p.connection == connection, p.deleted_at.is_not(None))
    conn.execute(
        delete(child_reads).where(
            child_reads.c.connection == connection,
            child_reads.c.resource == child,
            child_reads.c.parent_id.in_(gone),
        )
    )
    why = (
        select(p.left_out)
        .where(p.connection == connection, p.remote_id == c.parent_id)
        .correlate(RAW[child])
        .scalar_subquery()
    )
    otherwise = or_(c.deleted_at.is_(None), and_(c.left_out.is_not(None), c.left_out.is_distinct_from(why)))
    return conn.execute(
        update(RAW[child])
        .where(c.connection == connection, c.parent_id.in_(gone), otherwise)
        .values(deleted_at=now, left_out=why, changed_at=now, version=version)
    ).rowcount


def delete_without(
    conn: Connection, connection: str, child: str, needed: str, *, version: int, now: datetime
) -> int:
    """Mark children as gone whose parent has no live record of the kind `needed`; return how many."""
    c, n = RAW[child].c, RAW[needed].c
    having = select(n.parent_id).where(
        n.connection == connection, n.deleted_at.is_(None), n.parent_id.is_not(None)
    )
    return conn.execute(
        update(RAW[child])
        .where(c.connection == connection, c.deleted_at.is_(None), c.parent_id.not_in(having))
        .values(deleted_at=now, changed_at=now, version=version)
    ).rowcount

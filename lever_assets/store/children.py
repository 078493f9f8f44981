"""The children of parents: which are to be read, their lists landed, and those whose parent is gone."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
    union_all,
    update,
)

from lever_assets.store.checkpoints import Checkpoint, Instant, Number
from lever_assets.store.dialects import OF, among, among_these, upsert
from lever_assets.store.landing import Arrival, Landed, land, mark_deleted, not_known_gone
from lever_assets.store.tables import RAW, child_reads, mapping_errors
from lever_assets.store.transaction import Transaction, now
from lever_assets.store.values import clean

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When the children of a parent were read that was passed over: it was seen that there can be none."""

NEVER_AHEAD = timedelta(days=1)
"""So far no clock that wrote an instant was ahead of ours: one that lies further ahead is damaged."""

READ_UP_TO = Checkpoint[int]("read_below", Number)
"""By child resource: the landing up to which a sync left no parent whose children were due, but what failed.

Nor what is still to be read of the history (`HISTORY`). So what is due is looked for among the parents alone
that landed since.
"""


_LONGEST_PAUSE = timedelta(hours=1)
"""Whoever does not go on with a history for longer has stopped: it says nothing of how fast it is read."""


class Place(NamedTuple):
    """Where a parent stands in the order in which what is below is read, the first one lowest."""

    read_order: int
    remote_id: str


class DueParent(NamedTuple):
    """A parent whose children are due."""

    remote_id: str
    content_hash: str
    read_order: int

    @property
    def place(self) -> Place:
        """Where it stands in the order of reading."""
        return Place(self.read_order, self.remote_id)


@dataclass(frozen=True)
class History:
    """How far the reading of a history is: no child is unread below those up to a place, but what failed.

    `read_order` None: nobody was looked at yet. `moved_at`: when it was last gone on with, or begun (UTC);
    `rate`: how many requests a second it took since the time before. `begun_at` tells it from a later one.
    """

    begun_at: Instant
    moved_at: Instant
    read_order: int | None = None
    remote_id: str = ""
    rate: float | None = None

    @property
    def place(self) -> Place | None:
        """Beyond which there may be more."""
        return None if self.read_order is None else Place(self.read_order, self.remote_id)


HISTORY = Checkpoint[History]("history", History)
"""By child resource, while there may be parents whose children were never read, and that are not new.

Who changes lands beyond `READ_UP_TO`, and waits for nobody.
"""
HISTORY_ENDED = Checkpoint[datetime]("history_ended", Instant)
"""By child resource: when the last of its history was read, until Dagster was told what is made of it."""


@dataclass(frozen=True)
class Due:
    """Which parents' children are due: never read, read for another content, or read before an instant.

    `lower` and `upper` bound the parent's last change (`updatedAt`, else `createdAt`) to [lower, upper).
    `read_before` None: what was read for the parent's present content is not due. `at`: those whose reading
    failed are due when their time has come by that instant, wherever the parent's last change lies; before
    that they are not, unless the parent has changed or `read_before` asks for all. None: as if none failed.
    `history`: whoever's children were not read for the present content, but no reading that failed.
    """

    parent: str
    child: str
    lower: datetime | None = None
    upper: datetime | None = None
    read_before: datetime | None = None
    at: datetime | None = None
    history: bool = False


def due_parents(tx: Transaction, due: Due, *, limit: int, after: Place | None) -> list[DueParent]:
    """Return up to `limit` live parents that are due, in the order of reading, beyond `after`.

    In that order come those that are not archived or closed, then the others, each the newest change first.
    """
    mark = _read_up_to(tx, due)
    given = {**_given(tx, due), **_from(after), "most": limit, "beyond": mark}
    query = _due_listing(_shape(due), has_after=after is not None, has_mark=mark is not None)
    return [DueParent(*row) for row in tx.sql.execute(query, given)]


def count_due(tx: Transaction, due: Due, *, after: Place | None = None, having: str | None = None) -> int:
    """Return how many parents have children that are due, beyond `after`.

    `having`: only of those that have a record of that resource, too.
    """
    mark = _read_up_to(tx, due)
    given = {**_given(tx, due), **_from(after), "beyond": mark}
    query = _counting(_shape(due), having, has_after=after is not None, has_mark=mark is not None)
    return tx.sql.execute(query, given).scalar_one()


def _from(after: Place | None) -> dict[str, Any]:
    return {} if after is None else {"after_order": after.read_order, "after_id": after.remote_id}


def place_of(tx: Transaction, parent: str, remote_id: str) -> Place | None:
    """Return where a parent stands in the order of reading; None: it is not stored."""
    return max(_places(tx, parent, [remote_id]), default=None)


def last_of(tx: Transaction, parent: str, remote_ids: Collection[str]) -> str | None:
    """Return which of these parents comes last in the order of reading; None: none of them is stored."""
    last = max(_places(tx, parent, remote_ids), default=None)
    return None if last is None else last.remote_id


def _places(tx: Transaction, parent: str, remote_ids: Collection[str]) -> Iterator[Place]:
    p = RAW[parent].c
    these = and_(p.connection == tx.account, among(tx.sql, p.remote_id, [clean(each) for each in remote_ids]))
    found = tx.sql.execute(select(p.read_order, p.remote_id).where(these, p.read_order.is_not(None)))
    return (Place(*row) for row in found)


def _read_up_to(tx: Transaction, due: Due) -> int | None:
    """Return the landing up to which no parent has to be looked at for this; None: all are looked at."""
    if due.read_before is not None or due.at is None or due.history:
        return None
    return _marks(tx, [due.child])[due.child]


def _marks(tx: Transaction, children: Collection[str]) -> dict[str, int | None]:
    """Return `READ_UP_TO` of each; one that lies ahead is of a count of landings that was lost: none."""
    version = tx.current_version()
    known = {child: READ_UP_TO.read(tx, child) for child in children}
    return {child: None if mark is None or mark > version else mark for child, mark in known.items()}


def unread(tx: Transaction, below: Mapping[str, str]) -> set[str]:
    """Return of which of these resources, each with that of its parents, children of changed parents are due.

    Those that failed do not count, nor does the history. By one query over the parents that changed since
    `READ_UP_TO`; none, if nothing has landed since.
    """
    version, known = tx.current_version(), _marks(tx, below)
    marks = {child: -1 if mark is None else mark for child, mark in known.items() if mark != version}
    wanted = tuple((child, below[child]) for child in marks)
    if not wanted:
        return set()
    given = {**_given(tx, Due("", "", at=NEVER)), "beyond": min(marks.values())}
    return set(tx.sql.execute(_unread(wanted), given).scalars())


@cache
def _unread(below: tuple[tuple[str, str], ...]) -> CompoundSelect[tuple[str]]:
    return union_all(*(select(literal(child)).where(_is_any(child, parent)) for child, parent in below))


def _is_any(child: str, parent: str) -> ColumnElement[bool]:
    return _query(Due(parent, child, at=_ANY), has_mark=True).with_only_columns(literal(1)).exists()


def note_read_up_to(tx: Transaction, child: str, parent: str) -> None:
    """Keep that the children of no parent that landed until now are due, but what failed, if that is so."""
    tx.hold_landings()  # who forgets a read has done so before this look, or does it after it
    if not unread(tx, {child: parent}):
        READ_UP_TO.keep(tx, tx.current_version(), child)


def is_unknown(tx: Transaction, child: str) -> bool:
    """Tell whether nobody knows what was read: there is no `READ_UP_TO`, or one that lies ahead."""
    return _marks(tx, [child])[child] is None


def begin_history(tx: Transaction, child: str) -> History | None:
    """Return how far the history is read; None: it is read. If nobody knows, it begins.

    Then all that has landed until now is history.
    """
    known = HISTORY.read(tx, child)
    if is_unknown(tx, child):
        tx.hold_landings()
        READ_UP_TO.keep(tx, tx.current_version(), child)
        known = History(tx.instant, tx.instant)
        HISTORY.keep(tx, known, child)
    return known


def is_history_left(tx: Transaction, child: str) -> bool:
    """Tell whether there is history to be read, or nobody knows; by two entries of the checkpoints."""
    return HISTORY.read(tx, child) is not None or is_unknown(tx, child)


def move_history(tx: Transaction, child: str, before: History, place: Place | None, requests: int) -> None:
    """Keep that the history is read up to a place (None: to its end), after so many requests since `before`.

    Unless it was begun anew meanwhile.
    """
    tx.hold_landings()
    known = HISTORY.read(tx, child)
    if known is None or known.begun_at != before.begun_at:
        return
    if place is None:
        HISTORY.forget(tx, child)
        HISTORY_ENDED.keep(tx, tx.instant, child)
        return
    since = tx.instant - before.moved_at
    rate = before.rate if since > _LONGEST_PAUSE else requests / max(since.total_seconds(), 1.0)
    HISTORY.keep(tx, History(before.begun_at, tx.instant, *place, rate), child)


def forget_ended(tx: Transaction, ended: Mapping[str, datetime]) -> None:
    """Forget that the histories of these children have ended; not of one that has ended again since."""
    for child, at in ended.items():
        if HISTORY_ENDED.read(tx, child) == at:
            HISTORY_ENDED.forget(tx, child)


def _begin_history_anew(tx: Transaction, child: str) -> None:
    if is_unknown(tx, child):  # what comes inside records has no history; any other begins with its reading
        return
    known = HISTORY.read(tx, child)
    rate = None if known is None else known.rate
    HISTORY.keep(tx, History(tx.instant, tx.instant, rate=rate), child)


def is_read_up_to(tx: Transaction, child: str) -> bool:
    """Tell whether it is kept already, as of the last landing."""
    return READ_UP_TO.read(tx, child) == tx.current_version()


def each_due(
    reading: Callable[[], AbstractContextManager[Transaction]],
    due: Due,
    *,
    batch: int = 500,
    after: Place | None = None,
) -> Iterator[DueParent]:
    """Yield every parent that is due, in the order of reading, beyond `after` if it is given.

    Each batch is read in a transaction of its own, so landing goes on.
    """
    while True:
        with reading() as tx:
            found = due_parents(tx, due, limit=batch, after=after)
        yield from found
        if len(found) < batch:
            return
        after = found[-1].place


_ANY = datetime.max.replace(tzinfo=UTC)
"""Stands for whatever instant is given: a statement is made once for all of them."""


def _shape(due: Due) -> Due:
    """Return what of it makes another statement; the instants are parameters."""
    lower, upper, read_before, at = (None if each is None else _ANY for each in _bounds(due))
    return Due(due.parent, due.child, lower, upper, read_before, at, due.history)


def _bounds(due: Due) -> tuple[datetime | None, ...]:
    return due.lower, due.upper, due.read_before, due.at


def _given(tx: Transaction, due: Due) -> dict[str, Any]:
    lower, upper, read_before, at = _bounds(due)
    bounds = {"lower": lower, "upper": upper, "read_before": read_before, "at": at}
    return {**bounds, "of": tx.account, "ahead": now() + NEVER_AHEAD}


@cache
def _due_listing(due: Due, *, has_after: bool, has_mark: bool) -> Select[tuple[str, str, int]]:
    """Return the statement of `due_parents`: making it costs more than to run it where nothing is due."""
    p = RAW[due.parent].c
    query = _query(due, has_mark=has_mark).with_only_columns(p.remote_id, p.content_hash, p.read_order)
    if has_after:
        query = query.where(_beyond(due.parent))
    # Few landed beyond the mark, and are sorted: the index of the order leads through all parents.
    order = p.read_order + 0 if has_mark else p.read_order
    return query.order_by(order, p.remote_id).limit(bindparam("most"))


@cache
def _counting(due: Due, having: str | None, *, has_after: bool, has_mark: bool) -> Select[tuple[int]]:
    p = RAW[due.parent].c
    query = _query(due, has_mark=has_mark).with_only_columns(func.count())
    if has_after:
        query = query.where(_beyond(due.parent))
    if having is not None:
        other = RAW[having].c
        query = query.where(exists().where(other.connection == p.connection, other.parent_id == p.remote_id))
    return query


def _beyond(parent: str) -> ColumnElement[bool]:
    p = RAW[parent].c
    after = tuple_(
        bindparam("after_order", type_=p.read_order.type), bindparam("after_id", type_=p.remote_id.type)
    )
    return tuple_(p.read_order, p.remote_id) > after


def _query(due: Due, *, has_mark: bool) -> Select[tuple[()]]:
    """Return the statement over what is due, for all that are so by the same bounds.

    `has_mark`: what changed is looked for among those alone that landed beyond the mark.
    """
    parents, e = RAW[due.parent], mapping_errors.c
    live = and_(parents.c.connection == bindparam("of"), parents.c.deleted_at.is_(None))
    if not has_mark:
        pending = _changed(due, parents)
        if due.at is not None and not due.history:
            pending = or_(pending, _of_failed(due, parents, e.due_at) <= bindparam("at"))
        return select().select_from(parents).where(live, pending)
    landed = parents.alias("landed")
    since = and_(landed.c.connection == bindparam("of"), landed.c.version > bindparam("beyond"))
    failed = and_(e.connection == bindparam("of"), e.model == RAW[due.child].name, e.resource == due.parent)
    either = union_all(
        select(landed.c.remote_id).where(since, _changed(due, landed)),
        select(e.remote_id).where(failed, e.due_at <= bindparam("at")),
    )
    return select().select_from(parents).where(live, parents.c.remote_id.in_(either))


def _changed(due: Due, parents: FromClause) -> ColumnElement[bool]:
    """Return the condition that `parents` are due by what is known of their reading.

    Those whose reading failed are not, unless they changed since or all are to be read.
    """
    p, r, e = parents.c, child_reads.c, mapping_errors.c
    pending = _of_read(due, parents, r.parent_hash).is_distinct_from(p.content_hash)
    if due.read_before is not None:
        read_at = _of_read(due, parents, r.read_at)
        pending = or_(pending, read_at < bindparam("read_before"), read_at > bindparam("ahead"))
    last_change = func.coalesce(p.remote_updated_at, p.remote_created_at)
    if due.lower is not None:
        pending = and_(pending, last_change >= bindparam("lower"))
    if due.upper is not None:
        pending = and_(pending, last_change < bindparam("upper"))
    if due.at is not None and due.read_before is None:
        never_failed = _of_failed(due, parents, e.due_at).is_(None)
        pending = and_(pending, or_(never_failed, _of_failed(due, parents, e.payload_hash) != p.content_hash))
    return pending


def _of_read(due: Due, parents: FromClause, column: ColumnElement[Any]) -> ScalarSelect[Any]:
    """Return what is kept of the reading below each of `parents`; null: they were never read.

    Not as a join: PostgreSQL, which knows nothing of a table that is being filled, would go through all that
    was read for each of them.
    """
    p, r = parents.c, child_reads.c
    reads = and_(r.connection == p.connection, r.resource == due.child, r.parent_id == p.remote_id)
    return select(column).where(reads).scalar_subquery()


def _of_failed(due: Due, parents: FromClause, column: ColumnElement[Any]) -> ScalarSelect[Any]:
    """Return the same of a reading that failed."""
    return select(column).where(failed_read(parents.c, due.parent, due.child)).scalar_subquery()


def failed_read(parents: Any, parent: str, child: str) -> ColumnElement[bool]:
    """Return the condition that a row of `mapping_errors` is of a failed read below a row of `parents`."""
    e = mapping_errors.c
    return and_(
        e.connection == parents.connection,
        e.model == RAW[child].name,
        e.resource == parent,
        e.remote_id == parents.remote_id,
        e.due_at.is_not(None),
    )


def read_well(
    tx: Transaction, parent: str, child: str, *, but: Collection[str], limit: int
) -> list[tuple[str, str]]:
    """Return up to `limit` live parents whose children were read, the latest first, `but` those.

    Each as its remote id and content hash. Those whose reading failed since are not among them.
    """
    p, r = RAW[parent].c, child_reads.c
    reads = and_(r.connection == p.connection, r.resource == child, r.parent_id == p.remote_id)
    query = (
        select(p.remote_id, p.content_hash)
        .join(child_reads, reads)
        .where(p.connection == tx.account, p.deleted_at.is_(None), r.read_at > NEVER)
        .where(not_(among(tx.sql, p.remote_id, but)))
        .where(not_(exists().where(failed_read(p, parent, child))))
        .order_by(r.read_at.desc(), p.remote_id)
        .limit(limit)
    )
    return [(row.remote_id, row.content_hash) for row in tx.sql.execute(query)]


def count_read(tx: Transaction, child: str) -> int:
    """Return below how many parents a resource was read."""
    r = child_reads.c
    query = select(func.count()).where(r.connection == tx.account, r.resource == child, r.read_at > NEVER)
    return tx.sql.execute(query).scalar_one()


def read_for(tx: Transaction, child: str, parents: Collection[str]) -> dict[str, str]:
    """Return for which content each of these parents' children were read, or passed over."""
    r = child_reads.c
    query = select(r.parent_id, r.parent_hash).where(
        r.connection == tx.account,
        r.resource == child,
        r.parent_hash.is_not(None),
        among(tx.sql, r.parent_id, parents),
    )
    return {row.parent_id: row.parent_hash for row in tx.sql.execute(query)}


@dataclass(frozen=True)
class LastRead:
    """For which content of a parent its children were last read (None: not known), and when (UTC)."""

    content_hash: str | None
    at: datetime


def last_reads(tx: Transaction, child: str, parents: Collection[str]) -> dict[str, LastRead]:
    """Return the last read of the children of each of these parents that has one."""
    r = child_reads.c
    query = select(r.parent_id, r.parent_hash, r.read_at).where(
        r.connection == tx.account, r.resource == child, among(tx.sql, r.parent_id, parents)
    )
    return {row.parent_id: LastRead(row.parent_hash, row.read_at) for row in tx.sql.execute(query)}


def forget_reads(tx: Transaction, child: str, parents: Collection[str]) -> None:
    """Forget that the children of these parents were read: they are due."""
    if not parents:
        return
    tx.hold_landings()
    _begin_history_anew(tx, child)
    r = child_reads.c
    these = and_(r.connection == tx.account, r.resource == child, among(tx.sql, r.parent_id, parents))
    tx.sql.execute(delete(child_reads).where(these))


def forget_all_reads(tx: Transaction, child: str) -> None:
    """Forget below which parents a resource was read: it is due below each of them."""
    tx.hold_landings()
    _begin_history_anew(tx, child)
    r = child_reads.c
    tx.sql.execute(delete(child_reads).where(r.connection == tx.account, r.resource == child))


def forget_passed_over(tx: Transaction, child: str) -> None:
    """Forget which parents were passed over: each is looked at anew."""
    tx.hold_landings()
    _begin_history_anew(tx, child)
    r = child_reads.c
    tx.sql.execute(
        delete(child_reads).where(r.connection == tx.account, r.resource == child, r.read_at <= NEVER)
    )


def delete_orphans(tx: Transaction, child: str, parent: str, *, now_gone: bool = False) -> int:
    """Mark children whose parent is gone or left out as their parent is; return how many.

    `now_gone`: only of the parents that this transaction marked, as looking at all takes its time.
    Should the parent return, they are due. That reading them failed is over with it.
    """
    version = tx.version
    c, p = RAW[child].c, RAW[parent].c
    gone = select(p.remote_id).where(p.connection == tx.account, p.deleted_at.is_not(None))
    if now_gone:
        gone = gone.where(p.version == version)
    tx.sql.execute(
        delete(child_reads).where(
            child_reads.c.connection == tx.account,
            child_reads.c.resource == child,
            child_reads.c.parent_id.in_(gone),
        )
    )
    why = (
        select(p.left_out)
        .where(p.connection == tx.account, p.remote_id == c.parent_id)
        .correlate(RAW[child])
        .scalar_subquery()
    )
    otherwise = or_(c.deleted_at.is_(None), and_(c.left_out.is_not(None), c.left_out.is_distinct_from(why)))
    e = mapping_errors.c
    tx.sql.execute(
        delete(mapping_errors).where(
            e.connection == tx.account,
            e.model == RAW[child].name,
            e.resource == parent,
            e.due_at.is_not(None),
            e.remote_id.in_(gone),
        )
    )
    return tx.sql.execute(
        update(RAW[child])
        .where(c.connection == tx.account, c.parent_id.in_(gone), otherwise)
        .values(deleted_at=tx.instant, left_out=why, changed_at=tx.instant, version=version)
    ).rowcount


def land_children(
    tx: Transaction,
    resource: str,
    children: Mapping[str, Sequence[Arrival]],
    *,
    parent_hashes: Mapping[str, str | None],
    asked_at: Mapping[str, datetime] | None = None,
    partial: Collection[str] = (),
) -> Landed:
    """Land the complete lists of children of some parents; a stored child that its list lacks is deleted.

    `parent_hashes` holds the content hash that each parent had before its children were read, for
    `Due`; with None, or without the parent, the hash that was kept stays. `asked_at`: when each list
    was asked for (now where it does not say); a list that was asked for before the stored one is left out.
    `partial`: parents of whose list a record could not be taken; nothing of theirs is deleted.
    """
    tx.hold_landings()
    asked = {parent: (asked_at or {}).get(parent, tx.instant) for parent in children}
    newer = _asked_for_later(tx, resource, asked)
    children = {parent: listed for parent, listed in children.items() if parent not in newer}
    arrivals = [replace(child, parent_id=parent) for parent, listed in children.items() for child in listed]
    began = min(asked.values(), default=tx.instant)
    landed = land(tx, resource, arrivals, asked_at=began)
    stored = {child for _, child in _stored(tx, resource, set(children) - set(partial))}
    gone = sorted(stored - {arrival.remote_id for arrival in arrivals})
    deleted = mark_deleted(tx, resource, gone)
    note_reads(tx, resource, {parent: (asked[parent], parent_hashes.get(parent)) for parent in children})
    return landed + Landed(deleted=deleted)


def lacking(tx: Transaction, resource: str, listed: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """Return the stored children, not known to be gone, that the list of their parent lacks; by parent."""
    found: dict[str, list[str]] = {}
    here = {clean(parent): {clean(each) for each in ids} for parent, ids in listed.items()}
    for parent, child in _stored(tx, resource, listed):
        if child not in here.get(parent, ()):
            found.setdefault(parent, []).append(child)
    return found


def _stored(tx: Transaction, resource: str, parents: Collection[str]) -> list[tuple[str, str]]:
    """Return the parent and the remote id of the children of these parents that are not known to be gone."""
    given = {"of": tx.account, "these": parents}
    found = tx.sql.execute(_listing(tx.sql.dialect.name, resource), given)
    return [(row.parent_id, row.remote_id) for row in found]


@cache
def _listing(dialect: str, resource: str) -> Select[tuple[str, str]]:
    c = RAW[resource].c
    query = select(c.parent_id, c.remote_id).where(
        c.connection == OF,
        among_these(dialect, c.parent_id),
        not_known_gone(RAW[resource]),
    )
    return query.order_by(c.parent_id, c.remote_id)


def note_reads(tx: Transaction, resource: str, reads: Mapping[str, tuple[datetime, str | None]]) -> None:
    """Keep when the children of these parents were asked for, and the content hash that each parent had."""
    rows = [
        {
            "connection": tx.account,
            "resource": resource,
            "parent_id": parent,
            "parent_hash": parent_hash,
            "read_at": asked_at,
        }
        for parent, (asked_at, parent_hash) in reads.items()
    ]
    upsert(tx.sql, child_reads, rows, replace=("read_at",), fill=("parent_hash",))


def _asked_for_later(tx: Transaction, resource: str, asked_at: Mapping[str, datetime]) -> set[str]:
    c = child_reads.c
    query = select(c.parent_id, c.read_at).where(
        c.connection == tx.account,
        c.resource == resource,
        among(tx.sql, c.parent_id, asked_at),
        c.read_at.between(min(asked_at.values(), default=tx.instant), tx.instant + NEVER_AHEAD),
    )
    return {row.parent_id for row in tx.sql.execute(query) if row.read_at > asked_at[row.parent_id]}

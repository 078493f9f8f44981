"""Landing what Lever gives per parent: one request for each parent that is due, many at a time.

First what changed. Then, as that is mapped, the rest: what is watched, and the history, which is whatever was
never read and is not new (`history.py`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from lever_assets.lever import LeverClient
from lever_assets.lever.resources import RESOURCES, Child
from lever_assets.store.children import (
    HISTORY,
    Due,
    DueParent,
    Place,
    begin_history,
    count_due,
    each_due,
    is_history_left,
    is_read_up_to,
    is_unknown,
    move_history,
    note_read_up_to,
    place_of,
)
from lever_assets.store.transaction import Transaction, now
from lever_assets.store.watching import longest_ago, longest_unread
from lever_assets.sync.checkpoints import BEGINS_AFTER, WATCHED
from lever_assets.sync.fetch import offering
from lever_assets.sync.fetch.asking import Parent
from lever_assets.sync.fetch.below import Before, ChildReader
from lever_assets.sync.fetch.history import Walk
from lever_assets.sync.fetch.set_aside import are_misread, have_parents_asked
from lever_assets.sync.fetch.tally import Tally
from lever_assets.sync.session import Scope, Session

_MOST_WATCHED = 20_000
_MOVING_ALONE = [each for each in RESOURCES if isinstance(each, Child) and each.moves_alone]


async def land_below(
    lever: LeverClient, session: Session, resource: Child, scope: Scope, *, read_since: datetime
) -> Tally:
    """Read the children of every parent of the scope that is due.

    A delta reads the children of parents that changed since theirs were read; other scopes also those that
    were not read since `read_since`, the beginning of the run. Those that could not be read earlier are read
    when they are due; if the scope is everything, all of them. What is watched, and the history, `land_rest`
    reads.
    """
    if resource.name == offering.OFFERS:
        with session.writing() as tx:
            offering.review(tx, session)
    with session.reading() as tx:
        by_parts = is_by_parts(tx, session, resource, scope)
        changed_only = scope.delta or by_parts
        wanted = wanted_by(session, resource, scope, None if changed_only else read_since)
        misread = changed_only and are_misread(tx, resource)
        unknown = changed_only and not misread and is_unknown(tx, resource.name)
        found = None if misread or unknown else _Found.by(tx, resource, wanted)
    if found is None:
        with session.writing() as tx:
            if misread:
                have_parents_asked(tx, resource)
            begin_history(tx, resource.name)
        with session.reading() as tx:
            found = _Found.by(tx, resource, wanted)
    parents = _from(session, wanted, found.first) if found.due else iter(())
    tally = await _read(lever, session, resource, parents, total=found.due, before=found.before)
    tally.by_parts = by_parts
    return tally


def is_by_parts(tx: Transaction, session: Session, resource: Child, scope: Scope) -> bool:
    """Tell whether a sync of everything leaves what is below records to be read as history, part by part."""
    return session.history_seconds is not None and scope == Scope() and is_history_left(tx, resource.name)


def wanted_by(session: Session, resource: Child, scope: Scope, read_before: datetime | None) -> Due:
    """Return whose children a scope wants: those not read since `read_before`, or (None) that changed."""
    by_windows = read_before is not None
    return Due(
        resource.parent,
        resource.name,
        lower=scope.bounds.lower if by_windows else None,
        upper=scope.bounds.upper if by_windows else None,
        read_before=read_before,
        at=now() + (timedelta(days=2) if session.accept_deletions else timedelta()),  # what is held back, too
    )


@dataclass(frozen=True)
class _Found:
    """Whose children are to be read: so many that are `due`, those beyond `first` first."""

    due: int
    first: Place | None
    before: Before

    @classmethod
    def by(cls, tx: Transaction, resource: Child, wanted: Due) -> "_Found":
        return cls(count_due(tx, wanted), _first(tx, resource), Before.of(tx, resource))


def _first(tx: Transaction, resource: Child) -> Place | None:
    """Return beyond which parent the next reading begins; None: it begins with the first."""
    beyond = BEGINS_AFTER.read(tx, resource.name)
    return None if beyond is None else place_of(tx, resource.parent, beyond)


def _from(session: Session, wanted: Due, after: Place | None) -> Iterator[Parent]:
    """Yield the parents that are due, those beyond a place first."""
    yield from _as_parents(each_due(session.reading, wanted, after=after))
    if after is not None:
        everyone = each_due(session.reading, wanted)
        yield from _as_parents(takewhile(lambda each: each.place <= after, everyone))


def _as_parents(due: Iterable[DueParent]) -> Iterator[Parent]:
    return ((each.remote_id, each.content_hash) for each in due)


def has_rest(tx: Transaction, session: Session, resource: Child, scope: Scope) -> bool:
    """Tell whether there is anything for `land_rest` to read after what changed."""
    if scope.is_of_windows:
        return False
    watched = scope.is_of_changes and _is_watch_due(tx, session, resource)
    return watched or HISTORY.read(tx, resource.name) is not None


async def land_rest(
    lever: LeverClient, session: Session, resource: Child, scope: Scope, *, deadline: float | None
) -> Tally:
    """Read what is watched, and then of the history what there is time for.

    `deadline`: an instant of `time.monotonic`; None: all of it is read.
    """
    with session.reading() as tx:
        history = HISTORY.read(tx, resource.name)
        watched = watched_by(tx, session, resource) if scope.is_of_changes else []
        before = Before.of(tx, resource)
        wanted = Due(resource.parent, resource.name, at=tx.instant, history=True)
        walk = Walk(session, wanted, history, _first(tx, resource), deadline)
        total = len(watched) + walk.count(tx)
    requests = lever.traffic.requests
    tally = await _read(lever, session, resource, walk.after(watched), total=total, before=before, walk=walk)
    if history is not None:
        with session.writing() as tx:
            to = None if walk.is_at_end else walk.reached
            if walk.is_at_end or to is not None:
                asked = lever.traffic.requests - requests
                move_history(tx, resource.name, history, to, asked)
    tally.by_parts = deadline is not None
    return tally


async def land_longest_unread(
    lever: LeverClient, session: Session, resource: Child, *, read_before: datetime
) -> Tally:
    """Read the children of the parents that were longest unread again, as many as a reconcile may."""
    budget = session.settings.reconcile_budget
    with session.reading() as tx:
        parents = longest_unread(tx, resource.parent, resource.name, read_before=read_before, limit=budget)
        before = Before.of(tx, resource)
    return await _read(lever, session, resource, iter(parents), total=len(parents), before=before)


def is_to_be_noted(tx: Transaction, session: Session, resource: Child) -> bool:
    """Tell whether there is anything for `note_read` to keep."""
    looks = resource.moves_alone and not rests(tx, session, resource)
    return looks or not is_read_up_to(tx, resource.name)


def note_read(session: Session, resource: Child) -> None:
    """Keep, after a resource was read, what spares polls a look: that nothing is left, nor watched for long.

    In a transaction of its own, which has landings wait before it writes anything.
    """
    with session.writing() as tx:
        note_read_up_to(tx, resource.name, resource.parent)
        if resource.moves_alone and not rests(tx, session, resource):
            first = longest_ago(tx, resource.parent, resource.name, moving_at=tx.instant)
            WATCHED.keep(tx, min(filter(None, (first, tx.instant))), resource.name)


def rests(tx: Transaction, session: Session, resource: Child) -> bool:
    """Tell whether it is kept that nothing of what is watched was read long enough ago to be read again."""
    read_since = WATCHED.read(tx, resource.name)
    return read_since is not None and read_since > _watched_before(tx, session)


def _watched_for(session: Session) -> timedelta:
    return timedelta(minutes=session.settings.watch_minutes)


def _watched_before(tx: Transaction, session: Session) -> datetime:
    return tx.instant - _watched_for(session)


def watched_by(tx: Transaction, session: Session, resource: Child) -> list[Parent]:
    """Return the parents whose records may have changed unnoticed, as many as a delta may read again.

    None, until one of them was read so long ago as the settings say. Then also those that were read half as
    long ago: what was read one after the other would else become due in as many runs.
    """
    if not _is_watch_due(tx, session, resource):
        return []
    half = tx.instant - _watched_for(session) / 2
    return _watched(tx, resource, read_before=half, limit=_watched_at_most(session))


def _is_watch_due(tx: Transaction, session: Session, resource: Child) -> bool:
    if not resource.moves_alone or rests(tx, session, resource):
        return False
    first = min(1, _watched_at_most(session))
    return bool(_watched(tx, resource, read_before=_watched_before(tx, session), limit=first))


def _watched(tx: Transaction, resource: Child, *, read_before: datetime, limit: int) -> list[Parent]:
    return longest_unread(
        tx, resource.parent, resource.name, read_before=read_before, limit=limit, moving_at=tx.instant
    )


def _watched_at_most(session: Session) -> int:
    """Return how many of the watched a run reads again, of each resource: what the allowance has room for.

    In the time in which all are to be read, half of which is left to others.
    """
    settings = session.settings
    if settings.watch_budget is not None:
        return settings.watch_budget
    if not settings.rate_limit:
        return _MOST_WATCHED
    requests = settings.rate_limit * _watched_for(session).total_seconds() / 2
    return min(_MOST_WATCHED, max(1, int(requests / len(_MOVING_ALONE))))


async def _read(
    lever: LeverClient,
    session: Session,
    resource: Child,
    parents: Iterator[Parent],
    *,
    total: int,
    before: Before,
    walk: Walk | None = None,
) -> Tally:
    reader = ChildReader(lever, session, resource, parents, total, before)
    if resource.name == offering.OFFERS:
        reader.parents = offering.worth_asking(session, parents, reader.passed_over)
    if walk is not None:
        reader.parents = walk.until_deadline(reader.parents)
    await reader.run(session.settings.concurrency)
    return reader.tally

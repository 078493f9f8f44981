"""Landing what Lever gives per parent: one request for each parent that is due, many at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, takewhile

from lever_assets.lever import LeverClient
from lever_assets.lever.resources import Child
from lever_assets.store.children import Due, count_due, each_due, is_read_up_to, note_read_up_to
from lever_assets.store.transaction import Transaction, now
from lever_assets.store.watching import longest_ago, longest_unread
from lever_assets.sync.checkpoints import BEGINS_AFTER, WATCHED
from lever_assets.sync.fetch import offering
from lever_assets.sync.fetch.asking import Parent
from lever_assets.sync.fetch.below import Before, ChildReader
from lever_assets.sync.fetch.set_aside import are_misread, have_parents_asked
from lever_assets.sync.fetch.tally import Tally
from lever_assets.sync.session import Scope, Session


async def land_below(
    lever: LeverClient, session: Session, resource: Child, scope: Scope, *, read_since: datetime
) -> Tally:
    """Read the children of every parent of the scope that is due.

    A delta reads the children of parents that changed since theirs were read, and some of what is watched;
    other scopes also those that were not read since `read_since`, the beginning of the run. Those that could
    not be read earlier are read when they are due; if the scope is everything, all of them.
    """
    wanted = Due(
        resource.parent,
        resource.name,
        lower=None if scope.delta else scope.bounds.lower,
        upper=None if scope.delta else scope.bounds.upper,
        read_before=None if scope.delta else read_since,
        at=now() + (timedelta(days=2) if session.accept_deletions else timedelta()),  # what is held back, too
    )
    if resource.name == offering.OFFERS:
        with session.writing() as tx:
            offering.review(tx, session)
    with session.reading() as tx:
        misread = scope.delta and are_misread(tx, resource)
        found = None if misread else _Found.by(tx, session, resource, wanted, watched=scope.delta)
    if found is None:
        with session.writing() as tx:
            have_parents_asked(tx, resource)
        with session.reading() as tx:
            found = _Found.by(tx, session, resource, wanted, watched=scope.delta)
    parents = _from(session, wanted, found.first) if found.due else iter(())
    total = found.due + len(found.watched)
    return await _read(
        lever, session, resource, chain(parents, found.watched), total=total, before=found.before
    )


@dataclass(frozen=True)
class _Found:
    """Whose children are to be read: so many that are `due`, from beyond `first` on, and those watched."""

    due: int
    watched: Sequence[Parent]
    first: str | None
    before: Before

    @classmethod
    def by(
        cls, tx: Transaction, session: Session, resource: Child, wanted: Due, *, watched: bool
    ) -> "_Found":
        return cls(
            count_due(tx, wanted),
            watched_by(tx, session, resource) if watched else (),
            BEGINS_AFTER.read(tx, resource.name),
            Before.of(tx, resource),
        )


def _from(session: Session, wanted: Due, after: str | None) -> Iterator[Parent]:
    """Yield the parents that are due, those beyond an id first."""
    yield from each_due(session.reading, wanted, after=after)
    if after is not None:
        everyone = each_due(session.reading, wanted)
        yield from takewhile(lambda each: each[0] <= after, everyone)


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


def _watched_before(tx: Transaction, session: Session) -> datetime:
    return tx.instant - timedelta(minutes=session.settings.watch_minutes)


def watched_by(tx: Transaction, session: Session, resource: Child) -> list[Parent]:
    """Return the parents whose records may have changed unnoticed, as many as a delta may read again."""
    if not resource.moves_alone or rests(tx, session, resource):
        return []
    return longest_unread(
        tx,
        resource.parent,
        resource.name,
        read_before=_watched_before(tx, session),
        limit=session.settings.watch_budget,
        moving_at=tx.instant,
    )


async def _read(
    lever: LeverClient,
    session: Session,
    resource: Child,
    parents: Iterator[Parent],
    *,
    total: int,
    before: Before,
) -> Tally:
    reader = ChildReader(lever, session, resource, parents, total, before)
    if resource.name == offering.OFFERS:
        reader.parents = offering.worth_asking(session, parents, reader.passed_over)
    await reader.run(session.settings.concurrency)
    return reader.tally

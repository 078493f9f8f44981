"""Deletions that Lever announces: `/opportunities/deleted` and its like, by window or since the last one.

Lever Data API documentation, "List deleted opportunities"; applications and postings have the same list.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lever_assets.lever import AuthenticationError, LeverClient, LeverError, Page
from lever_assets.lever.faults import of_shape
from lever_assets.lever.instants import from_epoch_ms_if_any
from lever_assets.lever.resources import BY_NAME, Embedded, Resource, all_below
from lever_assets.store import due, raw
from lever_assets.store.reads import raw_count
from lever_assets.store.transaction import Transaction, now
from lever_assets.store.unlisted import Unlisted
from lever_assets.sync.checkpoints import DELETIONS
from lever_assets.sync.fetch import brake
from lever_assets.sync.fetch.brake import mark_gone
from lever_assets.sync.fetch.refused import warnings
from lever_assets.sync.session import Scope, Session
from lever_assets.sync.windows import Bounds

LONGEST_SPAN = timedelta(days=29)
"""Lever may refuse a span of more than 30 days (docs/lever-api.md, Opportunities)."""
_MOST_PIECES = 60
_LISTED_WITHIN = timedelta(days=1)
"""After a deletion it is listed, at the latest; and so much may the clocks be apart."""
_OUT_OF_DATE = "something inside it was deleted, and it was not read since"
_UNDATED = "Lever lists it as deleted, without the instant of it"
_CLOCKS_APART = timedelta(minutes=1)

Instants = dict[str, datetime | None]
"""When records (remote ids) were deleted; None: the list does not say."""


@dataclass
class Deletions:
    """What became of deletions: how many records were live, and which are to be read `again`.

    That is of which something inside was deleted, and what is listed without saying since when. `began` is
    when the pass over the resource began, `warnings` are sentences for people.
    """

    began: datetime
    count: int = 0
    again: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)


async def land_deletions(
    lever: LeverClient, session: Session, resource: Resource, scope: Scope, began: datetime
) -> Deletions:
    """Mark what Lever says was deleted as gone, with the records below it.

    A record that had some of these inside it is out of date: see the result's `again`.
    `began` is when the pass over the resource began (our clock). A list that can't be read stops nothing:
    what is known stays known, and a pass over everything finds what is gone by itself. Raises
    AuthenticationError.
    """
    found = Deletions(began)
    wanted = [each for each in _with_list(resource) if session.exclusion.needs(each.name)]
    with session.reading() as tx:
        up_to = {each.name: read_up_to(tx, each) for each in wanted}
    moved: dict[str, datetime] = {}
    for each in wanted:
        known = up_to[each.name]
        bounds = _bounds(session, scope, known)
        try:
            newest = await _land_list(lever, session, each, bounds, found)
        except AuthenticationError:
            raise
        except LeverError as error:
            found.warnings.append(
                f"What was deleted of {each.name} is not known: {error.problem}; the next full sync or "
                "reconcile finds it by itself"
            )
            continue
        found.warnings += warnings(each, lever.refusals.of(each.deleted_path or ""))
        reached = lever.clock.reached(began)
        told = max(filter(None, (newest, reached - _LISTED_WITHIN)))
        if _closes_up(bounds, known):
            moved[each.name] = min(told, reached)
    if moved:
        with session.writing() as tx:
            for name, instant in moved.items():
                DELETIONS.move(tx, instant, name)
    return found


async def _land_list(
    lever: LeverClient, session: Session, resource: Resource, bounds: Bounds, found: Deletions
) -> datetime | None:
    """Mark what one list tells, piece by piece; return the latest deletion."""
    path, newest, before = resource.deleted_path or "", None, found.count
    for piece in _pieces(lever, session, resource, bounds):
        params = dict(piece.filters("deleted_at"))
        async for page in lever.pages(path, params, optional=tuple(params)):
            gone, latest = read_page(page)
            await _check(lever, session, resource, gone, found, already=found.count - before)
            _mark(session, resource, gone, found)
            newest = max(filter(None, (newest, latest)), default=None)
        if lever.refusals.of(path):
            break  # it was the whole list
    return newest


def _pieces(lever: LeverClient, session: Session, resource: Resource, bounds: Bounds) -> Sequence[Bounds]:
    """Return the bounds in pieces that Lever takes, from when the first record of the resource was stored.

    What was deleted before that never was stored.
    """
    end = bounds.upper or latest(lever)
    within = Bounds(bounds.lower, end)
    if bounds.lower is None or end - bounds.lower > LONGEST_SPAN:
        with session.reading() as tx:
            first = raw.first_seen(tx, resource.name)
        stored = None if first is None else within.since(lever.clock.theirs(first) - _LISTED_WITHIN)
        if stored is None:
            return ()
        within = stored
    return within.pieces(LONGEST_SPAN)[-_MOST_PIECES:]


def latest(lever: LeverClient) -> datetime:
    """Return the instant (UTC) before which every deletion so far was, by either clock."""
    return max(lever.clock.theirs(now()), now()) + _CLOCKS_APART


def read_up_to(tx: Transaction, resource: Resource) -> datetime | None:
    """Return the instant up to which every deletion is known; None: they were never asked for."""
    return DELETIONS.read(tx, resource.name)


def all_known(tx: Transaction, resource: Resource, at: datetime) -> None:
    """Keep that a pass over everything found whatever was deleted before `at`."""
    for each in _with_list(resource):
        DELETIONS.move(tx, at, each.name)


def _with_list(resource: Resource) -> list[Resource]:
    """Return the resource and those that land with it, as far as Lever lists their deletions."""
    return [each for each in (resource, *all_below(resource.name)) if each.deleted_path]


def _bounds(session: Session, scope: Scope, known: datetime | None) -> Bounds:
    if not scope.delta:
        return scope.bounds
    return Bounds() if known is None else Bounds(lower=known - session.settings.sync_overlap)


def read_page(page: Page) -> tuple[Instants, datetime | None]:
    """Return when each record of the page was deleted, and the latest of these instants that is past."""
    gone: Instants = {}
    for record in page.records:
        remote_id = record.get("id")
        if isinstance(remote_id, str):
            gone[remote_id] = from_epoch_ms_if_any(record.get("deletedAt"))
    moment = now()
    return gone, max((each for each in gone.values() if each is not None and each <= moment), default=None)


@dataclass(frozen=True)
class _Listed:
    """What a page tells of what is stored: what is gone, and what it lists without saying since when."""

    over: Sequence[raw.RawRow]
    undated: Sequence[raw.RawRow]


def _listed(tx: Transaction, resource: Resource, gone: Instants, began: datetime) -> _Listed:
    stored = [row for row in raw.read(tx, resource.name, gone) if not row.deleted or row.left_out]
    seen = raw.seen_since(tx, resource.name, [row.remote_id for row in stored], began)
    over = [
        row
        for row in stored
        if gone[row.remote_id] is not None
        and holds(row, gone[row.remote_id], listed_since=began if row.remote_id in seen else None)
    ]
    return _Listed(over, [row for row in stored if gone[row.remote_id] is None])


async def _check(
    lever: LeverClient,
    session: Session,
    resource: Resource,
    gone: Instants,
    found: Deletions,
    *,
    already: int,
) -> None:
    """Raise MalformedError when so much is listed that it may be a mistake, and Lever still has some of it.

    `already`: how many records this list has taken out before.
    """
    if already + len(gone) < brake.AT_LEAST:
        return
    with session.reading() as tx:
        over = [row.remote_id for row in _listed(tx, resource, gone, found.began).over]
        live = raw_count(tx, resource.name).live + already
    missing = already + len(over)
    if not over or not brake.is_too_much(session, Unlisted(missing, live)):
        return
    witness = await brake.ask_singly(lever, session, resource, over)
    if witness.here:
        told = f"it lists {missing:,} of the {live:,} {resource.name} that are stored as deleted"
        asked = f"of {witness.here + witness.gone} that were asked for singly Lever still has {witness.here}"
        raise of_shape(f"{told}, and {asked}", "GET", resource.deleted_path or "", by=lever.let_in_by)


def _mark(session: Session, resource: Resource, gone: Instants, found: Deletions) -> None:
    """Mark what is gone; what no instant speaks for is asked for singly before it is."""
    if not gone:
        return
    with session.writing() as tx:
        listed = _listed(tx, resource, gone, found.began)
        if listed.over:
            ids = [row.remote_id for row in listed.over]
            found.count += mark_gone(tx, resource, ids)
        if not isinstance(resource, Embedded):
            doubtful = {row.remote_id: _UNDATED for row in listed.undated}
            due.put_off(tx, resource.table, resource.name, doubtful)
            found.again.update(doubtful)
            return
        # Kept at once: the list is not read again, should this be stopped before they are.
        parents = {row.parent_id: _OUT_OF_DATE for row in (*listed.over, *listed.undated) if row.parent_id}
        due.put_off(tx, BY_NAME[resource.parent].table, resource.parent, parents)
        found.again.update(parents)


def holds(row: raw.RawRow, deleted_at: datetime | None, *, listed_since: datetime | None = None) -> bool:
    """Tell whether the record is still deleted: one that changed in Lever since has come back.

    One whose change lies ahead of our clock tells nothing: it has come back if it was listed by a pass that
    began after the deletion, at `listed_since`.
    """
    changed_at = row.updated_at or row.created_at
    if deleted_at is None or changed_at is None:
        return True
    if changed_at > now():
        return listed_since is None or listed_since <= deleted_at
    return changed_at <= deleted_at


def _closes_up(bounds: Bounds, known: datetime | None) -> bool:
    """Tell whether what was read reaches from what was `known` to now: else there may be a gap before it."""
    if bounds.upper is not None:
        return False
    return bounds.lower is None or (known is not None and bounds.lower <= known)

"""Refreshing single opportunities, at once: after a write action, or when Lever announces a change.

What was read is landed and mapped in one transaction, so the tables show the new state as soon as it ends.
No lock for one sync at a time is needed: landings of a connection wait for one another, and the marks up to
which the sync has mapped stay where they are. It maps the same records once more and finds them unchanged.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from lever_assets.lever import JsonObject, LeverClient, LeverError, UnavailableError
from lever_assets.lever.resources import APPLICATIONS, OPPORTUNITIES, Child, Resource, children_of
from lever_assets.policy.anonymity import FLAG
from lever_assets.policy.people import limit_of
from lever_assets.store import Merged, due, land, land_children, mapping_errors
from lever_assets.store.children import forget_reads
from lever_assets.store.transaction import Transaction, now
from lever_assets.store.values import canonical, fingerprint
from lever_assets.sync.checkpoints import READING
from lever_assets.sync.fetch.arrivals import Batch, read_batch
from lever_assets.sync.fetch.asking import concerns_all
from lever_assets.sync.fetch.inside import land_embedded
from lever_assets.sync.fetch.set_aside import set_aside
from lever_assets.sync.fetch.singles import ask_inside, list_below, read_single, unexpanded
from lever_assets.sync.fetch.verdicts import Verdict, judge
from lever_assets.sync.refresh.mapping_at_once import LISTS_BELOW, map_opportunities
from lever_assets.sync.refresh.restraint import Restraint
from lever_assets.sync.retention.coverage import kept_of
from lever_assets.sync.session import Session

_LISTS: Mapping[str, Child] = {each.name: each for each in children_of(OPPORTUNITIES.name)}
_BELOW: Sequence[Resource] = (*_LISTS.values(), APPLICATIONS)
_EXPANDED = {"expand": APPLICATIONS.name}
_AT_ONCE = 50


@dataclass(frozen=True)
class RefreshReport:
    """What became of the opportunities, by remote id.

    `read`, and `gone`: Lever has them no more. `doubtful`: it answered so, but no second witness says it
    yet. `failed`: why these could not be read; they stay as they are. `unavailable`: of these, which were
    read, Lever was out of order when it was asked for a list below, by the list's name. The last three are
    asked for again by the next sync, at the latest. `below`: the lists that were read of any of them.
    `warnings`: sentences of what was held back.
    """

    read: tuple[str, ...]
    gone: tuple[str, ...]
    merged: Merged
    doubtful: tuple[str, ...] = ()
    failed: Mapping[str, LeverError] = field(default_factory=dict)
    unavailable: Mapping[str, Mapping[str, UnavailableError]] = field(default_factory=dict)
    below: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Read:
    """One opportunity as Lever gave it (None: it has none), and the lists below it; or why it failed.

    `refused`: which of these lists could not be read, and why.
    """

    remote_id: str
    asked_at: datetime
    record: JsonObject | None = None
    below: dict[str, list[JsonObject]] = field(default_factory=dict)
    refused: dict[str, LeverError] = field(default_factory=dict)
    failure: LeverError | None = None

    @property
    def unavailable(self) -> dict[str, UnavailableError]:
        """The lists for which Lever was out of order."""
        return {name: error for name, error in self.refused.items() if isinstance(error, UnavailableError)}


async def refresh_opportunities(
    lever: LeverClient,
    session: Session,
    ids: Collection[str],
    *,
    below: Collection[str] = LISTS_BELOW,
    announced: Collection[str] = (),
    restraint: Restraint | None = None,
) -> RefreshReport:
    """Read these opportunities (Lever's ids) and what is `below` them again, and bring the tables up to it.

    Applications come with their opportunity. What the settings leave out (a cutoff, only what was created
    here) is read, but not taken in. An opportunity that Lever has no more is marked as gone, if a second
    witness says so, such as that it was `announced` to be deleted (`sync/fetch/singles.py`). One that
    can't be read costs none of the others. A list below that the key may not read is left as it is.
    Raises LeverError when Lever can't be asked at all, and StoreError.

    What the lists below lack goes at the end, unless it is so much that they may be wrong. With the
    `restraint` of a longer course that is left to `let_go`, at the end of the course.
    """
    exclusion = session.exclusion
    wanted = list(dict.fromkeys(ids)) if exclusion.needs(OPPORTUNITIES.name) else []
    needed = [name for name in below if exclusion.needs(name)]
    expanded = _EXPANDED if exclusion.needs(APPLICATIONS.name) else {}
    course = Restraint(session) if restraint is None else restraint
    report = RefreshReport((), (), Merged())
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        found = await asyncio.gather(*(_read(lever, each, needed, expanded) for each in some))
        failed = {each.remote_id: each.failure for each in found if each.failure is not None}
        for error in filter(concerns_all, failed.values()):
            raise error
        missing = [each.remote_id for each in found if each.record is None and each.failure is None]
        read = [each.remote_id for each in found if each.record is not None]
        verdict = await judge(
            lever,
            session,
            OPPORTUNITIES,
            missing,
            announced=announced,
            answering=bool(read),
            believed=course.believed,
        )
        course.believed += len(verdict.believed)
        with session.writing() as tx:
            merged = _take_in(tx, course, found, verdict)
        session.on_refresh(tx.written)
        report = RefreshReport(
            (*report.read, *read),
            (*report.gone, *sorted(verdict.gone)),
            report.merged + merged,
            (*report.doubtful, *sorted(verdict.doubt)),
            {**report.failed, **failed},
            {**report.unavailable, **{each.remote_id: out for each in found if (out := each.unavailable)}},
            report.below.union(*(each.below for each in found)),
            tuple(dict.fromkeys((*report.warnings, *filter(None, [verdict.warning])))),
        )
    if restraint is not None:
        return report
    merged, warnings = let_go(session, course)
    return replace(report, merged=report.merged + merged, warnings=(*report.warnings, *warnings))


def let_go(session: Session, restraint: Restraint) -> tuple[Merged, list[str]]:
    """Bring the tables up to what a course of refreshings found missing; return warnings of what is held."""
    parents, warnings = restraint.let_go()
    if not parents:
        return Merged(), warnings
    with session.writing() as tx:
        merged = map_opportunities(tx, session, sorted(parents))
    session.on_refresh(tx.written)
    return merged, warnings


async def _read(
    lever: LeverClient, remote_id: str, below: Collection[str], params: Mapping[str, str]
) -> _Read:
    asked_at = now()
    try:
        record = await read_single(lever, OPPORTUNITIES, remote_id, params)
    except LeverError as error:
        return _Read(remote_id, asked_at, failure=error)
    if record is None:
        return _Read(remote_id, asked_at)
    lists: dict[str, list[JsonObject]] = {}
    refused: dict[str, LeverError] = {}
    inside = [APPLICATIONS.name] if params and unexpanded([record], APPLICATIONS) else []
    for name in (*inside, *below):
        try:
            if name in inside:
                record = {**record, name: [*await ask_inside(lever, APPLICATIONS, record)]}
            else:
                lists[name] = await list_below(lever, _LISTS[name], remote_id)
        except LeverError as error:
            if concerns_all(error):
                return _Read(remote_id, asked_at, failure=error)
            refused[name] = error
    return _Read(remote_id, asked_at, record, lists, refused)


def _take_in(tx: Transaction, restraint: Restraint, found: Sequence[_Read], verdict: Verdict) -> Merged:
    session = restraint.session
    tx.hold_landings()
    batch = _kept(tx, session, found)
    land(tx, OPPORTUNITIES.name, batch.arrivals, asked_at=batch.asked_at)
    hashes = {each.remote_id: fingerprint(canonical(each.data)) for each in batch.arrivals}
    if batch.embedded:
        batch.partial.update(restraint.doubts(tx, APPLICATIONS, batch.embedded, batch.partial, hashes))
        land_embedded(tx, OPPORTUNITIES, APPLICATIONS, batch, hashes={})
    set_aside(tx, OPPORTUNITIES, batch)
    verdict.keep(tx, OPPORTUNITIES)
    _keep_due(tx, found, hashes)
    _land_below(tx, restraint, [each for each in found if each.remote_id in hashes], hashes)
    return map_opportunities(tx, session, [each.remote_id for each in found])


def _keep_due(tx: Transaction, found: Sequence[_Read], taken: Mapping[str, str]) -> None:
    """Keep what could not be read as due, for the next sync to ask for; what was read is due no more.

    `taken`: the content hashes of the opportunities that land.
    """
    failed = {
        each.remote_id: each.failure.problem
        for each in found
        if each.failure is not None
        and not isinstance(each.failure, UnavailableError)  # it may be everybody's
    }
    due.put_off(tx, OPPORTUNITIES.table, OPPORTUNITIES.name, failed)
    due.healed(tx, OPPORTUNITIES.table, OPPORTUNITIES.name, taken)
    for below in _BELOW:
        left_out = [
            each.remote_id for each in found if below.name in each.below and each.remote_id not in taken
        ]
        due.healed(tx, below.table, OPPORTUNITIES.name, left_out)
        refused = {
            each.remote_id: each.refused[below.name].problem for each in found if below.name in each.refused
        }
        if _is_denied(tx, below):
            # No failure that the next sync could make up for, but to be read when the right returns.
            forget_reads(tx, below.name, refused)
            continue
        due.put_off(tx, below.table, OPPORTUNITIES.name, refused, hashes=taken)


def _is_denied(tx: Transaction, resource: Resource) -> bool:
    """Tell whether the last sync may not read the resource at all."""
    known = READING.read(tx, resource.name)
    return known is not None and known.denied is not None


def _kept(tx: Transaction, session: Session, found: Sequence[_Read]) -> Batch:
    """Return what is to land of the opportunities: what the settings leave out is not."""
    records = [each.record for each in found if each.record is not None]
    asked_at = min((each.asked_at for each in found), default=tx.instant)
    stripping = session.exclusion.stripping(OPPORTUNITIES.name)
    batch = read_batch(OPPORTUNITIES, records, asked_at=asked_at, embedded=APPLICATIONS, stripping=stripping)
    limit = limit_of(session.settings, OPPORTUNITIES, tx.instant)
    return batch.only(kept_of(tx, limit, batch.arrivals))


def _land_below(
    tx: Transaction, restraint: Restraint, found: Sequence[_Read], hashes: Mapping[str, str]
) -> None:
    session = restraint.session
    for resource in {below for each in found for below in each.below}:
        stripping = session.exclusion.stripping(resource)
        read = {
            each.remote_id: read_batch(
                _LISTS[resource],
                each.below[resource],
                asked_at=each.asked_at,
                first_position=0,
                anonymised=each.record is not None and each.record.get(FLAG) is True,
                stripping=stripping,
            )
            for each in found
            if resource in each.below
        }
        lists = {parent: children.arrivals for parent, children in read.items()}
        in_part = [parent for parent, children in read.items() if not children.whole]
        land_children(
            tx,
            resource,
            lists,
            parent_hashes={parent: hashes.get(parent) for parent in read},
            asked_at={each.remote_id: each.asked_at for each in found},
            partial=restraint.doubts(tx, _LISTS[resource], lists, in_part, hashes),
        )
        errors = [error for children in read.values() for error in children.errors]
        mapping_errors.record(tx, errors)

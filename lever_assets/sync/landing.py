"""Landing one resource: the face of the fetching, for whoever orchestrates it."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import assert_never

from lever_assets.connect.permissions import note_refused, note_seen
from lever_assets.lever import LeverClient, LeverError, NotFoundError, PermissionMissingError
from lever_assets.lever.access import place_of
from lever_assets.lever.resources import (
    BY_NAME,
    RESOURCES,
    Child,
    Embedded,
    Listed,
    Long,
    Paged,
    ReadWhole,
    Resource,
    Snapshot,
    Windowed,
    embedded_in,
)
from lever_assets.store import due, mapping_errors
from lever_assets.store.drift import record_drift
from lever_assets.store.transaction import Transaction, now
from lever_assets.sync.checkpoints import READING, WATERMARK, WINDOWS_READ, Reading, RunSoFar, Span
from lever_assets.sync.fetch import brake
from lever_assets.sync.fetch.asking import NotThere
from lever_assets.sync.fetch.brake import held_back
from lever_assets.sync.fetch.children import (
    has_rest,
    is_to_be_noted,
    land_below,
    land_longest_unread,
    land_rest,
    note_read,
)
from lever_assets.sync.fetch.left import is_left_within, left_below
from lever_assets.sync.fetch.lists import land_paged
from lever_assets.sync.fetch.refused import denial, nothing_readable, skipped
from lever_assets.sync.fetch.set_aside import tables_of, unread_below
from lever_assets.sync.fetch.snapshots import land_snapshot
from lever_assets.sync.fetch.tally import Tally
from lever_assets.sync.map.deriving import to_derive
from lever_assets.sync.reports import LandReport
from lever_assets.sync.resuming import forget_run, keep_read
from lever_assets.sync.retention.excluded import keep_reads
from lever_assets.sync.session import Scope, Session
from lever_assets.sync.windows import Bounds, joined


async def land_with(
    lever: LeverClient, session: Session, resource_name: str, scope: Scope, so_far: RunSoFar
) -> LandReport:
    """Read one resource from Lever into its raw table, as part of a run, and say what became of it.

    Of what is below records: what changed. If the report has `more`, `land_more` reads that. All is ready
    (`prepare`). Raises LeverError or StoreError; what was read until then is kept. A resource
    that is not there, or not for this key, is no error: the report's `skipped` tells it.
    """
    resource = session.exclusion.applied_to(BY_NAME[resource_name])
    read = partial(_read, lever, session, resource, scope, so_far)
    return await _landed(lever, session, resource, scope, so_far, read=read)


async def land_more(
    lever: LeverClient,
    session: Session,
    first: LandReport,
    scope: Scope,
    so_far: RunSoFar,
    *,
    deadline: float | None,
) -> LandReport:
    """Read what `land_with` left for later, as far as there is time; return the report of both.

    `deadline` is as for `land_rest`. Raises as `land_with`.
    """
    resource = session.exclusion.applied_to(BY_NAME[first.resource])
    if not isinstance(resource, Child):
        raise TypeError(f"{resource.name} is read at once")
    read = partial(land_rest, lever, session, resource, scope, deadline=deadline)
    rest = await _landed(lever, session, resource, scope, so_far, read=read, is_last=True)
    return first.followed_by(rest)


async def _landed(
    lever: LeverClient,
    session: Session,
    resource: Resource,
    scope: Scope,
    so_far: RunSoFar,
    *,
    read: Callable[[], Awaitable[Tally]],
    is_last: bool = False,
) -> LandReport:
    began, started_at, before = time.monotonic(), now(), lever.traffic.snapshot()
    refusal: NotThere | None = None
    try:
        tally = await read()
        if isinstance(resource, Paged):
            keep_reads(session, resource)
    except (PermissionMissingError, NotFoundError) as error:
        tally, refusal = Tally(), error
    except LeverError as error:
        _put_off(session, resource, error)
        raise
    moment, name = now(), resource.name
    reading = Reading(moment, moment, str(scope), lever.refusals.of(resource.path))
    with session.writing() as tx:
        if refusal is not None:
            known = READING.read(tx, name)
            denied = denial(resource, refusal, str(scope))
            reading = replace(
                denied, read_at=None if known is None else known.read_at, refused=reading.refused
            )
            brake.put_off(tx, resource, refusal.problem)
        READING.keep(tx, reading, name)
        _note_permission(tx, resource, tally, refusal)
        to_derive(tx, name)
        whole = isinstance(resource, ReadWhole) or (scope == Scope() and not tally.by_parts)
        if whole and refusal is None and not tally.set_aside:
            # All of it was read since, and nothing came without an id.
            for table in tables_of(resource):
                mapping_errors.resolve_all(tx, table, before=so_far.started_at)
        keep_read(tx, so_far, resource.name)
        kept = held_back(tx, resource)
        if not kept:
            whole_list = [due.WHOLE_LIST]
            due.healed(tx, resource.table, resource.name, whole_list, before=started_at)
        unread, unread_warning = unread_below(tx, resource)
        child = resource if isinstance(resource, Child) and refusal is None else None
        more = child is not None and not is_last and has_rest(tx, session, child, scope)
        left = left_below(tx, session.settings, child) if child is not None and is_last else None
        if scope.is_of_windows and not more:
            _note_windows(tx, resource, scope)
        if child is not None and (more or not is_to_be_noted(tx, session, child)):
            child = None
    if refusal is not None:
        _stop_if_all_are_refused(session, so_far)
    elif child is not None:
        note_read(session, child)
    warnings = (*tally.warnings, unread_warning, lever.clock.doubt)
    return LandReport(
        resource.name,
        str(scope),
        tally.counts,
        lever.traffic.since(before),
        time.monotonic() - began,
        tally.embedded,
        tally.set_aside,
        None if refusal is None else skipped(resource, refusal),
        tally.drift,
        tuple(filter(None, warnings)),
        unread,
        kept,
        refusal.scope if isinstance(refusal, PermissionMissingError) else None,
        more=more,
        left=left,
    )


def _put_off(session: Session, resource: Resource, error: LeverError) -> None:
    """Keep that the resource as a whole could not be read, so that no sensor asks for it all the time."""
    with session.writing() as tx:
        reasons = {due.WHOLE_LIST: error.problem}
        due.put_off(tx, resource.table, resource.name, reasons)


def _stop_if_all_are_refused(session: Session, so_far: RunSoFar) -> None:
    """Raise NothingReadableError when every list that is wanted was refused since the run began."""
    wanted = [each for each in RESOURCES if isinstance(each, Listed) and session.exclusion.needs(each.name)]
    with session.writing() as tx:
        known = READING.every(tx)
        statuses = [_refused_since(known.get(each.name), so_far.started_at) for each in wanted]
        if None in statuses:
            return
        forget_run(tx, so_far)  # there is nothing to go on with
    raise nothing_readable((status for status in statuses if status is not None), session.account.address)


def _refused_since(known: Reading | None, since: datetime) -> int | None:
    """Return the status with which a list was refused since an instant; None: it was not."""
    if known is None or known.asked_at is None or known.asked_at < since:
        return None
    return known.status


def _note_permission(tx: Transaction, resource: Resource, tally: Tally, refusal: NotThere | None) -> None:
    """Keep what a client's answers do not tell: of a list below records as a whole, of what came inside."""
    if isinstance(refusal, PermissionMissingError):
        note_refused(tx, place_of(resource.path), refusal)
    inside = embedded_in(resource.name)
    if inside is not None and tally.embedded is not None and tally.embedded.seen:
        note_seen(tx, place_of(inside.path))


def _note_windows(tx: Transaction, resource: Resource, scope: Scope) -> None:
    """Keep that some windows were read, unless there is still some to be read below their records."""
    if isinstance(resource, Child) and is_left_within(tx, resource, scope.bounds):
        return
    before = [Bounds(each.lower, each.upper) for each in WINDOWS_READ.read(tx, resource.name) or ()]
    read = joined([*before, scope.bounds])
    WINDOWS_READ.keep(tx, tuple(Span(each.lower, each.upper) for each in read), resource.name)


async def _read(
    lever: LeverClient, session: Session, resource: Resource, scope: Scope, so_far: RunSoFar
) -> Tally:
    if scope.reconcile:
        return await _reconcile(lever, session, resource, so_far)
    match resource:
        case Snapshot():
            return await land_snapshot(lever, session, resource)
        case Windowed() | Long():
            return await land_paged(lever, session, resource, scope)
        case Child():
            return await land_below(lever, session, resource, scope, read_since=so_far.started_at)
        case Embedded():
            raise ValueError(f"{resource.name} lands with {resource.parent}")
        case _:
            assert_never(resource)


async def _reconcile(lever: LeverClient, session: Session, resource: Resource, so_far: RunSoFar) -> Tally:
    """Read what changed, then the rest: what differs there is drift. Some lists are always read whole."""
    changed = await _read(lever, session, resource, Scope(delta=True), so_far)
    if isinstance(resource, ReadWhole):
        return changed
    with session.reading() as tx:
        version = tx.current_version()
        known_up_to = WATERMARK.read(tx, resource.name)
    since = now()
    match resource:
        case Windowed():
            rest = await land_paged(lever, session, resource, Scope())
        case Child():
            rest = await land_longest_unread(lever, session, resource, read_before=so_far.started_at)
        case Embedded():
            raise ValueError(f"{resource.name} lands with {resource.parent}")
        case _:
            assert_never(resource)
    with session.writing() as tx:
        rest.drift = record_drift(
            tx, resource.name, after_version=version, since=since, known_up_to=known_up_to
        )
    return changed + rest

"""Landing a long list by window, page for page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from lever_assets.lever import LeverClient, LeverError, Page, UnavailableError
from lever_assets.lever.resources import Paged, ReadWhole, Windowed, embedded_in
from lever_assets.policy.people import limit_of
from lever_assets.store import Landed, due, sweep
from lever_assets.store.left_out import Limit, mark_left_out, sweep_left_out
from lever_assets.store.transaction import Transaction, now
from lever_assets.store.unlisted import all_unlisted, count_unlisted
from lever_assets.sync.checkpoints import COVERED, HIDDEN, PASS, WATERMARK, Pass, pass_over
from lever_assets.sync.fetch import brake
from lever_assets.sync.fetch.arrivals import Batch, newest_of, read_batch
from lever_assets.sync.fetch.asking import concerns_all
from lever_assets.sync.fetch.brake import NOBODY, Witness, mark_below
from lever_assets.sync.fetch.deletions import all_known, land_deletions
from lever_assets.sync.fetch.inside import Inside
from lever_assets.sync.fetch.refused import hides_some, warnings
from lever_assets.sync.fetch.set_aside import tables_of, worth_another_look
from lever_assets.sync.fetch.singles import read_single
from lever_assets.sync.fetch.tally import Tally, land_batch, may_lack, meter_of
from lever_assets.sync.fetch.verdicts import judge
from lever_assets.sync.resuming import move_watermark, stopped, take_up_pass
from lever_assets.sync.retention.coverage import covered, doubts, kept_of
from lever_assets.sync.session import Scope, Session
from lever_assets.sync.windows import Bounds

_MOST_DUE = 100
"""So many single records that are due are read again in one pass."""
_MOST_NAMED = 1_000
"""So many of which a list of deletions tells; what is left is due."""


@dataclass(frozen=True)
class Listing:
    """One list to walk: its filters, and whether only records without `updatedAt` are wanted of it."""

    filters: tuple[tuple[str, str], ...] = ()
    undated_only: bool = False

    def wanted(self, batch: Batch) -> Batch:
        """Return what is wanted of a batch."""
        if not self.undated_only:
            return batch
        return batch.only({each.remote_id for each in batch.arrivals if each.updated_at is None})


async def land_paged(lever: LeverClient, session: Session, resource: Paged, scope: Scope) -> Tally:
    """Read the records of the scope page by page, each page landed at once; continue a pass that was killed.

    What is gone is marked as such, with the records below it: after a pass over everything what Lever did not
    list, else what it lists as deleted.
    """
    limit = limit_of(session.settings, resource, now())
    with session.writing() as tx:
        bounds = _bounds(tx, session, resource, scope, limit)
        current = take_up_pass(tx, pass_over(resource.name, bounds.key))
    lever.refusals.note(resource.path, current.refused)
    reader = _PagedReader(lever, session, resource, bounds, current, limit)
    try:
        await reader.read_all()
        if not bounds.everything:
            gone = await land_deletions(lever, session, resource, scope, current.started_at)
            reader.tally.counts += Landed(deleted=gone.count)
            reader.tally.warnings += gone.warnings
            await reader.read_again(gone.again)
        if reader.inside is not None:
            reader.inside.judge()
    except LeverError as error:
        reader.stop(error)
        raise
    reader.mark_left_out()
    reader.finish(await reader.look_singly())
    return reader.tally


def _bounds(tx: Transaction, session: Session, resource: Paged, scope: Scope, limit: Limit) -> Bounds:
    """Return what the pass is over.

    A delta reads everything when more is to be kept than before, when deletions that were held back are due,
    and when what comes inside the records could not be read at all and is due.
    """
    if isinstance(resource, ReadWhole):
        return Bounds()
    if not scope.delta:
        return scope.bounds
    mark = WATERMARK.read(tx, resource.name)
    widened = not covered(tx, resource).includes(limit)
    held_back = brake.is_due(tx, session, resource)
    embedded = embedded_in(resource.name)
    unread = embedded is not None and due.WHOLE_LIST in due.due(tx, embedded.table, embedded.name)
    if mark is None or widened or held_back or unread:
        return Bounds()
    return Bounds(lower=mark - session.settings.sync_overlap)


def listings(resource: Paged, bounds: Bounds, limit: Limit) -> list[Listing]:
    """Return the lists that make up a pass.

    An `updated_at` filter misses the records whose `updatedAt` is null (docs/lever-api.md): they are found by
    `created_at`.
    """
    kept = bounds.since(limit.changed_since)
    if kept is None or kept.everything:
        return [] if kept is None else [Listing()]
    changed = Listing(kept.filters("updated_at"))
    if isinstance(resource, Windowed) and resource.created_filter:
        return [changed, Listing(kept.filters("created_at"), undated_only=True)]
    return [changed]


@dataclass
class _PagedReader:
    """Walks the lists of one pass and keeps where it stands with every page."""

    lever: LeverClient
    session: Session
    resource: Paged
    bounds: Bounds
    current: Pass
    limit: Limit
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.over = pass_over(self.resource.name, self.bounds.key)
        self.meter = meter_of(self.lever, self.session, self.resource)
        self.stripping = self.session.exclusion.stripping(self.resource.name)

    @cached_property
    def inside(self) -> Inside | None:
        """What comes inside the records, from the first page on; None: nothing does."""
        embedded = embedded_in(self.resource.name)
        began = self.current.started_at if self.bounds.everything else None
        if embedded is None:
            return None
        return Inside(self.lever, self.session, self.resource, embedded, began)

    @property
    def refused(self) -> Mapping[str, str]:
        """The parameters that Lever refuses, with its message."""
        return self.lever.refusals.of(self.resource.path)

    async def read_all(self) -> None:
        """Land the lists that make up the pass, from where it stands."""
        resumed, first = self.current.resumed, self.current.listing
        for number, listing in enumerate(listings(self.resource, self.bounds, self.limit)):
            if number >= first and not (listing.undated_only and self._unfiltered):
                await self._walk(listing, self.current.offset)
                self.current = self.current.next_listing()
        if resumed and not self._unfiltered:
            await self._walk_what_changed_since_it_began()

    async def _walk_what_changed_since_it_began(self) -> None:
        """Land once more what a resumed pass may have out of date: the pages from before the kill."""
        since = Bounds(lower=self._reached - self.session.settings.sync_overlap)
        kept = since.since(self.limit.changed_since) or since
        await self._walk(Listing(kept.filters("updated_at")), None)

    @property
    def _reached(self) -> datetime:
        """The beginning of the pass, by the clock that was behind when its first page came."""
        return self.current.reached or self.lever.clock.reached(self.current.started_at)

    @property
    def _unfiltered(self) -> bool:
        """Whether every list is whole, whatever is asked for: then the next pass finds what changed in it."""
        return isinstance(self.resource, ReadWhole) or "updated_at" in self.refused

    async def _walk(self, listing: Listing, offset: str | None) -> None:
        """Land every page of one list, from the page that a token of Lever's names; None: from the first."""
        params = dict((*self.resource.params, *listing.filters))
        pages = self.lever.pages(self.resource.path, params, offset=offset, optional=tuple(params))
        async for page in pages:
            await self._take(page, listing)

    async def read_again(self, remote_ids: Iterable[str]) -> None:
        """Read single records: those of which no list tells what changed, which are due, or were misread."""
        resource = self.resource
        with self.session.writing() as tx:
            waiting = self._forget_settled(tx)
            again = worth_another_look(tx, resource)
        missing: list[str] = []
        read: list[str] = []
        failed: dict[str, str] = {}
        wanted = {*sorted(remote_ids)[:_MOST_NAMED], *waiting[:_MOST_DUE], *again}
        for remote_id in sorted(wanted - {due.WHOLE_LIST}):
            asked_at = now()
            try:
                found = await read_single(self.lever, resource, remote_id, dict(resource.params))
            except LeverError as error:
                if concerns_all(error):
                    raise
                failed[remote_id] = error.problem
                if isinstance(error, UnavailableError):
                    break  # it may be everybody's: the others stay due
                continue
            if found is None:
                missing.append(remote_id)
            else:
                landed = await self._take(Page([found], None, asked_at=asked_at), Listing(()))
                if landed.whole:
                    read.append(remote_id)
        if not (missing or read or failed):
            return
        verdict = await judge(self.lever, self.session, resource, missing, answering=bool(read))
        self.tally.warnings += [verdict.warning] if verdict.warning else []
        with self.session.writing() as tx:
            gone = verdict.keep(tx, resource)
            due.put_off(tx, resource.table, resource.name, failed)
            due.healed(tx, resource.table, resource.name, read)
        self.tally.counts += Landed(deleted=gone)

    async def _take(self, page: Page, listing: Listing) -> Batch:
        """Land a page, with what Lever did not bring along although it was asked to."""
        if self.inside is not None and "expand" in dict(self.resource.params):
            page = await self.inside.bring_along(page)
        return self._land(page, listing)

    def _forget_settled(self, tx: Transaction) -> list[str]:
        """Forget what could not be read and was listed since; return what is due of the rest."""
        found: list[str] = []
        for table in tables_of(self.resource):
            own = table == self.resource.table
            due.forget_settled(tx, table, self.resource.name, listed=own)
            found += due.due(tx, table, self.resource.name)
        return found

    def _land(self, page: Page, listing: Listing) -> Batch:
        embedded = None if self.inside is None else self.inside.embedded
        read = read_batch(
            self.resource,
            page.records,
            asked_at=page.asked_at,
            embedded=embedded,
            stripping=self.stripping,
        )
        with self.session.writing() as tx:
            self.session.see_that_it_is_on(tx)
            wanted = listing.wanted(read)
            batch = wanted.only(kept_of(tx, self.limit, wanted.arrivals))
            moved = self._after(page, batch)
            landed = land_batch(tx, self.resource, batch)
            if self.inside is not None:
                self.inside.land(tx, batch)
            PASS.keep(tx, moved, self.over)
        self.current = moved
        self.tally.counts += landed.counts
        self.tally.set_aside += landed.set_aside
        self.meter.advance(len(page.records))
        return batch

    def _after(self, page: Page, batch: Batch) -> Pass:
        """Return where the pass stands after a page, of which this was kept."""
        # Of the whole page: what the settings leave out was seen, too, and is not to be asked for again.
        moved = self.current.moved(page.next, newest_of(page.records))
        return replace(
            moved,
            records=moved.records + len(page.records),
            set_aside=moved.set_aside + batch.nameless,
            refused=self.refused,
            repeated=moved.repeated + page.repeated,
            reached=self._reached,
        )

    def _note_what_is_hidden(self, tx: Transaction) -> None:
        """Keep whether confidential records are hidden; when they are no more, the next delta reads all.

        What changed of them in the meantime lies before the mark.
        """
        resource = self.resource.name
        if "confidentiality" in self.refused:
            HIDDEN.keep(tx, True, resource)
        elif HIDDEN.read(tx, resource) is not None:
            HIDDEN.forget(tx, resource)
            if not self.bounds.everything:
                WATERMARK.forget(tx, resource)

    def stop(self, error: LeverError) -> None:
        """Keep where the pass stands that an error stopped, if the next run may go on from there."""
        kept = stopped(self.current, error)
        with self.session.writing() as tx:
            if kept is None:
                PASS.forget(tx, self.over)
            else:
                PASS.keep(tx, kept, self.over)

    def mark_left_out(self) -> None:
        """Mark what the settings leave out, with what is below it: a list that lacks it is not wrong."""
        if self.limit.reason is None:
            return
        resource = self.resource
        with self.session.writing() as tx:
            left_out = mark_left_out(tx, resource.name, self.limit)
            if left_out:
                mark_below(tx, resource, now_gone=True)
        self.tally.counts += Landed(left_out=left_out)

    async def look_singly(self) -> Witness:
        """Ask singly for what a complete list lacks."""
        if not self.bounds.everything:
            return NOBODY
        resource, began = self.resource, self.current.started_at
        with self.session.reading() as tx:
            missing = all_unlisted(tx, resource.name, began)
        return await brake.ask_singly(self.lever, self.session, resource, missing)

    def finish(self, witness: Witness) -> None:
        """Close the pass: what a complete list lacked is gone; keep the mark.

        A list of which that is held back may have ended early, or lack something: then no mark moves.
        """
        resource, whole = self.resource, self.bounds.everything
        if self.inside is not None:
            self.tally.warnings += self.inside.settle()
            self.tally.embedded = self.inside.counts
        with self.session.writing() as tx:
            held = self._let_go(tx, witness) if whole else None
            self._forget_settled(tx)
            if self.inside is not None:
                self.inside.keep_standing(tx, str(self.bounds), whole=whole)
            if held is None and not self.current.repeated:
                self._move_marks(tx)
            self._note_what_is_hidden(tx)
            if whole:  # of whatever was begun before
                PASS.forget_every(tx, pass_over(resource.name, ""))
            PASS.forget(tx, self.over)
            self.tally.warnings += doubts(tx, self.session, resource, whole=whole)
        self.tally.warnings += warnings(resource, self.refused)
        self.tally.warnings += filter(None, (held, may_lack(resource, self.current.repeated)))
        self.meter.end()

    def _let_go(self, tx: Transaction, witness: Witness) -> str | None:
        """Mark as gone what the whole list lacked; return the sentence that tells why that is held back."""
        resource, began = self.resource, self.current.started_at
        hidden = hides_some(tx, resource, self.refused)
        if self.current.set_aside or self.current.repeated or hidden:
            brake.look_again(tx, resource, not_seen_since=began)
            return None
        empty = not self.current.records
        unlisted = count_unlisted(tx, resource.name, began)
        held = brake.hold(
            tx, self.session, resource, unlisted, not_seen_since=began, empty=empty, witness=witness
        )
        if held is not None:
            return held
        limit = self.limit
        gone = sweep(tx, resource.name, not_seen_since=began) if unlisted.missing else 0
        gone += sweep_left_out(tx, resource.name, limit, not_seen_since=began)
        all_known(tx, resource, self._reached)
        if gone:
            mark_below(tx, resource)
            self.tally.counts += Landed(deleted=gone)
        return None

    def _move_marks(self, tx: Transaction) -> None:
        """Keep up to when all is known, and of whom."""
        resource, bounds = self.resource, self.bounds
        if bounds.everything or covered(tx, resource).includes(self.limit):
            COVERED.keep(tx, self.limit, resource.name)
        if bounds.upper is None:
            newest, began = self.current.newest, self._reached
            move_watermark(tx, resource.name, newest=newest, began=began, lower=bounds.lower)

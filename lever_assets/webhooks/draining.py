"""Draining the inbox: whatever the events are about is read again from Lever, once, and only that."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

from lever_assets.lever import LeverClient, LeverError, UnavailableError
from lever_assets.lever.quoting import in_api_words
from lever_assets.lever.resources import OPPORTUNITIES, all_below
from lever_assets.notices.enqueueing import enqueue
from lever_assets.store import Merged, Store, StoreError, due, inbox
from lever_assets.store.inbox import InboxEvent
from lever_assets.store.transaction import now
from lever_assets.sync.fetch.asking import concerns_all
from lever_assets.sync.fetch.singles import reads_any, reads_any_below
from lever_assets.sync.fetch.verdicts import too_many
from lever_assets.sync.refresh.mapping_at_once import LISTS_BELOW
from lever_assets.sync.refresh.restraint import Restraint
from lever_assets.sync.refresh.targeted import RefreshReport, let_go, refresh_opportunities
from lever_assets.sync.session import Session
from lever_assets.webhooks.events import DELETED, EVENTS, About

_AT_ONCE = 50
_DOUBT = "Lever answered that it has no such opportunity; it is asked once more before that is believed"
_HAS_NONE = (
    "Lever answered that it has none of the opportunities that it was asked for, nor any that it lists, "
    "which is not believed"
)

Events = Sequence[InboxEvent]


@dataclass(frozen=True)
class _Outcome:
    """What became of the subjects of some events; of the others all was read.

    `failed` could not be read, `doubtful` may be gone, but on one word alone. `unavailable` were read, but
    Lever was out of order when it was asked for something below them, unless that is their own trouble.
    """

    failed: dict[About, LeverError] = field(default_factory=dict)
    doubtful: set[About] = field(default_factory=set)
    unavailable: dict[About, UnavailableError] = field(default_factory=dict)

    @property
    def undone(self) -> set[About]:
        """Those whose events are not handled yet."""
        return self.doubtful | self.failed.keys() | self.unavailable.keys()


@dataclass(frozen=True)
class DrainReport:
    """What draining did.

    `handled`, `failed`, `parked` and `waiting` (for a later draining) count events; `read` and `gone`
    opportunities. `error` is a sentence when Lever could not be asked, or is not believed. `warnings` are
    sentences of what was held back.
    """

    handled: int = 0
    failed: int = 0
    parked: int = 0
    waiting: int = 0
    read: int = 0
    gone: int = 0
    requests: int = 0
    merged: Merged = field(default_factory=Merged)
    error: str | None = None
    warnings: tuple[str, ...] = ()


def pending(store: Store, account: str) -> int:
    """Return how many events are due; one small query."""
    with store.reading(account) as tx:
        return inbox.pending_count(tx)


def drain(session: Session, *, limit: int = 1000) -> DrainReport:
    """Handle up to `limit` events of the inbox that are due.

    Many events about one opportunity are one reading of it; their order does not matter, because what is read
    is how it stands now. An event is handled only when what it is about is in the tables. One that fails is
    tried again later, and parked in the end; an outage of Lever's ends the draining and counts for none.
    A drain that is killed leaves its events as they were. Raises BusyError if somebody else is draining,
    StoreError, NotConnectedError.
    """
    with session.store.exclusive(f"{session.name} webhooks"):
        report = asyncio.run(_drain(session, limit))
    if report.merged.changed:
        enqueue(session.store, session.settings)
    return report


async def _drain(session: Session, limit: int) -> DrainReport:
    with session.reading() as tx:
        events = inbox.due(tx, limit=limit)
    if not events:
        return DrainReport()
    async with session.client() as lever:
        drainage = _Drainage(lever, session)
        await drainage.handle_all(events)
        drainage.settle()
        requests = lever.traffic.requests
    with session.writing() as tx:
        inbox.forget_old(tx)
        waiting = inbox.waiting_count(tx)
    done = drainage
    return DrainReport(
        done.handled,
        done.failed,
        done.parked,
        waiting,
        len(done.read),
        len(done.gone),
        requests,
        done.merged,
        done.error,
        tuple(done.warnings),
    )


class _Drainage:
    """One draining, and what it did so far."""

    def __init__(self, lever: LeverClient, session: Session) -> None:
        self._lever = lever
        self._session = session
        self._fresh: dict[str, set[str]] = defaultdict(set)
        self.handled = self.failed = self.parked = 0
        self.read: set[str] = set()
        self.gone: set[str] = set()
        self.merged = Merged()
        self.error: str | None = None
        self.warnings: list[str] = []
        self._restraint = Restraint(session)
        self._began = now()
        self._doubtful: set[str] = set()
        self._answers = False

    async def handle_all(self, events: Events) -> None:
        """Handle the events, those about the same together."""
        by_subject: dict[About, list[InboxEvent]] = {}
        for event in events:
            by_subject.setdefault(About.of(event.event, event.data), []).append(event)
        self._park_unknown(by_subject)
        subjects = iter(by_subject.items())
        while some := dict(islice(subjects, _AT_ONCE)):
            try:
                await self._handle(some)
            except _OutOfOrderError as found:
                self.error = str(found)
                self._put_off(_flat({**some, **dict(subjects)}), self.error)

    def settle(self) -> None:
        """Bring the tables up to what all that was read lacks, and tell what is not believed."""
        merged, warnings = let_go(self._session, self._restraint)
        self.merged += merged
        self.warnings += warnings
        self.error = self.error or too_many(self._session, OPPORTUNITIES, len(self._doubtful))

    async def _handle(self, subjects: Mapping[About, Events]) -> None:
        """Handle all these events; when something unexpected happens, each subject by itself."""
        try:
            outcome = await self._refresh(subjects)
        except (StoreError, _OutOfOrderError):
            raise
        except Exception as error:  # whatever one record does, the others are handled
            await self._blame(error)
            if len(subjects) == 1:
                self._fail(_flat(subjects), error)
                return
            for about, events in subjects.items():
                await self._handle({about: events})
            return
        if outcome.failed:
            await self._blame(next(iter(outcome.failed.values())))
        elif outcome.doubtful:
            await self._see_that_it_answers(_HAS_NONE)
        for about, why in outcome.failed.items():
            self._fail(subjects[about], why)
        self._put_off(_flat({about: subjects[about] for about in outcome.doubtful}), _DOUBT, minutes=2)
        self._wait_for(subjects, outcome)
        left = subjects.keys() - outcome.undone
        done = [event.id for event in _flat({about: subjects[about] for about in left})]
        with self._session.writing() as tx:
            inbox.mark_handled(tx, done)
        self.handled += len(done)

    def _wait_for(self, subjects: Mapping[About, Events], outcome: _Outcome) -> None:
        """Keep the events for which Lever was out of order; raises _OutOfOrderError if it was for all."""
        for about, error in outcome.unavailable.items():
            if len(subjects) > 1 and subjects.keys() == outcome.unavailable.keys():
                raise _OutOfOrderError(str(error))
            self.error = str(error)
            self._put_off(subjects[about], self.error)

    async def _refresh(self, subjects: Mapping[About, Events]) -> _Outcome:
        """Read what these events are about, unless this draining has already done so."""
        wanted: dict[str, set[str]] = defaultdict(set)
        abouts: dict[str, list[About]] = defaultdict(list)
        announced: set[str] = set()
        for about, events in subjects.items():
            below = {name for event in events for name in EVENTS.get(event.event, LISTS_BELOW)}
            for opportunity in await self._opportunities(about):
                wanted[opportunity] |= below
                abouts[opportunity].append(about)
                if any(event.event == DELETED for event in events):
                    announced.add(opportunity)
        groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for opportunity, names in wanted.items():
            if not names <= self._fresh[opportunity]:
                groups[tuple(sorted(names))].append(opportunity)
        outcome = _Outcome()
        for below_these, opportunities in groups.items():
            report = await self._ask(opportunities, below_these, announced)
            for opportunity, error in report.failed.items():
                outcome.failed.update(dict.fromkeys(abouts[opportunity], error))
            for opportunity in report.doubtful:
                outcome.doubtful.update(abouts[opportunity])
            for opportunity, outages in (await self._others_too(report)).items():
                outcome.unavailable.update(dict.fromkeys(abouts[opportunity], outages))
        for about in outcome.failed:
            outcome.unavailable.pop(about, None)
        outcome.doubtful.difference_update(outcome.failed, outcome.unavailable)
        return outcome

    async def _ask(
        self, opportunities: Sequence[str], below: Collection[str], announced: Collection[str]
    ) -> RefreshReport:
        report = await refresh_opportunities(
            self._lever,
            self._session,
            opportunities,
            below=below,
            announced=announced,
            restraint=self._restraint,
        )
        self._doubtful.update(report.doubtful)
        self.merged += report.merged
        self.read.update(report.read)
        self.gone.update(report.gone)
        for opportunity in {*report.read, *report.gone} - report.unavailable.keys():
            self._fresh[opportunity].update(below)
        self._answers = self._answers or bool(report.read)
        return report

    async def _others_too(self, report: RefreshReport) -> dict[str, UnavailableError]:
        """Return the opportunities below which a list could not be read that may be out of order for all.

        Where it was so before, and the list of others can be read, it is their own trouble: it stays due
        (`store/due.py`), and no event waits for it.
        """
        found: dict[str, UnavailableError] = {}
        for resource in all_below(OPPORTUNITIES.name):
            listed = resource.name
            of = {each: lists[listed] for each, lists in report.unavailable.items() if listed in lists}
            if not of:
                continue
            with self._session.reading() as tx:
                known = due.known(tx, resource.table, OPPORTUNITIES.name, of)
            before = {each for each, failed in known.items() if failed.first_seen_at < self._began}
            if before and not (
                listed in report.below or await reads_any_below(self._lever, self._session, resource, of)
            ):
                before = set()
            found.update({each: error for each, error in of.items() if each not in before})
        return found

    async def _opportunities(self, about: About) -> list[str]:
        if about.opportunity is not None:
            return [about.opportunity]
        listed = await self._lever.list_all(
            "/opportunities",
            {"contact_id": about.contact, "confidentiality": "all"},
            optional=("confidentiality",),
        )
        # A filter that is not heeded would have the whole account read.
        theirs = (each for each in listed if each.get("contact") == about.contact)
        return [str(each["id"]) for each in theirs if each.get("id")]

    async def _blame(self, error: Exception) -> None:
        """Find out whether an event is to blame, or nobody: raises _OutOfOrderError if Lever can't be read.

        Nothing else can be read then, either: any opportunity of Lever's list is as good as another.
        """
        if not isinstance(error, LeverError):
            return
        if concerns_all(error):
            raise _OutOfOrderError(str(error))
        await self._see_that_it_answers(str(error))

    async def _see_that_it_answers(self, why: str) -> None:
        """Raise _OutOfOrderError, for that reason, if no opportunity can be read."""
        answers, self._answers = self._answers, False
        if not answers and not await reads_any(self._lever, OPPORTUNITIES):
            raise _OutOfOrderError(why)

    def _put_off(self, events: Events, why: str, *, minutes: int = 1) -> None:
        with self._session.writing() as tx:
            due_at = tx.instant + timedelta(minutes=minutes)
            ids = [event.id for event in events]
            inbox.put_off(tx, ids, in_api_words(why), due_at=due_at)

    def _fail(self, events: Events, error: Exception) -> None:
        # Of an unexpected error only its kind is known to hold no personal data. Nobody erases the inbox.
        known = isinstance(error, LeverError)
        why = in_api_words(str(error)) if known else f"it failed: {type(error).__name__}"
        with self._session.writing() as tx:
            self.parked += inbox.mark_failed(tx, events, why)
        self.failed += len(events)

    def _park_unknown(self, by_subject: dict[About, list[InboxEvent]]) -> None:
        unknown = [event.id for event in by_subject.pop(About(), ())]
        if unknown:
            with self._session.writing() as tx:
                inbox.park(tx, unknown, "it names neither an opportunity nor a contact")
            self.parked += len(unknown)


class _OutOfOrderError(Exception):
    """Lever can't be read, which is no event's fault: everything waits until it is over."""


def _flat(subjects: Mapping[About, Events]) -> list[InboxEvent]:
    return [event for events in subjects.values() for event in events]

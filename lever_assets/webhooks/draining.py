"""Draining the inbox: whatever the events are about is read again from Lever, once, and only that."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from lever_assets.lever import (
    AuthenticationError,
    LeverClient,
    LeverError,
    RateLimitedError,
    UnavailableError,
)
from lever_assets.notices.enqueueing import enqueue
from lever_assets.store import Merged, Store, StoreError, inbox
from lever_assets.store.inbox import InboxEvent
from lever_assets.sync.session import Session, now
from lever_assets.sync.targeted import refresh_opportunities
from lever_assets.webhooks.events import EVENTS, EVERYTHING, About

_AT_ONCE = 50
_OUTAGES = (UnavailableError, RateLimitedError, AuthenticationError)
"""What no single event is to blame for: everything waits until it is over."""

Events = Sequence[InboxEvent]


@dataclass(frozen=True)
class DrainReport:
    """What draining did.

    `handled`, `failed`, `parked` and `waiting` (for a later draining) count events; `read` and `gone`
    opportunities. `error` is a sentence when Lever could not be asked.
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


def pending(store: Store, connection: str) -> int:
    """Return how many events are due; one small query."""
    with store.reading() as conn:
        return inbox.pending_count(conn, connection, now=now())


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
    with session.store.reading() as conn:
        events = inbox.due(conn, session.name, now=now(), limit=limit)
    if not events:
        return DrainReport()
    async with session.client() as lever:
        drainage = _Drainage(lever, session)
        await drainage.handle_all(events)
        requests = lever.traffic.requests
    with session.store.writing() as conn:
        inbox.forget_old(conn, session.name, now=now())
        waiting = inbox.waiting_count(conn, session.name)
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
            except _OUTAGES as error:
                self.error = str(error)
                left = [event.id for listed in (*some.values(), *dict(subjects).values()) for event in listed]
                with self._session.store.writing() as conn:
                    inbox.put_off(conn, self._session.name, left, self.error, now=now())

    async def _handle(self, subjects: Mapping[About, Events]) -> None:
        """Handle all these events; when one of them fails, each subject by itself."""
        try:
            await self._refresh(subjects)
        except (StoreError, *_OUTAGES):
            raise
        except Exception as error:  # whatever one record does, the others are handled
            if len(subjects) == 1:
                self._fail(_flat(subjects), error)
                return
            for about, events in subjects.items():
                await self._handle({about: events})
            return
        done = [event.id for event in _flat(subjects)]
        with self._session.store.writing() as conn:
            inbox.mark_handled(conn, self._session.name, done, now=now())
        self.handled += len(done)

    async def _refresh(self, subjects: Mapping[About, Events]) -> None:
        """Read what these events are about, unless this draining has already done so."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for about, events in subjects.items():
            below = {name for event in events for name in EVENTS.get(event.event, EVERYTHING)}
            for opportunity in await self._opportunities(about):
                wanted[opportunity] |= below
        groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for opportunity, names in wanted.items():
            if not names <= self._fresh[opportunity]:
                groups[tuple(sorted(names))].append(opportunity)
        for below_these, opportunities in groups.items():
            report = await refresh_opportunities(self._lever, self._session, opportunities, below=below_these)
            self.merged += report.merged
            self.read.update(report.read)
            self.gone.update(report.gone)
            for opportunity in opportunities:
                self._fresh[opportunity].update(below_these)

    async def _opportunities(self, about: About) -> list[str]:
        if about.opportunity is not None:
            return [about.opportunity]
        listed = await self._lever.list_all(
            "/opportunities", {"contact_id": about.contact, "confidentiality": "all"}
        )
        return [str(each["id"]) for each in listed if each.get("id")]

    def _fail(self, events: Events, error: Exception) -> None:
        # Of an unexpected error only its kind is known to hold no personal data.
        why = str(error) if isinstance(error, LeverError) else f"it failed: {type(error).__name__}"
        with self._session.store.writing() as conn:
            self.parked += inbox.mark_failed(conn, self._session.name, events, why, now=now())
        self.failed += len(events)

    def _park_unknown(self, by_subject: dict[About, list[InboxEvent]]) -> None:
        unknown = [event.id for event in by_subject.pop(About(), ())]
        if unknown:
            with self._session.store.writing() as conn:
                inbox.park(conn, self._session.name, unknown, "it names neither an opportunity nor a contact")
            self.parked += len(unknown)


def _flat(subjects: Mapping[About, Events]) -> list[InboxEvent]:
    return [event for events in subjects.values() for event in events]

"""Draining the inbox: whatever the events are about is read again from Lever, once, and only that."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from lever_assets.lever import LeverClient, LeverError
from lever_assets.store.inbox import InboxEvent, mark_failed, mark_handled, pending
from lever_assets.sync.session import Session, now
from lever_assets.sync.targeted import refresh_opportunities
from lever_assets.webhooks.events import About

_AT_ONCE = 200


@dataclass(frozen=True)
class DrainReport:
    """What draining did: events handled and left, opportunities read and found gone, requests made."""

    handled: int = 0
    failed: int = 0
    read: int = 0
    gone: int = 0
    requests: int = 0
    error: str | None = None


def drain(session: Session, *, limit: int = 1000) -> DrainReport:
    """Handle up to `limit` events of the inbox.

    Many events about one opportunity are one reading of it; their order does not matter, because what is read
    is how it stands now. An event is handled only when what it is about is in the tables; one that fails
    waits for the next time. Raises BusyError if somebody else is draining, StoreError, NotConnectedError.
    """
    with session.store.exclusive(f"{session.name} webhooks"):
        return asyncio.run(_drain(session, limit))


async def _drain(session: Session, limit: int) -> DrainReport:
    report = DrainReport()
    async with session.connection.client(session.settings) as lever:
        with session.store.reading() as conn:
            waiting = pending(conn, session.name, limit=limit)
        waiting_on = iter(waiting)
        while some := list(islice(waiting_on, _AT_ONCE)):
            report = await _handle(lever, session, some, report)
        return DrainReport(
            report.handled, report.failed, report.read, report.gone, lever.traffic.requests, report.error
        )


async def _handle(
    lever: LeverClient, session: Session, events: Sequence[InboxEvent], report: DrainReport
) -> DrainReport:
    ids = [event.id for event in events]
    try:
        opportunities = await _opportunities(lever, events)
        refreshed = await refresh_opportunities(lever, session, opportunities)
    except LeverError as error:
        with session.store.writing() as conn:
            mark_failed(conn, session.name, ids, str(error))
        return DrainReport(
            report.handled, report.failed + len(ids), report.read, report.gone, error=str(error)
        )
    with session.store.writing() as conn:
        mark_handled(conn, session.name, ids, now=now())
    return DrainReport(
        report.handled + len(ids),
        report.failed,
        report.read + len(refreshed.read),
        report.gone + len(refreshed.gone),
        error=report.error,
    )


async def _opportunities(lever: LeverClient, events: Sequence[InboxEvent]) -> list[str]:
    """Return the opportunities that the events are about, each once; those of a contact are asked for."""
    about = [About.of(event.event, event.data) for event in events]
    found = dict.fromkeys(each.opportunity for each in about if each.opportunity)
    contacts = dict.fromkeys(each.contact for each in about if each.contact)
    for contact in contacts:
        listed = await lever.list_all("/opportunities", {"contact_id": contact, "confidentiality": "all"})
        found.update(dict.fromkeys(str(each["id"]) for each in listed if each.get("id")))
    return [each for each in found if each is not None]

"""Sending what is due in the outbox: each notice until its target takes it, ever more rarely."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import orjson

from lever_assets.backoff import gap_after
from lever_assets.connect.known import own_name
from lever_assets.lever.lookups import resolver
from lever_assets.notices.destinations import LOCKED, Destination, destinations
from lever_assets.settings import NoticeType, Settings
from lever_assets.store import Store, outbox
from lever_assets.store.accounts import any_account
from lever_assets.store.assessments import reject
from lever_assets.store.outbox import Notice
from lever_assets.store.transaction import NOBODY, Transaction
from lever_assets.sync.targets import targets

MOST_ATTEMPTS = 15
"""With the delays below about two days."""
_FIRST_DELAY = timedelta(seconds=30)
_LONGEST_DELAY = timedelta(hours=6)
_SECONDS = 10.0
"""How long a URL may take to answer."""
_LEASE = timedelta(minutes=2)
_AT_ONCE = 8
_REFUSED = 422
_REFUSAL_BYTES = 65_536
_LONGEST_REFUSAL = 2000


@dataclass(frozen=True)
class Delivery:
    """What became of sending: notices that arrived, that are sent again later, and that were given up."""

    delivered: int = 0
    failed: int = 0
    given_up: int = 0

    def __add__(self, other: "Delivery") -> "Delivery":
        """Return what became of both."""
        return Delivery(
            self.delivered + other.delivered, self.failed + other.failed, self.given_up + other.given_up
        )


@dataclass(frozen=True)
class Outcome:
    """How sending ended: the HTTP status (None: no answer), and why it failed (None: it did not)."""

    status: int | None
    error: str | None = None
    refusal: str | None = None
    """Why a receiver refuses what it was told of, in its words (422 with a `message`)."""


def pending(store: Store, account: str) -> int:
    """Return how many notices are due; one small query."""
    with store.reading(account) as tx:
        return outbox.waiting(tx)


def with_due(store: Store) -> list[str]:
    """Return the connections that have notices to be sent, those that were removed included; one query."""
    with store.reading("") as tx:
        return outbox.connections_with_due(tx)


def deliver(store: Store, settings: Settings, *, seconds: float | None = None) -> Delivery:
    """Send every notice of a connection that is due. Any number of processes may do so at the same time.

    Each target gets them in their order, and none before the one before it was delivered or given up. Takes
    up to `seconds` (None: as long as it takes); what was not sent by then stays due.
    A notice that was sent although its process died before it could say so is sent again, with the same id.
    No failing URL raises anything; raises StoreError.
    """
    end = None if seconds is None else time.monotonic() + seconds
    done = Delivery()
    while True:
        left = None if end is None else max(0.0, end - time.monotonic())
        sent = _deliver_first(store, settings, left)
        done += sent
        if not sent.delivered:  # nothing that waited behind one is due now
            return done


def _deliver_first(store: Store, settings: Settings, seconds: float | None) -> Delivery:
    """Send the first notice that is due to each target."""
    with store.writing(settings.connection) as tx:
        told = targets(tx, settings)
        outbox.give_up_others(tx, [each.target for each in told])
        taken = outbox.take_due(tx, again_at=tx.instant + _LEASE)
        if not taken:
            _forget_of_removed(tx, settings)
            return Delivery()
    some = {each.target for each in taken}
    where = destinations(settings, [each for each in told if each.target in some], tx.instant)
    outcomes = asyncio.run(_send_all([(where[each.target], each.body) for each in taken], seconds))
    with store.writing(settings.connection) as tx:
        done = sum((_settle(tx, *each) for each in zip(taken, outcomes, strict=True)), Delivery())
        _forget_of_removed(tx, settings)
    return done


def _forget_of_removed(tx: Transaction, settings: Settings) -> None:
    """Forget what waits no more of a connection that was removed: it has the address of who connected it."""
    if tx.account == NOBODY:  # who could not connect an account: nobody else forgets their address
        outbox.forget_settled(tx)
        return
    row = any_account(tx)
    if row is not None and row.removed_at is not None and tx.account not in own_name(settings):
        outbox.forget_settled(tx)
    else:  # of one that was erased no row tells so
        outbox.forget(tx, NoticeType.DELETED)


def _settle(tx: Transaction, notice: Notice, outcome: Outcome | None) -> Delivery:
    """Keep what became of sending a notice."""
    if outcome is None:
        outbox.put_back(tx, notice)
        return Delivery(failed=1)
    if outcome.refusal is not None and notice.about is not None:
        reject(tx, notice.about, outcome.refusal)
        outbox.delivered(tx, notice, outcome.status or 0)
        return Delivery(delivered=1)
    if outcome.error is None:
        outbox.delivered(tx, notice, outcome.status or 0)
        return Delivery(delivered=1)
    attempts = notice.attempts + 1
    last = attempts >= MOST_ATTEMPTS
    due_at = None if last else tx.instant + delay_after(attempts)
    outbox.failed(tx, notice, outcome.error, status=outcome.status, due_at=due_at)
    return Delivery(given_up=1) if last else Delivery(failed=1)


def delay_after(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 30 s, then twice as long each time, up to 6 hours."""
    return gap_after(attempts, _FIRST_DELAY, _LONGEST_DELAY)


def send_one(where: Destination, body: str) -> Outcome:
    """Send one body, once, past the outbox; return how that ended."""
    (outcome,) = asyncio.run(_send_all([(where, body)], None))
    return outcome or Outcome(None, "no answer")


async def _send_all(
    bodies: Sequence[tuple[Destination | None, str]], seconds: float | None
) -> list[Outcome | None]:
    """Send these bodies and return how that ended, in their order; None for what was not sent in time."""
    slots = asyncio.Semaphore(_AT_ONCE)
    # Not httpx: it would log the URLs.
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=resolver()),
        timeout=aiohttp.ClientTimeout(_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=True,
    ) as client:

        async def one(where: Destination | None, body: str) -> Outcome:
            if where is None:
                return Outcome(None, LOCKED)
            async with slots:
                return await _send(client, where, body.encode())

        sending = [asyncio.create_task(one(*each)) for each in bodies]
        done, late = await asyncio.wait(sending, timeout=seconds)
        for each in late:
            each.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return [each.result() if each in done else None for each in sending]


async def _send(client: aiohttp.ClientSession, where: Destination, body: bytes) -> Outcome:
    url, headers = where.url.get_secret_value(), where.headers(body)
    try:
        # But for a refusal the body of the answer is not wanted, however long it is.
        async with client.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            status = answer.status
            refusal = _refusal(await answer.content.read(_REFUSAL_BYTES)) if status == _REFUSED else None
    except (aiohttp.ClientError, OSError, ValueError, TimeoutError) as error:
        # Only the kind: the text of the error may hold the URL, and the URL a secret.
        return Outcome(None, f"no answer ({type(error).__name__})")
    if 200 <= status < 300:
        return Outcome(status)
    return Outcome(status, f"the answer was HTTP {status}", refusal)


def _refusal(content: bytes) -> str | None:
    """Return the `message` of an answer; None: it has none."""
    try:
        told = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    message = told.get("message") if isinstance(told, dict) else None
    return message.strip()[:_LONGEST_REFUSAL] if isinstance(message, str) and message.strip() else None

"""Webhooks over real HTTP: signed, tried again when they fail, beside the requests and bounded.

What is sent and how it is signed: docs/lever-api.md, Webhooks.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Literal
from uuid import uuid4

import httpx
import orjson

from lever_assets.sandbox.account import Account, Where
from lever_assets.sandbox.recruiting.clock import Clock
from lever_assets.sandbox.recruiting.events import Event
from lever_assets.sandbox.schema import Record

TRIES = 5
GROWTH = 4
AT_ONCE = 8
MOST_PENDING = 10_000
REMEMBERED = 20_000
STOP_SECONDS = 5.0


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one subscription. `status` is that of the last try, None without an answer.

    `id` is the event's: several subscriptions, and a delivery that is repeated, have it in common.
    """

    number: int
    id: str
    event: str
    url: str
    state: Literal["pending", "delivered", "failed", "dropped"] = "pending"
    status: int | None = None
    tries: int = 0


class Deliveries:
    """Sends events to the account's subscriptions from a thread of its own, begun with the first event.

    `retry_delay` is in seconds before the second try; each later one waits four times as long. `timeout` is
    in seconds for each try. Beyond 10 000 pending deliveries, new ones are dropped, and the log says so.
    """

    def __init__(self, account: Account, clock: Clock, *, retry_delay: float, timeout: float) -> None:
        self._account = account
        self._clock = clock
        self._retry_delay = retry_delay
        self._timeout = timeout
        self._idle = threading.Condition()
        self._log: dict[int, Delivery] = {}
        self._order: deque[int] = deque()
        self._bodies: dict[int, bytes] = {}
        self._made = 0
        self._pending = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._client: httpx.AsyncClient | None = None
        self._slots = asyncio.Semaphore(AT_ONCE)

    def announce(self, event: Event) -> str:
        """Send an event to everyone who subscribed to it; answers its id at once."""
        ident = str(uuid4())
        rows = self._account.page("webhooks", Where(), 1000, None).rows
        for subscription in map(orjson.loads, rows):
            if _wants(subscription, event):
                body = self._signed(ident, event, subscription)
                self._send(Delivery(self._number(), ident, event.name, subscription["url"]), body)
        return ident

    def repeat(self, ident: str) -> int:
        """Send all deliveries of an event once more, byte for byte; answers how many there are."""
        with self._idle:
            again = [self._log[number] for number in self._order if self._log[number].id == ident]
        for delivery in again:
            fresh = Delivery(self._number(), ident, delivery.event, delivery.url)
            self._send(fresh, self._bodies[delivery.number])
        return len(again)

    def log(self) -> tuple[Delivery, ...]:
        """The deliveries so far, oldest first."""
        with self._idle:
            return tuple(self._log[number] for number in self._order)

    def forget(self) -> None:
        """Begin the log anew; what is pending is still sent."""
        with self._idle:
            self._log.clear()
            self._order.clear()
            self._bodies.clear()

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is pending; False when that takes longer."""
        with self._idle:
            return self._idle.wait_for(lambda: self._pending == 0, seconds)

    def close(self) -> None:
        """End the thread; what is pending stays unsent."""
        if self._loop is None or self._thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(STOP_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_SECONDS)
        self._loop.close()
        self._loop = self._thread = None

    def _signed(self, ident: str, event: Event, subscription: Record) -> bytes:
        triggered_at = self._clock.read()
        token = secrets.token_hex(20)
        key = subscription["configuration"]["signatureToken"].encode()
        signature = hmac.new(key, f"{token}{triggered_at}".encode(), hashlib.sha256).hexdigest()
        return orjson.dumps(
            {
                "id": ident,
                "event": event.name,
                "triggeredAt": triggered_at,
                "token": token,
                "signature": signature,
                "data": event.data,
            }
        )

    def _number(self) -> int:
        with self._idle:
            self._made += 1
            return self._made

    def _send(self, delivery: Delivery, body: bytes) -> None:
        with self._idle:
            full = self._pending >= MOST_PENDING
            self._log[delivery.number] = replace(delivery, state="dropped") if full else delivery
            self._bodies[delivery.number] = body
            self._order.append(delivery.number)
            if len(self._order) > REMEMBERED:
                oldest = self._order.popleft()
                del self._log[oldest], self._bodies[oldest]
            if full:
                return
            self._pending += 1
            loop = self._running_loop()
        asyncio.run_coroutine_threadsafe(self._deliver(delivery, body), loop).add_done_callback(self._settled)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(
                target=self._loop.run_forever, name="lever-sandbox-webhooks", daemon=True
            )
            self._thread.start()
        return self._loop

    def _settled(self, _: Future[None]) -> None:
        with self._idle:
            self._pending -= 1
            self._idle.notify_all()

    async def _deliver(self, delivery: Delivery, body: bytes) -> None:
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(self._retry_delay * GROWTH ** (attempt - 1))
            status = await self._post(delivery.url, body)
            delivered = status is not None and 200 <= status < 300
            state: Literal["delivered", "failed", "pending"] = (
                "delivered" if delivered else "failed" if attempt == TRIES - 1 else "pending"
            )
            self._note(replace(delivery, state=state, status=status, tries=attempt + 1))
            if delivered:
                return

    async def _post(self, url: str, body: bytes) -> int | None:
        if self._client is None:
            # Receivers stand beside the sandbox: no proxy of the environment's leads to them.
            self._client = httpx.AsyncClient(timeout=self._timeout, trust_env=False)
        async with self._slots:
            try:
                answer = await self._client.post(
                    url, content=body, headers={"content-type": "application/json"}
                )
            except (httpx.HTTPError, httpx.InvalidURL):
                return None
            return answer.status_code

    def _note(self, delivery: Delivery) -> None:
        with self._idle:
            if delivery.number in self._log:
                self._log[delivery.number] = delivery

    async def _shut(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _wants(subscription: Record, event: Event) -> bool:
    """Whether it asked for the event, and for opportunities of that origin."""
    if subscription["event"] != event.name or "signatureToken" not in subscription.get("configuration", {}):
        return False
    origins = (subscription["configuration"].get("conditions") or {}).get("origins")
    return event.origin is None or origins is None or event.origin in origins

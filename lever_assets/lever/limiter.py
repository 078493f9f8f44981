"""Holds requests to Lever's allowance, together with everything else that uses the same key.

Not pyrate-limiter: it logs the instants of past calls in sliding windows, which can't express Lever's token
bucket nor a penalty that all processes see.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from lever_assets.lever.pacing import LocalPace, Pace, Terms, Turn

# Lever's clock and ours may run at different speeds, and networks delay. At the full rate, over hours, each
# would empty Lever's bucket, and a 429 costs more than the two thousandths given up.
SHARE_OF_RATE = 0.998


def usable_burst(burst: int) -> int:
    """Return how many requests may leave at once against a bucket of `burst`.

    The rest, a quarter, is a reserve: requests that the network delayed arrive together with those after
    them, and only what is left in Lever's bucket absorbs that. At 10/s and 20 it holds for half a second of
    jitter.
    """
    return max(1, burst - max(2, burst // 4))


def _left_free(burst: int) -> int:
    """Return how many of the requests that may leave at once are left to the urgent while they are at work.

    Each limiter that is not urgent has a turn booked; of three such the urgent wait for none. Five turns of
    theirs go by, and those they have booked, before one of the others comes: a sync goes on, however many
    actions there are.
    """
    return usable_burst(burst) // 3


def allowance_name(key: SecretStr, allowance: str = "") -> str:
    """Return the name that everybody knows an allowance of a key by: a hash, which does not tell the key.

    `allowance` names one that stands beside the key's general one.
    """
    digest = hashlib.blake2b(key.get_secret_value().encode(), digest_size=12, person=b"lever-pace")
    return f"{digest.hexdigest()}.{allowance}" if allowance else digest.hexdigest()


class RateLimiter:
    """Lets `rate` requests a second through, in bursts to a part of `burst`; first come, first served.

    `rate` None or <= 0 lifts the limit. All limiters of one `pace` share the allowance; None: this one has it
    alone. Each has one turn booked at a time, however many requests wait for it: the next limiter waits for
    that turn, not for all of them. Those that are `urgent` go ahead of those that are not. To be used from
    one event loop. Lever's rule is in docs/lever-api.md: a token bucket per key, 10 requests/s, bursts to 20.
    """

    def __init__(
        self,
        rate: float | None,
        burst: int,
        pace: Pace | None = None,
        *,
        urgent: bool = False,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        interval = 1 / (rate * SHARE_OF_RATE) if rate is not None and rate > 0 else 0.0
        tolerance = (usable_burst(burst) - 1) * interval
        self._terms = Terms(interval, tolerance, _left_free(burst) * interval, urgent)
        self._queue = asyncio.Lock()
        self._pace = pace or LocalPace()
        self._sleep = sleep

    @classmethod
    def for_key(cls, key: SecretStr, rate: float | None, burst: int, folder: Path) -> Self:
        """Return the limiter of a key for all processes that share `folder`."""
        return cls(rate, burst, LocalPace(folder / f"{allowance_name(key)}.pace"))

    async def acquire(self, on_hold: Callable[[float], None] = lambda _: None) -> float:
        """Wait for the turn of one request; returns the seconds waited.

        `on_hold` is told for how many seconds a penalty holds everybody back, before they are waited for.
        """
        if not self._terms.interval:
            return 0.0
        turn, waited = await self._first_turn(on_hold)
        while turn.wait > 0:
            turn = await turn.pace.again(turn)
            if turn.wait > 0:
                on_hold(turn.wait)
                await self._sleep(turn.wait)
                waited += turn.wait
        return waited

    async def _first_turn(self, on_hold: Callable[[float], None]) -> tuple[Turn, float]:
        """Queue, book a turn, and return it with the seconds waited when it has come, if nothing put it off.

        The next in the queue books before this one looks whether it was put off: with PostgreSQL both
        questions go out together, and a database that is far away does not halve the rate.
        """
        waited = 0.0
        began = time.monotonic() if self._queue.locked() else None
        async with self._queue:
            if began is not None:
                waited = time.monotonic() - began
            turn = await self._pace.book(self._terms)
            if turn.held > 0:
                on_hold(turn.held)
            if turn.wait > 0:
                await self._sleep(turn.wait)
        return turn, waited + turn.wait

    async def penalise(self, seconds: float) -> None:
        """Hold everybody back, waiters included: nothing leaves for `seconds`, and then without a burst.

        Ten minutes at most. Penalties at the same time don't add up: the one that ends last counts.
        """
        if self._terms.interval and seconds > 0:
            await self._pace.penalise(seconds, self._terms)

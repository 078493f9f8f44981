"""Holds requests to Lever's allowance, together with everything else that uses the same key.

Not pyrate-limiter: it logs the instants of past calls in sliding windows, which can't express Lever's token
bucket nor a penalty that all processes see.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from lever_assets.lever.pacing import LocalPace, Pace, Terms

# Lever's clock and ours may run at different speeds, and networks delay. At the full rate, over hours, each
# would empty Lever's bucket, and a 429 costs more than the two thousandths given up.
_SHARE_OF_RATE = 0.998


def usable_burst(burst: int) -> int:
    """Return how many requests may leave at once against a bucket of `burst`.

    The rest, a quarter, is a reserve: requests that the network delayed arrive together with those after
    them, and only what is left in Lever's bucket absorbs that. At 10/s and 20 it holds for half a second of
    jitter.
    """
    return max(1, burst - max(2, burst // 4))


def allowance_name(key: SecretStr, allowance: str = "") -> str:
    """Return the name that everybody knows an allowance of a key by: a hash, which does not tell the key.

    `allowance` names one that stands beside the key's general one.
    """
    digest = hashlib.blake2b(key.get_secret_value().encode(), digest_size=12, person=b"lever-pace")
    return f"{digest.hexdigest()}.{allowance}" if allowance else digest.hexdigest()


class RateLimiter:
    """Lets `rate` requests a second through, in bursts to a part of `burst`; first come, first served.

    `rate` None or <= 0 lifts the limit. All limiters of one `pace` share the allowance; None: this one has it
    alone. Lever's rule is in docs/lever-api.md: a token bucket per key, 10 requests/s, bursts to 20.
    """

    def __init__(
        self,
        rate: float | None,
        burst: int,
        pace: Pace | None = None,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        interval = 1 / (rate * _SHARE_OF_RATE) if rate is not None and rate > 0 else 0.0
        self._terms = Terms(interval, (usable_burst(burst) - 1) * interval)
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
        turn = await self._pace.book(self._terms)
        if turn.held > 0:
            on_hold(turn.held)
        waited = 0.0
        while turn.wait > 0:
            await self._sleep(turn.wait)
            waited += turn.wait
            turn = await turn.pace.again(turn)
            if turn.wait > 0:
                on_hold(turn.wait)
        return waited

    async def penalise(self, seconds: float) -> None:
        """Hold everybody back, waiters included: nothing leaves for `seconds`, and then without a burst.

        Ten minutes at most. Penalties at the same time don't add up: the one that ends last counts.
        """
        if self._terms.interval and seconds > 0:
            await self._pace.penalise(seconds, self._terms)

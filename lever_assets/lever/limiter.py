"""Paces requests to Lever's allowance, together with everything else on this machine that uses the same key.

Not pyrate-limiter: it logs the instants of past calls in sliding windows, which can't express Lever's token
bucket nor a penalty that all processes see.
"""

import asyncio
import hashlib
import logging
import struct
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Self

from filelock import FileLock
from pydantic import SecretStr

from lever_assets import private

_log = logging.getLogger(__name__)

_LONGEST_PENALTY = 600.0
"""Seconds."""
_MOST_WAITING = 10_000
_MOST_PUSHED = 1e9

_FORMAT = struct.Struct("<8s4d")
_MARK = b"lvrpace1"
_POLL_SECONDS = 0.001
"""How often a lock that somebody has is tried: it is held for less."""

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


class RateLimiter:
    """Lets `rate` requests a second through, in bursts to a part of `burst`; first come, first served.

    `rate` None or <= 0 lifts the limit. `state` is a file that every process with the same key shares; None
    paces this object only. Lever's rule is in docs/lever-api.md: a token bucket per key, 10 requests/s,
    bursts to 20.

    It is GCRA: one instant, the time at which the next request would be due without bursts, tells whether and
    when one may leave. An acquire books its turn by moving that instant, then sleeps until its turn: waiters
    are served in the order in which they came, in all processes, and none has to try again.
    """

    def __init__(
        self,
        rate: float | None,
        burst: int,
        state: Path | None = None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._interval = 1 / (rate * _SHARE_OF_RATE) if rate is not None and rate > 0 else 0.0
        self._tolerance = (usable_burst(burst) - 1) * self._interval
        self._store = _PaceStore(state)
        self._clock = clock
        self._sleep = sleep

    @classmethod
    def for_key(
        cls, key: SecretStr, rate: float | None, burst: int, folder: Path, *, allowance: str = ""
    ) -> Self:
        """Return the limiter of a key; its file in `folder` is named by a hash of the key.

        `allowance` names one that stands beside the key's general one.
        """
        digest = hashlib.blake2b(key.get_secret_value().encode(), digest_size=12, person=b"lever-pace")
        ending = f".{allowance}.pace" if allowance else ".pace"
        return cls(rate, burst, folder / f"{digest.hexdigest()}{ending}")

    async def acquire(self, on_hold: Callable[[float], None] = lambda _: None) -> float:
        """Wait for the turn of one request; returns the seconds waited.

        `on_hold` is told for how many seconds a penalty holds everybody back, before they are waited for.
        """
        if not self._interval:
            return 0.0
        wait, pushed, held = self._book()
        if held > 0:
            on_hold(held)
        waited = 0.0
        while wait > 0:
            await self._sleep(wait)
            waited += wait
            with self._store as pace:
                # A penalty that came meanwhile made our turn later by as much as it pushed.
                wait, pushed = min(pace.pushed - pushed, _LONGEST_PENALTY), pace.pushed
            if wait > 0:
                on_hold(wait)
        return waited

    def penalise(self, seconds: float) -> None:
        """Hold everybody back, waiters included: nothing leaves for `seconds`, and then without a burst.

        Ten minutes at most. Penalties at the same time don't add up: the one that ends last counts.
        """
        if not self._interval or seconds <= 0:
            return
        with self._store as pace:
            now = self._look(pace)
            until = now + min(seconds, _LONGEST_PENALTY)
            push = until - max(pace.held_until, now)
            if push > 0:
                pace.held_until = until
                pace.pushed += push
                pace.due = max(pace.due + push, until + self._tolerance)

    def _book(self) -> tuple[float, float, float]:
        """Book the next turn; returns the seconds until then, the pushes that it already counts in, and for
        how many seconds a penalty lasts."""
        with self._store as pace:
            now = self._look(pace)
            due = max(pace.due, now)
            pace.due = due + self._interval
            return max(0.0, due - self._tolerance - now), pace.pushed, pace.held_until - now

    def _look(self, pace: "_Pace") -> float:
        """Look at the clock. If it was set back, what is booked moves along."""
        now = self._clock()
        back = pace.seen - now
        if back > 0:
            pace.due -= back
            pace.held_until -= back
        pace.seen = now
        self._mend(pace, now)
        return now

    def _mend(self, pace: "_Pace", now: float) -> None:
        """Forget what can't be: a damaged file holds nobody back for ever."""
        if pace.held_until > now + _LONGEST_PENALTY:
            pace.due = pace.held_until = now
        if pace.due > now + _LONGEST_PENALTY + self._tolerance + _MOST_WAITING * self._interval:
            pace.due = now
        if abs(pace.pushed) > _MOST_PUSHED:
            pace.pushed = 0.0


@dataclass(slots=True)
class _Pace:
    """How far the allowance is given away. Instants are seconds of the limiter's clock.

    `due`: when the next request would leave if there were no bursts (GCRA's theoretical arrival time).
    `held_until`: until when a penalty holds everything back. `pushed`: the sum of all penalties' pushes so
    far, by which a waiter learns how much later its turn has become. `seen`: the last look at the clock.
    """

    due: float = 0.0
    held_until: float = 0.0
    pushed: float = 0.0
    seen: float = 0.0


class _PaceStore:
    """Where a pace is kept: a `with` block has it for itself, and may change it.

    With a `path` it is a file of 40 bytes that all share who use it on this machine; without, it is this
    object's own. A file that can't be used is no reason to stop: the pace then is this object's own, too, and
    a warning says so.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._threads = threading.Lock()
        self._processes = FileLock(f"{path}.lock", mode=private.FILE, thread_local=False) if path else None
        self._pace = _Pace()

    def __enter__(self) -> _Pace:
        self._threads.acquire()
        try:
            self._take()
        except OSError as error:
            self._give_up(error)
        return self._pace

    def __exit__(self, *exc: object) -> None:
        try:
            self._give_back()
        except OSError as error:
            self._give_up(error)
        finally:
            self._threads.release()

    def _take(self) -> None:
        if self._path is None or self._processes is None:
            return
        if not self._path.parent.is_dir():
            private.make_folder(self._path.parent)
        self._processes.acquire(poll_interval=_POLL_SECONDS)
        found = self._path.read_bytes() if self._path.exists() else b""
        if len(found) >= _FORMAT.size:
            mark, *numbers = _FORMAT.unpack_from(found)
            if mark == _MARK and all(map(isfinite, numbers)):
                self._pace = _Pace(*numbers)

    def _give_back(self) -> None:
        if self._path is None or self._processes is None:
            return
        pace = self._pace
        private.overwrite(self._path, _FORMAT.pack(_MARK, pace.due, pace.held_until, pace.pushed, pace.seen))
        self._processes.release()

    def _give_up(self, error: OSError) -> None:
        _log.warning(
            "The rate limit is not shared with other processes: %s can't be used (%s).",
            self._path,
            error.strerror or error,
        )
        if self._processes is not None:
            self._processes.release(force=True)
        self._path = self._processes = None

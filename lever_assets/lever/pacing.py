"""How far an allowance is given away: the arithmetic of it, and where it is kept so that others share it.

It is GCRA: one instant, the time at which the next request would be due without bursts, tells whether and
when one may leave. Who wants to send books a turn by moving that instant, then waits until its turn: waiters
are served in the order in which they came, wherever they run, and none has to try again.

While somebody urgent is at work, everybody else leaves a part of the burst alone: turns that nobody else has
booked then, so that the urgent find one free. Nothing is given away twice for it, and nothing is lost: who
left turns free has them afterwards.
"""

import asyncio
import logging
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Protocol

from filelock import FileLock

from lever_assets import private

_log = logging.getLogger(__name__)

LONGEST_PENALTY = 600.0
"""Seconds."""
MOST_PUSHED = 1e9
_MOST_WAITING = 10_000
URGENT_SECONDS = 2.0
"""How long turns are left free once an urgent one was booked: until its answer came, and the next request."""

_FORMAT = struct.Struct("<8s5d")
_WITHOUT_LAST = _FORMAT.size - 8
"""As many bytes are in a file of a program that knew of nobody urgent."""
_MARK = b"lvrpace1"
_POLL_SECONDS = 0.001
"""How often a lock that somebody has is tried: it is held for less."""


@dataclass(frozen=True)
class Terms:
    """What an allowance lets through: a request each `interval`, and as many at once as `tolerance` spans.

    While somebody `urgent` is at work, the others leave what `left_free` spans of it alone. All in seconds.
    """

    interval: float
    tolerance: float
    left_free: float = 0.0
    urgent: bool = False

    def span(self, urgent_for: float) -> float:
        """Return how much of the tolerance is for who books.

        `urgent_for`: for how long somebody urgent is at work (0 or less: nobody is).
        """
        return self.tolerance - (self.left_free if urgent_for > 0 and not self.urgent else 0.0)

    @property
    def furthest(self) -> float:
        """The most seconds that turns can be booked ahead; what says more is damaged."""
        return LONGEST_PENALTY + self.tolerance + _MOST_WAITING * self.interval


@dataclass(frozen=True)
class Turn:
    """The turn of one request, in seconds from when it was booked.

    It comes after `wait`; a penalty lasts for `held` (0 or less: none); `ahead` is when the request after it
    would be due without bursts. `pushed` is the sum of the pushes that are counted in, as `pace` kept it.
    """

    pace: "Pace"
    wait: float
    held: float
    ahead: float
    pushed: float


class Pace(Protocol):
    """How far one allowance is given away, wherever that is kept. None of these raises an error."""

    async def book(self, terms: Terms, ahead: float = 0.0) -> Turn:
        """Book the next turn.

        `ahead`: for how many seconds turns are booked, or everybody is held back, as far as the caller knows
        from elsewhere; this one is booked behind them.
        """
        ...

    async def admit(self, terms: Terms) -> float:
        """Book a turn only if it has come; else book none, and return the seconds until there is one.

        For those who are sent away rather than wait. Such an allowance has no penalties.
        """
        ...

    async def again(self, turn: Turn) -> Turn:
        """Return a turn that has come, with the `wait` by which a penalty put it off since."""
        ...

    async def penalise(self, seconds: float, terms: Terms) -> None:
        """Let nothing leave for so long, waiters included, and no burst afterwards.

        Of several at the same time the one that ends last counts.
        """
        ...


def put_off(turn: Turn, pushed: float) -> Turn:
    """Return the turn where all pushes come to `pushed` by now."""
    return replace(turn, wait=min(pushed - turn.pushed, LONGEST_PENALTY), pushed=pushed)


@dataclass(slots=True)
class _Kept:
    """What is kept. Instants are seconds of one clock.

    `due`: when the next request would leave if there were no bursts (GCRA's theoretical arrival time).
    `held_until`: until when a penalty holds everything back. `pushed`: the sum of all penalties' pushes so
    far, by which a waiter learns how much later its turn has become. `seen`: the last look at the clock.
    `urgent_until`: until when turns are left free for the urgent.
    """

    due: float = 0.0
    held_until: float = 0.0
    pushed: float = 0.0
    seen: float = 0.0
    urgent_until: float = 0.0

    def look(self, now: float, terms: Terms) -> None:
        """Look at the clock. If it was set back, what is booked moves along."""
        back = self.seen - now
        if back > 0:
            self.due -= back
            self.held_until -= back
            self.urgent_until -= back
        self.seen = now
        self._mend(now, terms)

    def _mend(self, now: float, terms: Terms) -> None:
        """Forget what can't be: a damaged file holds nobody back for ever."""
        if self.held_until > now + LONGEST_PENALTY:
            self.due = self.held_until = now
        if self.due > now + terms.furthest:
            self.due = now
        if self.urgent_until > now + URGENT_SECONDS:
            self.urgent_until = now
        if abs(self.pushed) > MOST_PUSHED:
            self.pushed = 0.0


class LocalPace:
    """A pace of this process, or, with a `path`, of all that use that file on this machine: 48 bytes.

    A file that can't be used is no reason to stop: the pace then is this object's own, and a warning says so.
    """

    def __init__(self, path: Path | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._threads = threading.Lock()
        self._processes: FileLock | None = None
        self._kept = _Kept()

    async def book(self, terms: Terms, ahead: float = 0.0) -> Turn:
        """As `Pace.book`."""
        with self as kept:
            now = self._clock()
            kept.look(now, terms)
            due = max(kept.due, now + ahead)
            kept.due = due + terms.interval
            if terms.urgent:
                kept.urgent_until = now + URGENT_SECONDS
            return Turn(
                self,
                wait=max(0.0, due - terms.span(kept.urgent_until - now) - now),
                held=kept.held_until - now,
                ahead=kept.due - now,
                pushed=kept.pushed,
            )

    async def admit(self, terms: Terms) -> float:
        """As `Pace.admit`; in a thread: the loop goes on while somebody else has the file's lock."""
        return await asyncio.to_thread(self._admit, terms)

    def _admit(self, terms: Terms) -> float:
        with self as kept:
            now = self._clock()
            # What says more than the terms allow is damaged, or was kept under others.
            due = min(max(kept.due, now), now + terms.tolerance + terms.interval)
            wait = max(0.0, due - terms.tolerance - now)
            kept.due, kept.seen = due + (0.0 if wait else terms.interval), now
            return wait

    async def again(self, turn: Turn) -> Turn:
        """As `Pace.again`."""
        with self as kept:
            return put_off(turn, kept.pushed)

    async def penalise(self, seconds: float, terms: Terms) -> None:
        """As `Pace.penalise`."""
        with self as kept:
            now = self._clock()
            kept.look(now, terms)
            until = now + min(seconds, LONGEST_PENALTY)
            push = until - max(kept.held_until, now)
            if push > 0:
                kept.held_until = until
                kept.pushed += push
                kept.due = max(kept.due + push, until + terms.tolerance)

    def __enter__(self) -> _Kept:
        """Have what is kept for oneself; at the end of the block it is kept as it is then."""
        self._threads.acquire()
        try:
            self._take()
        except OSError as error:
            self._give_up(error)
        return self._kept

    def __exit__(self, *exc: object) -> None:
        try:
            self._give_back()
        except OSError as error:
            self._give_up(error)
        finally:
            self._threads.release()

    def _take(self) -> None:
        if self._path is None:
            return
        if self._processes is None:  # not before: most limiters of applications are never asked
            self._processes = FileLock(f"{self._path}.lock", mode=private.FILE, thread_local=False)
        if not self._path.parent.is_dir():
            private.make_folder(self._path.parent)
        self._processes.acquire(poll_interval=_POLL_SECONDS)
        found = self._path.read_bytes() if self._path.exists() else b""
        if len(found) >= _WITHOUT_LAST:
            mark, *numbers = _FORMAT.unpack_from(found.ljust(_FORMAT.size, b"\0"))
            if mark == _MARK and all(map(isfinite, numbers)):
                self._kept = _Kept(*numbers)

    def _give_back(self) -> None:
        if self._path is None or self._processes is None:
            return
        kept = self._kept
        numbers = (kept.due, kept.held_until, kept.pushed, kept.seen, kept.urgent_until)
        private.overwrite(self._path, _FORMAT.pack(_MARK, *numbers))
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

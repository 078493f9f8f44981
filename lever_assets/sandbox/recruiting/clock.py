"""The sandbox's own time, which tests may set, so that a week takes seconds and clocks may disagree."""

from __future__ import annotations

import threading
import time


class Clock:
    """Tells epoch milliseconds.

    It follows the wall clock, but is never before `opened_at`, the day on which the account was last worked
    on. Once set, it goes on from the instant it was set to, or stands still there.
    """

    def __init__(self, opened_at: int) -> None:
        self._lock = threading.Lock()
        self._floor = opened_at
        self._offset = 0
        self._frozen: int | None = None
        self._last = opened_at

    def read(self) -> int:
        """What time it is."""
        with self._lock:
            return self._read()

    def next(self) -> int:
        """The instant of the next change: later than that of the change before."""
        with self._lock:
            self._last = max(self._last + 1, self._read())
            return self._last

    def set(self, now: int, *, frozen: bool = False) -> None:
        """It is `now`, which may lie in the past; `frozen` keeps it there until told otherwise."""
        with self._lock:
            self._floor = 0
            self._offset = now - _wall()
            self._frozen = now if frozen else None
            self._last = now - 1

    def advance(self, by: int) -> int:
        """Let `by` milliseconds pass, or take them back when negative; answers what time it is then."""
        now = self.read() + by
        self.set(now, frozen=self._frozen is not None)
        return now

    def _read(self) -> int:
        if self._frozen is not None:
            return self._frozen
        return max(self._floor, _wall() + self._offset)


def _wall() -> int:
    return time.time_ns() // 1_000_000

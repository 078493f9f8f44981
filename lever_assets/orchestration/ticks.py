"""What all ticks have in common: a budget of time, and a sentence for whatever goes wrong.

Dagster gives a tick a minute and then evaluates the next beside it, while the first goes on. So a tick ends
by itself, before that: what it waits for is cancelled, and it says so as the reason of a skip.
"""

import time
from collections.abc import Callable
from typing import TypeVar

import dagster as dg

from lever_assets.lever import RateLimitedError
from lever_assets.orchestration.failures import for_events, in_one_sentence
from lever_assets.store import BusyError

TICK_SECONDS = 25.0
_TO_END = 0.5
"""Seconds of it that are kept for ending: closing connections, and saying why."""

T = TypeVar("T")


class Budget:
    """The time that a tick may take, from now on."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self.whole = max(0.0, seconds - _TO_END)
        """The seconds to wait for others that there were at first: the same number in every tick."""

    @property
    def left(self) -> float:
        """The seconds that are left to wait for others."""
        return max(0.0, self._end - _TO_END - time.monotonic())

    def at_most(self, seconds: float) -> "Budget":
        """Return so much of it, or what is left of it if that is less."""
        return Budget(min(seconds, self.left) + _TO_END)


def tick(evaluate: Callable[[Budget], T]) -> T | dg.SkipReason:
    """Evaluate a tick; where nothing but waiting helps, skip with a sentence, else raise it as `Failure`."""
    with in_one_sentence():
        try:
            return evaluate(Budget(TICK_SECONDS))
        except (BusyError, RateLimitedError) as error:
            return dg.SkipReason(for_events(str(error)))

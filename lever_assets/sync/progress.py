"""Progress that a person can follow: what is being done, how far, how fast, how long still."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from lever_assets.lever.instants import duration
from lever_assets.lever.wording import counted


@dataclass(frozen=True)
class Progress:
    """How far one step is. `total` and `seconds_left` are None while unknown; `rate` is requests a second."""

    step: str
    unit: str
    done: int
    total: int | None
    requests: int
    rate: float
    seconds_left: float | None

    def __str__(self) -> str:
        of = "" if self.total is None else f" of {self.total:,}"
        left = "" if self.seconds_left is None else f", {duration(self.seconds_left)} left"
        asked = f", {counted(self.requests, 'request')} at {self.rate:.1f}/s" if self.requests else ""
        return f"{self.step}: {self.done:,}{of} {self.unit}{asked}{left}"


Listener = Callable[[Progress | str], None]
"""Is told how far a step is, or in a sentence what holds it up."""


def silent(_told: Progress | str) -> None:
    """Listen to nothing."""


@dataclass
class Meter:
    """Counts one step and tells the listener at most every `every` seconds, and at the end."""

    listener: Listener
    step: str
    unit: str
    total: int | None = None
    every: float = 1.0
    requests: Callable[[], int] = lambda: 0
    done: int = 0
    _started: float = field(default_factory=time.monotonic)
    _told: float = 0.0

    def advance(self, count: int) -> None:
        """Add `count` done and tell the listener if it is time."""
        self.done += count
        if time.monotonic() - self._told >= self.every:
            self.tell()

    def tell(self) -> None:
        """Tell the listener now."""
        self._told = time.monotonic()
        seconds = max(self._told - self._started, 1e-6)
        left = None
        if self.total is not None and self.done:
            left = max(self.total - self.done, 0) * seconds / self.done
        requests = self.requests()
        self.listener(
            Progress(self.step, self.unit, self.done, self.total, requests, requests / seconds, left)
        )

    @property
    def seconds(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self._started

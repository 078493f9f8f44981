"""Progress that a person can follow: what is being done, how far, how fast, how long still."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from lever_assets.lever.instants import duration
from lever_assets.lever.wording import counted

RECORDS_MAPPED = "records mapped"
"""The unit of a step that maps."""


class Known(Enum):
    """How well it is known how many requests a sync takes."""

    EXACTLY = ""
    ABOUT = "about "
    AT_LEAST = "at least "


@dataclass(frozen=True)
class Overall:
    """How far a whole sync is: `requests` were sent, of `total` in all, as far as that is `known`.

    `rate` is requests a second. `seconds_left` is None while nobody can know it.
    """

    requests: int
    total: int
    known: Known
    rate: float
    seconds_left: float | None

    def __str__(self) -> str:
        return (
            f"requests {self.requests:,} of {self.known.value}{self.total:,}, {self.rate:.1f}/s, {self._left}"
        )

    @property
    def _left(self) -> str:
        if self.seconds_left is None:
            return "time left is known when the lists are in"
        about = "" if self.known is Known.EXACTLY else self.known.value
        return f"{about}{duration(self.seconds_left)} left"


@dataclass(frozen=True)
class Progress:
    """How far one step is. `total` and `seconds_left` are None while unknown; `rate` is requests a second.

    `ended`: the step is at its end. `overall`: how far the sync is that the step is part of; as a text it
    says that then.
    """

    step: str
    unit: str
    done: int
    total: int | None
    requests: int
    rate: float
    seconds_left: float | None
    ended: bool = False
    overall: Overall | None = None

    def __str__(self) -> str:
        if self.overall is not None:
            return f"{self.overall} ({'mapping ' if self.is_of_mapping else ''}{self.step})"
        of = "" if self.total is None else f" of {self.total:,}"
        left = "" if self.seconds_left is None else f", {duration(self.seconds_left)} left"
        asked = f", {counted(self.requests, 'request')} at {self.rate:.1f}/s" if self.requests else ""
        return f"{self.step}: {self.done:,}{of} {self.unit}{asked}{left}"

    @property
    def is_of_mapping(self) -> bool:
        """Whether the step maps; else it reads."""
        return self.unit == RECORDS_MAPPED


Listener = Callable[[Progress | str], None]
"""Is told how far a step is, or in a sentence what holds it up."""


def silent(_told: Progress | str) -> None:
    """Listen to nothing."""


def announcing(listener: Listener, announce: Callable[[], None]) -> Listener:
    """Return the listener, with `announce` called before it is told the first of any reading, or of a wait.

    Not before: where no account is connected, or no key accepted, nothing is read.
    """
    is_said = False

    def listen(told: Progress | str) -> None:
        nonlocal is_said
        if not is_said and (isinstance(told, str) or not told.is_of_mapping):
            is_said = True
            announce()
        listener(told)

    return listen


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
            self._tell()

    def end(self, count: int = 0) -> None:
        """Add `count` done and tell the listener that the step is at its end."""
        self.done += count
        self._tell(ended=True)

    def _tell(self, *, ended: bool = False) -> None:
        self._told = time.monotonic()
        seconds = max(self._told - self._started, 1e-6)
        left = None
        if self.total is not None and self.done:
            left = max(self.total - self.done, 0) * seconds / self.done
        requests = self.requests()
        rate = requests / seconds
        self.listener(
            Progress(self.step, self.unit, self.done, self.total, requests, rate, left, ended=ended)
        )

"""How far a whole sync is: it hears its steps, and tells of each how far all of them are together.

How many requests there are in all is not known until the lists are in, unless an earlier sync has left an
estimate; in a first sync it is at least what the records that were listed so far are sure to take. Then it
is: a request for each parent whose children are due. Time is told by the pace of late, which begins with what
the allowance gives, and by how fast records were mapped.
"""

import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from lever_assets.lever.client import PAGE_SIZE
from lever_assets.lever.limiter import SHARE_OF_RATE
from lever_assets.sync.pacing import SHORTEST, Clock, MappingPace, Pace
from lever_assets.sync.progress import Known, Listener, Overall, Progress

_EVERY = 1.0


@dataclass
class _Reading:
    """One reading below parents: how many requests are `left`, of those that were `expected`.

    `has_until`: it ends when its time is over, as the reading of a history may.
    """

    expected: int
    left: int
    has_until: bool = False

    def hear(self, told: Progress, at_once: int) -> None:
        """Take in how far it is, when up to `at_once` requests may be under way.

        Some parents are passed over: then there are fewer requests than parents, in about the share expected.
        """
        total = self.expected if told.total is None else told.total
        expected, parents = min(self.expected, total), max(total - told.done, 0)
        unsent = expected - told.requests
        unasked = math.ceil(parents * expected / total) - at_once if total else 0
        self.left = 0 if told.ended else min(parents, max(unsent, unasked, 0))


@dataclass
class Whole:
    """Listens to the steps of a sync, and passes on what they tell with how far the sync is.

    `requests` counts what was sent; `rate` is the allowance (0: none), `at_once` how many may be under
    way; `drivers` names, by model, the list or the resource below records whose records it is mapped from.
    `history_seconds`: as for `Session`.
    """

    listener: Listener
    requests: Callable[[], int]
    rate: float
    at_once: int = 1
    drivers: Mapping[str, str] = field(default_factory=dict)
    history_seconds: float | None = None
    clock: Clock = time.monotonic

    def __post_init__(self) -> None:
        allowance = self.rate * SHARE_OF_RATE or None
        self._listing, self._below = Pace(allowance), Pace(allowance)
        self._mapping = MappingPace(self.clock)
        self._lists: dict[str, int | None] = {}
        self._ahead: dict[str, list[_Reading]] = {}
        self._records: dict[str, int] = {}
        self._sure: dict[str, int] = {}
        self._is_reading = self._has_history = self._has_times = False
        self._known = Known.AT_LEAST
        self._rate = 0.0
        self._told: float | None = None
        self._until: float | None = None
        self._begin_measuring()

    def _begin_measuring(self) -> None:
        self._began, self._began_with, self._paused = self.clock(), self.requests(), 0.0

    def __call__(self, told: Progress | str) -> None:
        """Hear how far a step is, and tell it, with how far the sync is, once a second and at a step's end.

        A sync that reads nothing has but its steps.
        """
        if isinstance(told, str) or not self._is_reading:
            self.listener(told)
            return
        self._hear(told)
        at = self.clock()
        if told.ended or self._told is None or at - self._told >= _EVERY:
            self._told = at
            self.listener(replace(told, overall=self.overall()))

    def begin(self, lists: Mapping[str, int | None], below: Mapping[str, int] | None = None) -> None:
        """Take note of the lists that are read, each with about how many requests it takes, if known.

        `below`: how many requests each of their records is sure to take, by the list, where nothing of it
        was read before. It makes the least that is told until more is known.
        """
        self._lists, self._is_reading = dict(lists), True
        self._sure, self._has_times = dict(below or {}), bool(below)

    def estimate(self, below: Mapping[str, Sequence[int]], *, history: bool) -> None:
        """Take note of about how many requests there are below records, before the lists are in.

        By resource, for each of its readings; `history`: the last is of the history.
        """
        self._ahead = {name: [_Reading(each, each) for each in sizes] for name, sizes in below.items()}
        for readings in self._ahead.values() if history else ():
            readings[-1].has_until = self.history_seconds is not None and len(readings) > 1
        self._has_history, self._known, self._has_times = history, Known.ABOUT, True
        self._sure.clear()

    def lists_are_in(self, below: Mapping[str, Sequence[int]], *, history: bool, known: Known) -> None:
        """As `estimate`, when the lists are in: how well is `known`."""
        self.estimate(below, history=history)
        self._records.update({name: sum(sizes) for name, sizes in below.items()})
        is_limited = history and self.history_seconds is not None
        self._known = Known.ABOUT if is_limited and known is Known.EXACTLY else known
        self._lists.clear()
        self._begin_measuring()
        self._below.skip(self.requests(), self.clock())

    def end(self, name: str, *, more: bool = False) -> None:
        """Take note that a resource is read, but for a last reading if there is `more`."""
        self._lists.pop(name, None)
        if not more:
            self._ahead.pop(name, None)

    def turn_to_rest(self) -> None:
        """Take note that what is left is read from now on, the history for so long as it may be."""
        if self.history_seconds is not None and self._has_history:
            self._known = Known.ABOUT
            self._until = self.clock() + self.history_seconds
        else:
            self._known = Known.EXACTLY

    @contextmanager
    def mapping(self, models: Collection[str]) -> Iterator[None]:
        """Take note that these models are mapped, and of how long that takes."""
        self._mapping.begin({each: self._records_for(each) for each in models})
        try:
            yield
        finally:
            self._paused += self._mapping.end()
            for pace in (self._listing, self._below):
                pace.skip(self.requests(), self.clock())

    def overall(self) -> Overall:
        """Return how far the sync is."""
        sent = self.requests()
        lists, below = self._left_of_lists(), self._left_below()
        seconds = self.clock() - self._began - self._paused - self._mapping.seconds_so_far
        if sent > self._began_with:
            self._rate = (sent - self._began_with) / max(seconds, SHORTEST)
        left = self._seconds_left(lists, below)
        return Overall(sent, sent + lists + below, self._known, self._rate, left)

    def _hear(self, told: Progress) -> None:
        if told.is_of_mapping:
            self._mapping.hear(told)
            return
        pace = self._listing if self._lists else self._below
        pace.hear(self.requests(), self.clock())
        if told.total is None:
            self._records[told.step] = told.done
            if told.ended:
                self._lists.pop(told.step, None)
            return
        readings = self._ahead.setdefault(told.step, [])
        if not readings:
            readings.append(_Reading(told.total, told.total, has_until=self._until is not None))
        readings[0].hear(told, self.at_once)
        if told.ended:
            readings.pop(0)

    def _left_of_lists(self) -> int:
        return sum(
            1 if pages is None else max(pages - self._records.get(name, 0) // PAGE_SIZE, 1)
            for name, pages in self._lists.items()
        )

    def _left_below(self) -> int:
        """Return how many requests are left below records; of the history those for which there is time."""
        readings = [each for one in self._ahead.values() for each in one]
        limited = sum(each.left for each in readings if each.has_until)
        limited += sum(self._records.get(name, 0) * each for name, each in self._sure.items())
        seconds = self.history_seconds if self._until is None else max(self._until - self.clock(), 0.0)
        each = self._seconds_for(1)
        if seconds is not None and each:
            limited = min(limited, math.ceil(seconds / each))
        return limited + sum(each.left for each in readings if not each.has_until)

    def _seconds_left(self, lists: int, below: int) -> float | None:
        if not self._has_times:
            return None
        later = sum(self._records_for(each) for each in self.drivers if each not in self._mapping.seen)
        reading = self._listing.seconds_for(lists, self._rate) + self._seconds_for(below)
        return reading + self._mapping.seconds_left(later)

    def _seconds_for(self, below: int) -> float:
        return self._below.seconds_for(below, self._rate)

    def _records_for(self, model: str) -> int:
        return self._records.get(self.drivers.get(model, ""), 0)

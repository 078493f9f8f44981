"""How fast requests go out, and how fast records are mapped: what is left of either takes so long."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lever_assets.sync.progress import Progress

_LATELY = 300.0
"""Seconds over which a pace is measured: what holds a sync up for a moment does not multiply what is left."""
_BEFORE = 10.0
"""So many seconds at the full allowance stand for what was not measured yet."""
SHORTEST = 0.5
"""Seconds; no pace is told of less."""

Clock = Callable[[], float]


@dataclass
class Pace:
    """Requests a second of late. It begins with the `allowance` and never exceeds it; None: unlimited."""

    allowance: float | None
    value: float | None = None
    _elapsed: float = 0.0
    _requests: int = 0
    _at: float | None = None

    def hear(self, requests: int, at: float) -> None:
        """Take in how many requests there were by now; the first time only to begin there."""
        if self._at is None:
            self.skip(requests, at)
            return
        seconds = at - self._at
        if seconds < SHORTEST:
            return
        late = (requests - self._requests) / seconds
        self._elapsed += seconds
        before, known = (0.0, 0.0) if self.allowance is None else (_BEFORE, self.allowance)
        weight = min(1.0, seconds / min(self._elapsed + before, _LATELY))
        value = known if self.value is None else self.value
        self.value = value + weight * (late - value)
        if self.allowance is not None:
            self.value = min(self.value, self.allowance)
        self.skip(requests, at)

    def skip(self, requests: int, at: float) -> None:
        """Go on from here: the time until now says nothing."""
        self._requests, self._at = requests, at

    def seconds_for(self, requests: int, otherwise: float) -> float:
        """Return how long so many requests take, at a pace of `otherwise` where none is known."""
        return requests / (self.value or self.allowance or otherwise or 1.0)


@dataclass
class MappingPace:
    """How fast records are mapped, and how many are left of what is being mapped; `seen` are its models."""

    clock: Clock
    seen: set[str] = field(default_factory=set)
    _records: int = 0
    _seconds: float = 0.0
    _began: float | None = None
    _left: dict[str, int] = field(default_factory=dict)
    _done: dict[str, int] = field(default_factory=dict)

    @property
    def seconds_so_far(self) -> float:
        """Seconds since the mapping that is under way began."""
        return 0.0 if self._began is None else self.clock() - self._began

    def begin(self, records: Mapping[str, int]) -> None:
        """Take note that so many records, by model, may be mapped from now on."""
        self.seen |= records.keys()
        self._left, self._began = dict(records), self.clock()
        self._done.clear()

    def hear(self, told: Progress) -> None:
        """Take in how far a model is."""
        more = told.done - self._done.get(told.step, 0)
        self._done[told.step] = told.done
        self._records += more
        self._left[told.step] = 0 if told.ended else max(self._left.get(told.step, 0) - more, 0)

    def end(self) -> float:
        """Take note that nothing is mapped any more; return how many seconds that took."""
        took, self._began = self.seconds_so_far, None
        self._seconds += took
        self._left.clear()
        return took

    def seconds_left(self, later: int) -> float:
        """Return how long what is left takes, with so many records that are to be mapped later."""
        if not self._records:
            return 0.0
        seconds = self._seconds + self.seconds_so_far
        return (sum(self._left.values()) + later) * seconds / self._records

"""What a pass covers: an interval of instants, open at either end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Bounds:
    """The records whose last change lies in [lower, upper); None leaves that end open. Instants are UTC.

    The first window is open downwards and the current one upwards: records older than the first window belong
    to it, and a clock that runs apart from Lever's loses nothing at the edge.
    """

    lower: datetime | None = None
    upper: datetime | None = None

    @property
    def everything(self) -> bool:
        """Whether the pass covers the whole account."""
        return self.lower is None and self.upper is None

    def since(self, start: datetime | None) -> "Bounds | None":
        """Return the part of the bounds that begins at `start` or later; None if there is none."""
        if start is None or (self.lower is not None and self.lower >= start):
            return self
        return None if self.upper is not None and self.upper <= start else Bounds(start, self.upper)

    def contains(self, other: "Bounds") -> bool:
        """Tell whether all that other bounds hold lies in these."""
        from_below = self.lower is None or (other.lower is not None and self.lower <= other.lower)
        to_above = self.upper is None or (other.upper is not None and other.upper <= self.upper)
        return from_below and to_above

    def pieces(self, longest: timedelta) -> "list[Bounds]":
        """Return the bounds, open at neither end, in pieces of that length at most."""
        assert self.lower is not None  # noqa: S101 - the caller has looked
        assert self.upper is not None  # noqa: S101 - likewise
        found, lower = [], self.lower
        while lower < self.upper:
            found.append(Bounds(lower, min(lower + longest, self.upper)))
            lower += longest
        return found

    def filters(self, field: str) -> tuple[tuple[str, str], ...]:
        """Return Lever's filter `<field>_start`/`_end` in epoch milliseconds; its bounds are inclusive."""
        pairs: list[tuple[str, str]] = []
        if self.lower is not None:
            pairs.append((f"{field}_start", str(_epoch_ms(self.lower))))
        if self.upper is not None:
            pairs.append((f"{field}_end", str(_epoch_ms(self.upper) - 1)))
        return tuple(pairs)

    def __str__(self) -> str:
        if self.everything:
            return "everything"
        start = "the beginning" if self.lower is None else f"{self.lower:%Y-%m-%d %H:%M}"
        end = "now" if self.upper is None else f"{self.upper:%Y-%m-%d %H:%M}"
        return f"{start} to {end} UTC"

    @property
    def key(self) -> str:
        """A text that names these bounds, the same in every process."""
        lower = "" if self.lower is None else self.lower.isoformat()
        upper = "" if self.upper is None else self.upper.isoformat()
        return f"{lower}..{upper}"


EVERYTHING = Bounds()
_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)


def covering(start: datetime, end: datetime, *, first: datetime, now: datetime) -> Bounds:
    """Return the bounds from `start` to `end`, open where they touch the first or the current window."""
    return Bounds(lower=None if start <= first else start, upper=None if end > now else end)


def joined(several: Iterable[Bounds]) -> list[Bounds]:
    """Return bounds that hold what any of these hold, those that touch as one, the earliest first."""
    found: list[Bounds] = []
    for each in sorted(several, key=lambda bounds: bounds.lower or _BEFORE_ALL):
        last = found[-1] if found else None
        if last is None or (last.upper is not None and (each.lower or _BEFORE_ALL) > last.upper):
            found.append(each)
        elif last.upper is not None:
            found[-1] = Bounds(last.lower, None if each.upper is None else max(last.upper, each.upper))
    return found


def _epoch_ms(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

"""How long to wait before something that failed is tried again."""

import random
from datetime import timedelta
from typing import TypeVar

Gap = TypeVar("Gap", float, timedelta)

_MOST_DOUBLINGS = 30
"""Long before these every gap is the longest; a timedelta could not hold many more."""


def gap_after(failures: int, first: Gap, longest: Gap | None = None, *, certain: float = 1.0) -> Gap:
    """Return the gap after so many failures in a row (from 1): twice as long each time, up to `longest`.

    `certain` is the part of it (0 to 1) that is waited in any case; the rest is left to chance, so that not
    everybody comes back at the same moment.
    """
    gap = first * (1 << min(max(failures, 1) - 1, _MOST_DOUBLINGS))
    gap = gap if longest is None else min(gap, longest)
    return gap if certain == 1 else gap * random.uniform(certain, 1)  # noqa: S311 -- jitter is no secret

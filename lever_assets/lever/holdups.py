"""What holds requests up for longer than a moment, told in a sentence."""

import time
from collections.abc import Callable

from lever_assets.lever.instants import duration

_WORTH_TELLING = 1.0
"""Seconds; whatever is shorter is the normal course of things."""

Tell = Callable[[str], None]


def in_silence(_sentence: str) -> None:
    """Tell nobody."""


class Holdups:
    """Tells `tell` of each wait once, however many requests it holds up."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._told_until = 0.0

    def waits(self, seconds: float, why: str) -> None:
        """Say that nothing is sent for so many seconds, and `why`."""
        until = time.monotonic() + seconds
        if seconds >= _WORTH_TELLING and until >= self._told_until + _WORTH_TELLING:
            self._told_until = until
            self._tell(f"{why}; going on in {duration(seconds)}")

    def held(self, seconds: float) -> None:
        """Say that a penalty holds back everybody with this key for so many seconds."""
        self.waits(seconds, "Lever asked everybody with this key to wait")

"""Repeatable chance: everything random in the sandbox is drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

_HEX = "0123456789abcdef"


class Chance(random.Random):
    """A seeded source of choices; not for secrets."""

    def hit(self, share: float) -> bool:
        """True in `share` of the draws."""
        return self.random() < share

    def pick(self, items: Sequence[T]) -> T:
        """One of `items`; faster than `choice`, which matters for a million records."""
        return items[int(self.random() * len(items))]

    def between(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def uuid(self) -> str:
        """A version 4 UUID as text."""
        text = f"{self.getrandbits(128):032x}"
        variant = _HEX[8 + int(text[16], 16) % 4]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"

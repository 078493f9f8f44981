"""Ids that are taken in first and handed on then, however many they are."""

import json
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile

_REMEMBERED = 50_000
_IN_MEMORY = 2_000_000
"""Bytes; what is more goes to a file of the system's, which nobody else sees."""


def each_once(ids: Iterable[str], *, remembered: int = _REMEMBERED) -> Iterator[str]:
    """Yield these ids, in their order, after the last was taken: what gives them is at its end by then.

    Each once, if they are no more than are `remembered`; of more some may come again. To map a record a
    second time changes nothing, and a set of all takes 150 bytes for each.
    """
    seen: set[str] = set()
    with SpooledTemporaryFile(_IN_MEMORY, "w+b") as kept:
        for each in ids:
            if each in seen:
                continue
            if len(seen) >= remembered:
                seen.clear()
            seen.add(each)
            kept.write(json.dumps(each).encode() + b"\n")
        seen.clear()
        kept.seek(0)
        for line in kept:
            yield json.loads(line)

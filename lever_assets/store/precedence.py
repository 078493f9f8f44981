"""Which of two copies of a record is the older one: by when each was read, and only then by Lever's word.

A read that began after the stored copy had come in is the newer one, whatever `updatedAt` says: a record
may lose its latest change in Lever, or bear an instant that was never true. `updatedAt` decides between reads
that overlap, and not when it lies ahead of the clock: then what lands last counts.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, true


@dataclass(frozen=True)
class Reading:
    """The reading that a batch comes from: it began at `asked_at`, and lands `now`, by our clock (UTC).

    `asked_at` None: nobody knows when it began, and `updatedAt` alone tells.
    """

    asked_at: datetime | None
    now: datetime

    def is_older(
        self, updated_at: datetime | None, stored: datetime | None, stored_seen_at: datetime | None = None
    ) -> bool:
        """Tell whether a copy of this reading is older than another: by their `updatedAt`, and by when the
        other was seen (None: in this reading, too)."""
        if not precedes(updated_at, stored):
            return False
        if self.asked_at is None:
            return True
        overlap = stored_seen_at is None or self.asked_at < stored_seen_at
        return overlap and stored is not None and stored <= self.now

    def is_older_sql(
        self, updated_at: Any, stored: ColumnElement[Any], stored_seen_at: ColumnElement[Any]
    ) -> ColumnElement[bool]:
        """Return `is_older` as a condition that holds or does not, never null."""
        overlap = (
            true() if self.asked_at is None else and_(stored_seen_at > self.asked_at, stored <= self.now)
        )
        return func.coalesce(and_(updated_at < stored, overlap), False)


def precedes(updated_at: datetime | None, other: datetime | None) -> bool:
    """Tell whether one `updatedAt` is before another. Lever leaves it null on some records."""
    return updated_at is not None and other is not None and updated_at < other

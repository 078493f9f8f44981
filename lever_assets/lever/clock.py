"""Lever's clock, as far as its answers tell it: instants of ours are no filter for instants of Lever's."""

import email.utils
from datetime import UTC, datetime, timedelta

_AGREE = timedelta(seconds=2)
"""`Date` is cut to whole seconds, and an answer takes a while: no clock can be told better than that."""


class LeverClock:
    """How far Lever's clock is from ours, from the `Date` of the first answer that has one.

    Clocks that agree as far as `Date` can tell count as equal; else Lever's time is never overestimated.
    """

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        self._heard = False

    def hear(self, date: str | None) -> None:
        """Take in the `Date` header of an answer that has just arrived; all but the first are ignored."""
        if self._heard or date is None:
            return
        try:
            theirs = email.utils.parsedate_to_datetime(date)
        except ValueError:
            return
        self._heard = True
        theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
        ahead = theirs - datetime.now(UTC)
        self.ahead = timedelta(0) if -_AGREE <= ahead <= timedelta(0) else ahead

    def theirs(self, ours: datetime) -> datetime:
        """Return what Lever's clock showed at an instant of our clock (UTC)."""
        return ours + self.ahead

"""Lever's clock, as far as its answers tell it: instants of ours are no filter for instants of Lever's."""

import email.utils
from datetime import UTC, datetime, timedelta

_AGREE = timedelta(seconds=2)
"""`Date` is cut to whole seconds, and an answer takes a while: no clock can be told better than that."""
_MOST = timedelta(days=1)
"""Clocks that are set by hand differ by minutes, or by a mistaken time zone. What lies further apart is no
clock, but a header that is wrong: a proxy's, or that of an old answer."""
_DOUBTFUL = timedelta(hours=1)


class LeverClock:
    """How far Lever's clock is from ours, from the `Date` of the first answer that has one; a day at most.

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
            theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
            ahead = theirs - datetime.now(UTC)
        except (ValueError, TypeError, OverflowError):
            return
        self._heard = True
        ahead = timedelta(0) if -_AGREE <= ahead <= timedelta(0) else ahead
        self.ahead = max(-_MOST, min(ahead, _MOST))

    def theirs(self, ours: datetime) -> datetime:
        """Return what Lever's clock showed at an instant of our clock (UTC)."""
        return ours + self.ahead

    def reached(self, ours: datetime) -> datetime:
        """Return the earlier of what both clocks showed at an instant of ours: a mark may move up to there.

        Whatever Lever's header says, a mark beyond our own clock would leave out changes for as long.
        """
        return min(ours, self.theirs(ours))

    @property
    def doubt(self) -> str | None:
        """A sentence for people when the clocks differ by more than an hour."""
        if abs(self.ahead) < _DOUBTFUL:
            return None
        hours = round(abs(self.ahead) / timedelta(hours=1))
        which = "ahead of" if self.ahead > timedelta(0) else "behind"
        most = " or more" if abs(self.ahead) == _MOST else ""
        return (
            f"Lever's answers are dated {hours} hours{most} {which} this machine's clock, and the earlier of "
            "the two counts: check this machine's clock and the proxies on the way to Lever"
        )

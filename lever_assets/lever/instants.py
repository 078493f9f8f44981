"""Instants as Lever writes them, in records and in headers, and its clock; durations as people read them."""

import email.utils
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import PlainValidator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)
_AGREE = timedelta(seconds=2)
"""`Date` is cut to whole seconds, and an answer takes a while: no clock can be told better than that."""
_MOST = timedelta(days=1)
"""Clocks that are set by hand differ by minutes, or by a mistaken time zone. What lies further apart is no
clock, but a header that is wrong: a proxy's, or that of an old answer."""
_DOUBTFUL = timedelta(hours=1)


def from_epoch_ms(value: object) -> datetime:
    """Return the aware UTC instant of `value` milliseconds since 1970.

    Numbers and numeric texts are taken, as is an instant that is aware already (converted to UTC). Anything
    else, and what lies outside the years 2 to 9998, raises ValueError, which does not tell the value.
    """
    try:
        if type(value) is int:  # as Lever gives nearly all of them
            return in_range(_EPOCH + timedelta(milliseconds=value))
        if isinstance(value, datetime) and value.tzinfo is not None:
            return in_range(value.astimezone(UTC))
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            return in_range(
                _EPOCH + timedelta(milliseconds=float(value) if isinstance(value, str) else value)
            )
    except (ValueError, OverflowError):
        pass
    raise ValueError("not an instant in epoch milliseconds")


def in_range(instant: datetime) -> datetime:
    """Return the instant; raises ValueError when some time zone has no year for it (1 to 9999 exist)."""
    if not _FIRST <= instant <= _LAST:
        raise ValueError("an instant out of range")
    return instant


def from_epoch_ms_if_any(value: object) -> datetime | None:
    """Return the instant as `from_epoch_ms` does; None where that raises."""
    try:
        return from_epoch_ms(value)
    except (ValueError, TypeError, OverflowError):
        return None


def from_http_date(text: str) -> datetime | None:
    """Return the aware instant of a date in a header; None if it is none. A date without a zone is UTC."""
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@dataclass
class LeverClock:
    """How far Lever's clock is from ours, from the `Date` of the first answer that has one; a day at most.

    Clocks that agree as far as `Date` can tell count as equal; else Lever's time is never overestimated.
    """

    ahead: timedelta = timedelta(0)
    _heard: bool = False

    @property
    def heard(self) -> bool:
        """Whether any answer had a date."""
        return self._heard

    def hear(self, date: str | None) -> None:
        """Take in the `Date` header of an answer that has just arrived; all but the first are ignored."""
        if self._heard or date is None:
            return
        theirs = from_http_date(date)
        if theirs is None:
            return
        ahead = theirs - datetime.now(UTC)
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


def duration(seconds: float) -> str:
    """Return a duration in words, such as `33 min 20 s`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


Instant = Annotated[datetime, PlainValidator(from_epoch_ms)]
"""Field type: epoch milliseconds in Lever's JSON, an aware UTC datetime in Python."""

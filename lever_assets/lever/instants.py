"""Instants as Lever writes them, in records and in headers; durations as people read them."""

import email.utils
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import PlainValidator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)


def from_epoch_ms(value: object) -> datetime:
    """Return the aware UTC instant of `value` milliseconds since 1970.

    Numbers and numeric texts are taken, as is an instant that is aware already (converted to UTC). Anything
    else, and what lies outside the years 2 to 9998, raises ValueError, which does not tell the value.
    """
    with suppress(ValueError, OverflowError):
        if isinstance(value, datetime) and value.tzinfo is not None:
            return in_range(value.astimezone(UTC))
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            return in_range(
                _EPOCH + timedelta(milliseconds=float(value) if isinstance(value, str) else value)
            )
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


def duration(seconds: float) -> str:
    """Return a duration in words, such as `33 min 20 s`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


Instant = Annotated[datetime, PlainValidator(from_epoch_ms)]
"""Field type: epoch milliseconds in Lever's JSON, an aware UTC datetime in Python."""

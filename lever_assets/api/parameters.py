"""What may stand in a query, read strictly: what can't be meant is an error, and never something else."""

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, TypeVar

from fastapi import Query
from pydantic import BeforeValidator

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?", re.IGNORECASE)
_DAY_WITH_ZONE = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-].*)")


_PARTS_OF_AN_ID = 4
"""At most: an id of Lever's with more than three commas is not found by it."""


def _boolean(value: object) -> object:
    if isinstance(value, str):
        found = {"true": True, "false": False}.get(value.lower())
        if found is None:
            raise ValueError("write true or false")
        return found
    return value


def _number(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value) is None:
        raise ValueError("write a whole number")
    return value


def instant(value: object) -> object:
    """Return the instant (UTC) that a text stands for; without a zone it is UTC, a day is its beginning."""
    if not isinstance(value, str):
        return value
    # In a query a plus is a blank, where nobody has escaped it.
    text = re.sub(r" (\d\d:?\d\d)$", r"+\1", value.strip()) if "T" in value.upper() else value.strip()
    problem = ValueError("write a time such as 2026-01-31T12:00:00.000Z")
    if _INSTANT.fullmatch(text) is None:
        raise problem
    try:
        whole = _DAY_WITH_ZONE.sub(r"\1T00:00\2", text.upper().replace(" ", "T"))
        found = datetime.fromisoformat(whole)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise problem from None


def texts(value: object) -> object:
    """Split a text at its commas; blank parts don't count."""
    if isinstance(value, list):  # so FastAPI gives what may stand several times
        value = ",".join(map(str, value))
    if not isinstance(value, str):
        return value
    return tuple(part for each in value.split(",") if (part := each.strip()))


def remote_ids(value: object) -> object:
    """Split a text at its commas, as `texts`; parts that stand side by side may be one id, too.

    Lever's id of a tag is its text, in which a comma may be, and clients escape neither kind of comma.
    """
    found = texts(value)
    if not isinstance(found, tuple):
        return found
    parts = (",".join(map(str, value)) if isinstance(value, list) else str(value)).split(",")
    several = (
        ",".join(parts[first:end]).strip()
        for first in range(len(parts))
        for end in range(first + 2, min(first + _PARTS_OF_AN_ID, len(parts)) + 1)
    )
    return tuple(dict.fromkeys((*found, *(each for each in several if each))))


def _day(value: object) -> object:
    return value.date() if isinstance(value, datetime) else value


_Word = TypeVar("_Word", bound=StrEnum)
Boolean = Annotated[bool, BeforeValidator(_boolean)]
Instant = Annotated[datetime, BeforeValidator(instant)]
Number = BeforeValidator(_number)
Texts = Annotated[tuple[str, ...], BeforeValidator(texts)]
RemoteIds = Annotated[tuple[str, ...], BeforeValidator(remote_ids)]
Words = Annotated[tuple[_Word, ...], BeforeValidator(texts)]
"""Several values of an enum."""
Day = Annotated[date, BeforeValidator(lambda value: _day(instant(value)))]
"""The day (UTC) of an instant."""

Cursor = Annotated[str | None, Query(description="`next` of the page before")]
PageSize = Annotated[int, Number, Query(ge=1, le=250, description="How many on a page")]

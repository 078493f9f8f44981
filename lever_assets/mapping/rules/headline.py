"""Title and company out of an opportunity's headline.

In real accounts the headline lists organisations, newest first, separated by commas; it may also be free text
that was written through the API.
"""

import re
from typing import NamedTuple

_AT = re.compile(r"(?P<title>\S.*?)\s+(?:at\s+|@\s*)(?P<company>\S.*)", re.IGNORECASE)
# "University of Texas at Austin" is one organisation, "University Recruiting at Microsoft" is a position.
_SEAT_OF_LEARNING = re.compile(
    r"(?:(?!of\s)\S+\s+)*(?:universi\w*|college|school|institut\w*)(?:\s+(?:of|for)\s.*)?", re.IGNORECASE
)


class Position(NamedTuple):
    """What a candidate does, and where."""

    title: str | None = None
    company: str | None = None


def written_by_us(headline: str | None) -> Position:
    """Read back a headline that our own create action wrote: "X at Y", "X @ Y" or "X, Y"."""
    position = _split(headline)
    if position.title is not None:
        return position
    title, comma, company = (part.strip() for part in (position.company or "").partition(","))
    return Position(title, company) if comma and title and company else position


def first_organisation(headline: str | None, company: str | None = None) -> Position:
    """Read the first entry of a headline: an organisation, or "X at Y".

    `company` is what the person gave as theirs, which may be of the same form: it is the better knowledge.
    """
    entries = (part.strip() for part in (headline or "").split(","))
    first, given = _split(next(filter(None, entries), None)), _split(company)
    return Position(given.title or first.title, given.company or first.company)


def _split(text: str | None) -> Position:
    """Split "X at Y" at the first "at"; anything else is an organisation."""
    whole = (text or "").strip()
    match = _AT.fullmatch(whole)
    if match is None or _SEAT_OF_LEARNING.fullmatch(match["title"]):
        return Position(None, whole or None)
    return Position(match["title"], match["company"])

"""Title and company out of an opportunity's headline.

In real accounts the headline lists organisations, newest first, separated by commas; it may also be free text
that was written through the API.
"""

import re
from typing import NamedTuple

# The left side is a place of work: "University of Texas at Austin" is one organisation.
_AT = re.compile(
    r"(?!universi|college|school|institut)(?P<title>\S.*?)\s+(?:at|@)\s+(?P<company>\S.*)", re.IGNORECASE
)


class Position(NamedTuple):
    """What a candidate does, and where."""

    title: str | None = None
    company: str | None = None


def written_by_us(headline: str | None) -> Position:
    """Read back a headline that our own create action wrote: "X at Y", "X @ Y" or "X, Y"."""
    text = (headline or "").strip()
    match = _AT.fullmatch(text)
    if match:
        return Position(match["title"], match["company"])
    title, comma, company = (part.strip() for part in text.partition(","))
    if comma and title and company:
        return Position(title, company)
    return Position(None, text or None)


def first_organisation(headline: str | None) -> Position:
    """Read the first entry of a headline: an organisation, or "X at Y"."""
    first = next((entry for part in (headline or "").split(",") if (entry := part.strip())), None)
    match = _AT.fullmatch(first) if first else None
    return Position(match["title"], match["company"]) if match else Position(None, first)

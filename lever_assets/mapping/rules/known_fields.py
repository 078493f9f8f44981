"""Lever's own fields that have no column: what they are called, what they hold, where they come from."""

from dataclasses import dataclass
from typing import Literal

FieldOrigin = Literal["posting", "requisition", "requisition_fields", "opportunity", "offer"]
"""Where a field stands in Lever; `requisition_fields`: the account made it for its requisitions."""

_ORIGINS = ("agency", "applied", "internal", "referred", "sourced", "university")


@dataclass(frozen=True)
class KnownField:
    """A field of Lever's own; `type` as in the table `custom_field_definitions`.

    `words` are the values that Lever documents. `common`: its values are the account's own vocabulary, which
    tells of nobody, so that the most common ones may serve as examples.
    """

    key: str
    label: str
    type: str
    origin: FieldOrigin
    words: tuple[str, ...] = ()
    common: bool = False


_JOBS = (
    KnownField("team", "Team", "text", "posting", common=True),
    KnownField("allLocations", "All locations", "list", "posting"),
    KnownField("country", "Country", "text", "posting", common=True),
    KnownField("tags", "Tags", "list", "posting"),
    KnownField("requisitionCodes", "Requisition codes", "list", "posting"),
    KnownField("requisitionCode", "Requisition code", "text", "requisition"),
    KnownField("headcountTotal", "Headcount", "number", "requisition", common=True),
    KnownField("headcountHired", "Headcount hired", "number", "requisition", common=True),
)
_CANDIDATES = (
    KnownField("headline", "Headline", "text", "opportunity"),
    KnownField("contact", "Contact", "text", "opportunity"),
    KnownField("origin", "Origin", "text", "opportunity", words=_ORIGINS),
    KnownField("sources", "Sources", "list", "opportunity"),
    KnownField("sourcedBy", "Sourced by", "user", "opportunity"),
    KnownField("owner", "Owner", "user", "opportunity"),
    KnownField("followers", "Followers", "list", "opportunity"),
    KnownField("opportunityLocation", "Location of the opportunity", "text", "opportunity"),
    KnownField("snoozedUntil", "Snoozed until", "date", "opportunity"),
    KnownField("lastInteractionAt", "Last interaction", "date", "opportunity"),
    KnownField("lastAdvancedAt", "Last advanced", "date", "opportunity"),
    KnownField("isAnonymized", "Anonymized", "boolean", "opportunity"),
    KnownField("dataProtection", "Data protection", "object", "opportunity"),
)

KNOWN: dict[str, dict[str, KnownField]] = {
    "jobs": {each.key: each for each in _JOBS},
    "candidates": {each.key: each for each in _CANDIDATES},
}
"""By model and key. The fields of an offer are those of the account's form: Lever has no list of them."""

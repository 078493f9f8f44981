"""The ten events that Lever sends, and what each one says is to be read again.

Names and data: Lever Data API documentation, Webhooks. A candidate's id is that of the opportunity. Lever's
signature does not cover the data: it only says where to look, and what is there is asked of Lever.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from lever_assets.sync.refresh.mapping_at_once import LISTS_BELOW

_INTERVIEWS = ("interviews",)

DELETED = "candidateDeleted"

EVENTS: dict[str, tuple[str, ...]] = {
    "applicationCreated": LISTS_BELOW,
    "candidateHired": LISTS_BELOW,
    "candidateStageChange": LISTS_BELOW,
    "candidateArchiveChange": LISTS_BELOW,
    DELETED: LISTS_BELOW,
    "interviewCreated": _INTERVIEWS,
    "interviewUpdated": _INTERVIEWS,
    "interviewDeleted": _INTERVIEWS,
    "contactCreated": LISTS_BELOW,
    "contactUpdated": LISTS_BELOW,
}
"""The events, and what is read again below the opportunity; of `candidateDeleted` that it is gone."""

_OPPORTUNITY = ("opportunityId", "candidateId")
_CONTACT = ("contactId",)
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
"""Ids become part of a path: nothing else may come in with them."""


@dataclass(frozen=True)
class About:
    """What an event is about: Lever's id of an opportunity, or of a contact with all its opportunities."""

    opportunity: str | None = None
    contact: str | None = None

    @classmethod
    def of(cls, event: str, data: Mapping[str, JsonValue]) -> "About":
        """Return what an event is about, of one that is unknown whatever ids it has; nothing without any."""
        opportunity = _first(data, _OPPORTUNITY)
        contact = _first(data, _CONTACT)
        if opportunity is None and event.startswith("contact"):
            contact = contact or _first(data, ("id",))
        return cls(opportunity, contact if opportunity is None else None)

    def as_json(self) -> dict[str, JsonValue]:
        """Return the ids by their names in Lever."""
        found: dict[str, JsonValue] = {}
        if self.opportunity is not None:
            found["opportunityId"] = self.opportunity
        if self.contact is not None:
            found["contactId"] = self.contact
        return found


def _first(data: Mapping[str, JsonValue], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = data.get(name)
        if isinstance(value, str) and _ID.fullmatch(value):
            return value
    return None

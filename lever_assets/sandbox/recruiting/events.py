"""The ten events that Lever tells webhooks of, derived from what a record was and became.

Names and data: docs/lever-api.md, Webhooks. A candidate's id is that of the opportunity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from lever_assets.sandbox.account import Account
from lever_assets.sandbox.schema import Record

EVENTS = (
    "applicationCreated",
    "candidateHired",
    "candidateStageChange",
    "candidateArchiveChange",
    "candidateDeleted",
    "interviewCreated",
    "interviewUpdated",
    "interviewDeleted",
    "contactCreated",
    "contactUpdated",
)
Origin = Literal["agency", "applied", "internal", "referred", "sourced", "university"]
ORIGINS: tuple[Origin, ...] = get_args(Origin)
# What an opportunity shows of its contact.
PERSONAL = ("name", "headline", "location", "emails", "phones", "isAnonymized", "dataProtection")


@dataclass(frozen=True)
class Event:
    """Something that happened. `origin` is the opportunity's, on which subscriptions may set conditions."""

    name: str
    data: Record
    origin: str | None = None


def on_added(account: Account, resource: str, record: Record) -> list[Event]:
    """What a new record means; it is stored already."""
    match resource:
        case "opportunities":
            contact = record.get("contact") or ""
            others = len(account.opportunities_of_contact(contact)) > 1
            known = others or account.get("contacts", contact) is not None
            return [] if known else [_contact(record, "Created")]
        case "applications":
            opportunity = account.record("opportunities", record.get("opportunityId") or "")
            if opportunity is None:
                return []
            data = {"applicationId": record["id"]} | _who(opportunity)
            return [Event("applicationCreated", data, opportunity.get("origin"))]
        case "interviews":
            return [_interview(account, record, "Created")]
        case _:
            return []


def on_changed(account: Account, resource: str, before: Record, after: Record) -> list[Event]:
    """What a change means; it is stored already."""
    match resource:
        case "opportunities":
            return _on_opportunity_changed(account, before, after)
        case "interviews" if before != after:
            return [_interview(account, after, "Updated")]
        case "contacts" if before != after:
            return [Event("contactUpdated", {"contactId": after["id"]} | after)]
        case _:
            return []


def on_removed(account: Account, resource: str, record: Record, by: str | None) -> list[Event]:
    """What it means that a record is gone."""
    match resource:
        case "opportunities":
            return [Event("candidateDeleted", _who(record) | {"deletedBy": by}, record.get("origin"))]
        case "interviews":
            return [_interview(account, record, "Deleted")]
        case _:
            return []


def _on_opportunity_changed(account: Account, before: Record, after: Record) -> list[Event]:
    who, origin = _who(after), after.get("origin")
    events = []
    if before.get("stage") != after.get("stage"):
        stages = {"fromStageId": before.get("stage"), "toStageId": after.get("stage")}
        events.append(Event("candidateStageChange", who | stages, origin))
    if before.get("archived") != after.get("archived"):
        archived = {"fromArchived": before.get("archived"), "toArchived": after.get("archived")}
        events.append(Event("candidateArchiveChange", who | archived, origin))
        reason = account.record("archive_reasons", (after.get("archived") or {}).get("reason") or "")
        if reason and reason["type"] == "hired":
            events.append(Event("candidateHired", who, origin))
    if any(before.get(name) != after.get(name) for name in PERSONAL):
        events.append(_contact(after, "Updated"))
    return events


def _who(opportunity: Record) -> Record:
    return {
        "candidateId": opportunity["id"],
        "opportunityId": opportunity["id"],
        "contactId": opportunity.get("contact"),
    }


def _interview(account: Account, interview: Record, what: str) -> Event:
    parent = interview.get("opportunityId")
    opportunity = account.record("opportunities", parent or "") or {}
    data = {"interviewId": interview["id"], "panelId": interview.get("panel"), "opportunityId": parent}
    return Event(f"interview{what}", data | {"candidateId": parent}, opportunity.get("origin"))


def _contact(opportunity: Record, what: str) -> Event:
    values = {name: opportunity.get(name) for name in PERSONAL}
    return Event(f"contact{what}", {"contactId": opportunity.get("contact")} | values)

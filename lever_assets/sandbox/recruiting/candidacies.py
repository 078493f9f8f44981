"""A person comes by for a job: their contact is found or made, and an opportunity with its application."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from lever_assets.sandbox.errors import bad_request
from lever_assets.sandbox.expand import contact
from lever_assets.sandbox.recruiting.changes import Changes
from lever_assets.sandbox.recruiting.contacts import learn
from lever_assets.sandbox.recruiting.events import Origin
from lever_assets.sandbox.recruiting.existing import must_exist, stage_index
from lever_assets.sandbox.schema import Record


class LeverBody(BaseModel):
    """A body as Lever reads it: camelCase names, and what it doesn't know is ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


class Phone(LeverBody):
    """A phone number with its kind."""

    type: Literal["mobile", "home", "work", "skype", "other"] | None = None
    value: str = Field(min_length=1)


class Archival(LeverBody):
    """Why and when (epoch milliseconds) someone was archived."""

    reason: str | None = None
    archived_at: int | None = None


class Draft(LeverBody):
    """An opportunity as it is asked for. Instants are epoch milliseconds."""

    name: str = ""
    headline: str = ""
    stage: str | None = None
    location: str = ""
    phones: list[Phone] = []
    emails: list[str] = []
    links: list[str] = []
    tags: list[str] = []
    sources: list[str] = []
    origin: Origin = "sourced"
    owner: str | None = None
    followers: list[str] = []
    postings: list[str] = []
    created_at: int | None = None
    archived: Archival | None = None
    contact: str | None = None


@dataclass(frozen=True)
class Candidacy:
    """What came of a draft. `made` is False when the person had an opportunity for that posting already."""

    opportunity: Record
    application: Record | None
    deduped: bool
    made: bool


@dataclass(frozen=True)
class Applicant:
    """What an online application adds: fields of the application and of the opportunity."""

    application: Record = field(default_factory=dict)
    opportunity: Record = field(default_factory=dict)


def create(
    changes: Changes,
    draft: Draft,
    user: str | None,
    applicant: Applicant | None = None,
    *,
    owned_by_posting: bool = False,
) -> Candidacy:
    """Make an opportunity, with an application when it names a posting; a 400 for ids that are unknown.

    An address that is known already leads to its contact, which learns what is new. A person has one
    opportunity for a posting: a second one is not made.
    """
    account = changes.account
    with account.lock:
        posting = _check(changes, draft)
        person = draft.contact or (account.contact_with_email(draft.emails) if draft.emails else None)
        if person is not None:
            existing = account.application_of(person, posting["id"]) if posting else None
            if existing is not None:
                opportunity = account.record("opportunities", existing["opportunityId"]) or {}
                return Candidacy(opportunity, existing, deduped=True, made=False)
            learn(changes, person, draft.emails, [phone.model_dump() for phone in draft.phones])
        record = _opportunity(changes, draft, person, posting, user)
        if owned_by_posting and posting and posting["owner"]:
            record["owner"] = posting["owner"]
        record |= (applicant or Applicant()).opportunity
        changes.add("opportunities", record)
        application = None
        if posting is not None:
            application = _application(record, posting, user) | (applicant or Applicant()).application
            changes.add("applications", application, record["id"])
            record["applications"] = [application["id"]]
        return Candidacy(record, application, deduped=person is not None, made=True)


def _check(changes: Changes, draft: Draft) -> Record | None:
    account = changes.account
    if len(draft.postings) > 1:
        raise bad_request("postings: an opportunity has at most one posting")
    if draft.stage is not None:
        must_exist(account, "stages", draft.stage, field="stage")
    for name, users in (("owner", [draft.owner] if draft.owner else []), ("followers", draft.followers)):
        for user in users:
            must_exist(account, "users", user, field=name)
    if draft.archived and draft.archived.reason is not None:
        must_exist(account, "archive_reasons", draft.archived.reason, field="archived.reason")
    if draft.contact is not None and contact(account, draft.contact) is None:
        raise bad_request(f"contact: there is no contact {draft.contact!r}")
    for email in draft.emails:
        if "@" not in email.strip("@"):
            raise bad_request(f"emails: {email!r} is not an e-mail address")
    for source in draft.sources:
        if not source.strip():
            raise bad_request("sources: a source needs a text")
    return must_exist(account, "postings", draft.postings[0], field="postings") if draft.postings else None


def _opportunity(
    changes: Changes, draft: Draft, person: str | None, posting: Record | None, user: str | None
) -> Record:
    at = changes.now()
    created = draft.created_at or at
    ident = str(uuid4())
    stage = draft.stage or "lead-new"
    change: Record = {
        "toStageId": stage,
        "toStageIndex": stage_index(changes.account, stage),
        "updatedAt": created,
    }
    archived = draft.archived.model_dump(by_alias=True) if draft.archived else None
    if archived is not None:
        archived["archivedAt"] = archived["archivedAt"] or at
    record: Record = {
        "id": ident,
        **_person(changes, draft, person),
        "stage": stage,
        "confidentiality": posting["confidentiality"] if posting else "non-confidential",
        "links": draft.links,
        "archived": archived,
        "tags": list(dict.fromkeys([*draft.tags, *_tags_of(posting)])),
        # Lever's documentation: without a source, the source is "Added manually".
        "sources": draft.sources or ["Added manually"],
        "stageChanges": [change | ({"userId": user} if user else {})],
        "origin": draft.origin,
        "sourcedBy": user if draft.origin == "sourced" else None,
        "owner": draft.owner or user,
        "followers": draft.followers,
        "applications": [],
        "createdAt": created,
        "updatedAt": at,
        "lastInteractionAt": at,
        "lastAdvancedAt": created,
        "snoozedUntil": None,
        "urls": {
            "list": "https://hire.lever.co/candidates",
            "show": f"https://hire.lever.co/candidates/{ident}",
        },
    }
    if posting is not None:
        record["opportunityLocation"] = posting["categories"]["location"]
    return record


def _person(changes: Changes, draft: Draft, ident: str | None) -> Record:
    """What the opportunity shows of its contact: as known already, else as the draft says."""
    given: Record = {
        "name": draft.name,
        "contact": ident or str(uuid4()),
        "headline": draft.headline,
        "location": draft.location,
        "phones": [phone.model_dump() for phone in draft.phones],
        "emails": draft.emails,
        "isAnonymized": False,
        "dataProtection": None,
    }
    if ident is None:
        return given
    known = changes.account.newest_of_contact(ident)
    if known is None:
        return given
    return given | {name: known[name] for name in given if known.get(name)}


def _tags_of(posting: Record | None) -> list[str]:
    """Recorded: title, team, department, location and commitment of the posting are tags."""
    if posting is None:
        return []
    categories: dict[str, Any] = posting["categories"]
    names = ("team", "department", "location", "commitment")
    return [tag for tag in (posting["text"], *(categories.get(name) for name in names)) if tag]


def _application(opportunity: Record, posting: Record, user: str | None) -> Record:
    archived = opportunity["archived"]
    return {
        "id": str(uuid4()),
        "type": "referral" if opportunity["origin"] == "referred" else "user",
        "candidateId": opportunity["id"],
        "opportunityId": opportunity["id"],
        "posting": posting["id"],
        "postingHiringManager": posting["hiringManager"],
        "postingOwner": posting["owner"],
        "name": None,
        "company": None,
        "phone": None,
        "email": None,
        "links": [],
        "comments": None,
        "user": user,
        "customQuestions": [],
        "createdAt": opportunity["createdAt"],
        "archived": dict(archived) if archived else None,
        "requisitionForHire": None,
        "ipAddress": None,
        "referer": None,
        "userAgent": None,
        "acceptLanguage": None,
        "timezone": None,
    }

"""Opportunities and their applications."""

from collections.abc import Collection
from datetime import datetime

from lever_assets.lever.instants import Instant
from lever_assets.lever.records.questions import QuestionSet
from lever_assets.lever.records.record import (
    Fault,
    IdentifiedRecord,
    Json,
    Listed,
    Part,
    Reference,
    References,
)
from lever_assets.lever.wire import JsonObject

CONFIDENTIAL = "confidential"


class Phone(Part):
    """A phone number; `type` is mobile, home, work, other or null."""

    type: str | None = None
    value: str | None = None


class Archived(Part):
    """That, why and when something was archived."""

    reason: Reference = None
    archived_at: Instant | None = None


class StageChange(Part):
    """That a stage was entered: when, and by whom; `user_id` is absent where nobody did it by hand."""

    to_stage_id: Reference = None
    updated_at: Instant | None = None
    user_id: Reference = None

    @property
    def place(self) -> tuple[datetime, str] | None:
        """When it was and to which stage, which puts it in order; None where it lacks one of them."""
        return (self.updated_at, self.to_stage_id) if self.updated_at and self.to_stage_id else None


class Urls(Part):
    """Where an opportunity is found in the Lever app: in its list, and by itself."""

    list: str | None = None
    show: str | None = None


class Opportunity(IdentifiedRecord):
    """One person's candidacy. A person (`contact`) may have several.

    `updated_at` is null on old records. `applications` holds ids, or objects when they were asked for with
    `expand=applications`.
    """

    name: str | None = None
    contact: Reference = None
    headline: str | None = None
    stage: Reference = None
    confidentiality: str | None = None
    location: str | None = None
    phones: Listed[Phone]
    emails: Listed[str]
    links: Listed[str]
    archived: Archived | None = None
    tags: Listed[str]
    sources: Listed[str]
    stage_changes: Listed[StageChange]
    origin: str | None = None
    sourced_by: Reference = None
    owner: Reference = None
    followers: References
    applications: Listed[Json]
    created_at: Instant | None = None
    updated_at: Instant | None = None
    last_interaction_at: Instant | None = None
    last_advanced_at: Instant | None = None
    snoozed_until: Instant | None = None
    urls: Urls | None = None
    is_anonymized: bool | None = None
    data_protection: Json = None
    opportunity_location: str | None = None

    def lacking(self) -> Collection[Fault]:
        """Return that stage changes lack what puts them in order."""
        without = sum(each.place is None for each in self.stage_changes)
        if not without:
            return ()
        told = f"{without:,} of {len(self.stage_changes):,} have no stage or no instant, and are left out"
        return (Fault("stageChanges", "stageChanges", told),)

    @property
    def is_confidential(self) -> bool:
        """Whether the record is confidential."""
        return self.confidentiality == CONFIDENTIAL

    @property
    def show_url(self) -> str | None:
        """The opportunity's page in the Lever app."""
        return self.urls.show if self.urls is not None else None

    @property
    def expanded_applications(self) -> list[JsonObject]:
        """The applications as Lever's JSON; empty unless they were expanded."""
        return [item for item in self.applications if isinstance(item, dict)]


class Application(IdentifiedRecord):
    """An opportunity's application to a posting; `type` is posting, referral or user."""

    type: str | None = None
    opportunity_id: str | None = None
    posting: Reference = None
    posting_owner: Reference = None
    posting_hiring_manager: Reference = None
    name: str | None = None
    company: str | None = None
    email: str | None = None
    user: Reference = None
    custom_questions: Listed[QuestionSet]
    archived: Archived | None = None
    created_at: Instant | None = None

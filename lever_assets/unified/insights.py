"""The rows of the insight models: what Lever's records tell beyond how things stand, columns in table order.

They are made of what is read for the 19 models. What they mean is in docs/insight.md.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from lever_assets.unified.enums import CandidateOwnerRole, SalaryPeriod
from lever_assets.unified.models import (
    ApplicationId,
    CandidateId,
    JobId,
    JsonObject,
    Personal,
    PersonsName,
    References,
    RemoteData,
    StageId,
    UnifiedRow,
    UserId,
)
from lever_assets.unified.parts import EmailAddress, Location, PhoneNumber, SocialLink

RequisitionId = Annotated[str | None, References("requisitions")]


class ApplicationStageChange(UnifiedRow):
    """A visit of a candidate to a stage: who moved them there, when they came and when they left."""

    candidate_id: CandidateId = Field(description="The candidate")
    application_id: ApplicationId = Field(
        description="The candidate's application, when there is just one; null for leads"
    )
    from_stage_id: StageId = Field(description="The stage before; null for the first")
    to_stage_id: StageId = Field(description="The stage that was entered")
    entered_at: datetime | None = Field(description="When it was entered (UTC)")
    left_at: datetime | None = Field(
        description="When the next was entered, or the candidate archived (UTC); null: they are in it"
    )
    user_id: UserId = Field(description="The user who moved them; null where Lever names none")
    position: int | None = Field(description="Which visit it is, from 1; a stage may be entered again")


class ApplicationOrigin(UnifiedRow):
    """Where an application comes from: Lever's origin and sources, and who sourced or referred."""

    application_id: ApplicationId = Field(description="The application")
    candidate_id: CandidateId = Field(description="The candidate")
    job_id: JobId = Field(description="The job applied to")
    type: str | None = Field(description="How it came about: posting, referral or user, as in Lever")
    origin: str | None = Field(
        description="agency, applied, internal, referred, sourced or university, as in Lever"
    )
    sources: list[str] = Field(description="All of Lever's sources, the first of them being the candidate's")
    sourced_by_id: UserId = Field(description="The user who sourced the candidate")
    referrer_id: UserId = Field(description="The user who referred them, or added the application by hand")


class CandidateOwner(UnifiedRow):
    """A user who has to do with a candidate: who owns, follows or sourced them."""

    role: CandidateOwnerRole | None = Field(description="OWNER, FOLLOWER or SOURCER")
    candidate_id: CandidateId = Field(description="The candidate")
    user_id: UserId = Field(description="The user")


class Person(UnifiedRow):
    """A Lever contact: the person behind one or several candidates, as the newest of these tells."""

    first_name: PersonsName = Field(description="First word of the name")
    last_name: PersonsName = Field(description="The rest of the name; null when it is one word")
    phone_numbers: Annotated[list[PhoneNumber], Personal("address")] = Field(
        description="Phone numbers with their kind"
    )
    email_addresses: Annotated[list[EmailAddress], Personal("address")] = Field(
        description="Valid e-mail addresses"
    )
    social_media: Annotated[list[SocialLink], Personal("profiles of the person")] = Field(
        description="Links to profiles"
    )
    location: Annotated[Location | None, Personal("where the person lives")] = Field(
        description="Where the person lives, free text under `raw`"
    )


class Requisition(UnifiedRow):
    """An approved need to hire, with or without a posting."""

    requisition_code: str | None = Field(description="Its code in Lever")
    name: str | None = Field(description="Name of the requisition")
    status: str | None = Field(
        description="open, closed, onHold, pending, rejected, draft or canceled, as in Lever"
    )
    confidential: bool | None = Field(description="Whether the requisition is confidential")
    headcount_total: int | None = Field(description="How many are to be hired; null when unlimited")
    headcount_infinite: bool | None = Field(description="Whether the number is unlimited")
    headcount_hired: int | None = Field(description="How many were hired")
    backfill: bool | None = Field(description="Whether somebody is replaced")
    compensation_amount_from: Decimal | None = Field(description="Lower bound of the compensation")
    compensation_amount_to: Decimal | None = Field(description="Upper bound of the compensation")
    compensation_currency: str | None = Field(description="Currency of the compensation (ISO 4217)")
    compensation_period: SalaryPeriod | str | None = Field(description="The period that it covers")
    employment_status: str | None = Field(description="Kind of contract, as written in Lever")
    department: str | None = Field(description="Department")
    team: str | None = Field(description="Team")
    location: Location | None = Field(description="Place of work, free text under `raw`")
    internal_notes: Annotated[str | None, Personal("written by hand, may name people")] = Field(
        description="What was noted on it"
    )
    custom_fields: Annotated[JsonObject, Personal("the account's own fields: anything may stand in them")] = (
        Field(description="The account's own fields, by Lever's key")
    )
    creator_id: UserId = Field(description="The user who made it")
    owner_id: UserId = Field(description="The user who owns it")
    hiring_manager_id: UserId = Field(description="The hiring manager")
    offer_ids: list[str] = Field(description="The offers that Lever links to it")
    approval_status: str | None = Field(
        description="How its approval stands: pending, approved or denied, as in Lever; null without one"
    )
    approved_at: datetime | None = Field(description="When it was approved (UTC)")
    opened_at: datetime | None = Field(
        description="When the time to fill starts (UTC), else when it was created"
    )
    closed_at: datetime | None = Field(description="When it was closed (UTC)")
    time_to_fill_start_at: datetime | None = Field(description="When the time to fill starts (UTC)")
    time_to_fill_end_at: datetime | None = Field(description="When the time to fill ends (UTC)")
    remote_created_at: datetime | None = Field(description="Created in Lever (UTC)")
    remote_updated_at: datetime | None = Field(description="Last updated in Lever (UTC)")
    remote_data: RemoteData = None


class JobRequisition(UnifiedRow):
    """A requisition of a job, linked from either side."""

    job_id: JobId = Field(description="The job")
    requisition_id: RequisitionId = Field(description="The requisition")

"""The rows of the 19 unified models and of the extra ones, a class each, columns in the order of the tables.

Those of the insight models are in `insights.py`.

`References` marks a column that holds the id of another model's row. The row may not have arrived yet or may
have been filtered out: there is no database-level constraint, a check reports dangling references.

`Personal` marks a column that tells of a person: it is erased when the record is gone and the time for it has
come. Ids, references, states and instants stay, so that counts and statistics remain true.

`Ours` marks a column that the unified API does not have: they come after all others of a model.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SkipValidation

from lever_assets.unified.enums import (
    ApplicationOutcome,
    AttachmentType,
    EmploymentType,
    JobPostingStatus,
    JobPostingVisibility,
    JobStatus,
    JobVisibility,
    OfferStatus,
    QuestionCategory,
    RemoteWorkStatus,
    RoleScope,
    RoleType,
    SalaryPeriod,
    UserStatus,
)
from lever_assets.unified.parts import (
    EmailAddress,
    IntegrationField,
    Location,
    PhoneNumber,
    QuestionFormat,
    ScorecardResponse,
    ScreeningAnswer,
    SocialLink,
)

JsonObject = dict[str, JsonValue]


@dataclass(frozen=True)
class References:
    """Marks a column that holds an id of `model`'s rows."""

    model: str


@dataclass(frozen=True)
class Personal:
    """Marks a column that tells of a person, and says why."""

    why: str


@dataclass(frozen=True)
class Ours:
    """Marks a column of ours beside those of the unified API: a list over HTTP does not show it."""


PersonsName = Annotated[str | None, Personal("name")]
PersonsPage = Annotated[str | None, Personal("leads to the person in Lever")]
PersonsFields = Annotated[JsonObject | None, Personal("the account's own fields: anything may stand in them")]
UserId = Annotated[str | None, References("users")]
JobId = Annotated[str | None, References("jobs")]
CandidateId = Annotated[str | None, References("candidates")]
StageId = Annotated[str | None, References("application_stages")]
ApplicationId = Annotated[str | None, References("applications")]
QuestionId = Annotated[str | None, References("screening_questions")]
TagId = Annotated[str | None, References("tags")]
InterviewId = Annotated[str | None, References("interviews")]
RoleId = Annotated[str | None, References("roles")]
JobUserId = Annotated[str | None, References("job_hiring_team_members")]
PersonId = Annotated[str | None, References("people")]
RemoteData = Annotated[
    SkipValidation[JsonObject | None],  # it was parsed from JSON; walking through it costs more than all else
    Field(description="The raw Lever object under the endpoint it came from"),
]


class UnifiedRow(BaseModel):
    """What every row carries. The store adds `changed_at` and `remote_deleted_at` when it merges.

    A text without a visible character says no more than null does, and becomes it in every column of a model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: str = Field(description="Deterministic id, 24 characters of base58; the primary key")
    connection: str = Field(description="Name of the Lever connection that the row came through")
    remote_id: str | None = Field(description="Lever's id of the record; null in join models")

    def model_post_init(self, _context: object) -> None:
        """Make empty texts null."""
        values = self.__dict__
        for name, value in values.items():
            if isinstance(value, str) and not value.strip() and name not in UnifiedRow.model_fields:
                values[name] = None


class User(UnifiedRow):
    """A person with a Lever account, deactivated ones included."""

    first_name: PersonsName = Field(description="First word of the name")
    last_name: PersonsName = Field(description="The rest of the name; null when it is one word")
    email: Annotated[str | None, Personal("address")] = Field(
        description="E-mail address; null when it is not a valid one"
    )
    status: UserStatus = Field(description="ACTIVE or INACTIVE (deactivated)")
    remote_data: RemoteData = None


class Job(UnifiedRow):
    """A Lever posting, enriched by the requisition linked to it."""

    name: str | None = Field(description="Title of the job")
    description: str | None = Field(description="Description as HTML, or as text where there is no HTML")
    confidential: bool | None = Field(description="Whether the job is confidential")
    employment_type: EmploymentType | str | None = Field(description="Kind of contract")
    status: JobStatus | str | None = Field(description="OPEN, CLOSED, DRAFT or ARCHIVED")
    visibility: JobVisibility | str | None = Field(description="PUBLIC, INTERNAL, UNLISTED or CONFIDENTIAL")
    department: str | None = Field(description="Department, else team")
    post_url: str | None = Field(description="Public page of the job, when it takes applications")
    experience_level: str | None = Field(description="Seniority, as written in Lever")
    remote_work_status: RemoteWorkStatus | str | None = Field(description="REMOTE, HYBRID or ON_SITE")
    salary_amount_from: Decimal | None = Field(description="Lower bound of the salary")
    salary_amount_to: Decimal | None = Field(description="Upper bound of the salary")
    salary_currency: str | None = Field(description="Currency of the salary (ISO 4217)")
    salary_period: SalaryPeriod | str | None = Field(description="The period that the salary covers")
    location: Location | None = Field(description="Place of work, free text under `raw`")
    custom_fields: JsonObject | None = Field(description="The user's own names for fields, with their values")
    integration_fields: list[IntegrationField] = Field(description="Lever's fields that have no column here")
    remote_url: str | None = Field(description="The job's page in the Lever app")
    opened_at: datetime | None = Field(description="When the job opened (UTC)")
    closed_at: datetime | None = Field(description="When it closed (UTC), by requisition or last update")
    remote_created_at: datetime | None = Field(description="Created in Lever (UTC)")
    remote_updated_at: datetime | None = Field(description="Last updated in Lever (UTC)")
    contact_id: UserId = Field(description="The user to ask about the job")
    job_code: str | None = Field(description="Requisition code")
    remote_data: RemoteData = None


class JobPosting(UnifiedRow):
    """The published face of a job, one for each Lever posting."""

    title: str | None = Field(description="Title of the posting")
    description_html: str | None = Field(description="Description as HTML")
    status: JobPostingStatus | None = Field(description="ACTIVE, DRAFT or INACTIVE")
    visibility: JobPostingVisibility | None = Field(description="PUBLIC, INTERNAL or UNLISTED")
    job_id: JobId = Field(description="The job that is posted")
    url: str | None = Field(description="Public page of the posting")


class Candidate(UnifiedRow):
    """A Lever opportunity: one person's candidacy. A person with two opportunities is two candidates."""

    first_name: PersonsName = Field(description="First word of the name")
    last_name: PersonsName = Field(description="The rest of the name; null when it is one word")
    company: Annotated[str | None, Personal("where the person works")] = Field(description="Current employer")
    title: Annotated[str | None, Personal("what the person does there")] = Field(
        description="Current job title"
    )
    confidential: bool | None = Field(description="Whether the candidate is confidential")
    source: str | None = Field(description="Where the candidate came from; the first of Lever's sources")
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
        description="Where the candidate lives, free text under `raw`"
    )
    custom_fields: PersonsFields = Field(description="The user's own names for fields, with their values")
    integration_fields: Annotated[
        list[IntegrationField], Personal("the headline, and what Lever adds one day")
    ] = Field(description="Lever's fields that have no column here")
    remote_url: PersonsPage = Field(description="The candidate's page in the Lever app")
    remote_created_at: datetime | None = Field(description="Created in Lever (UTC)")
    remote_updated_at: datetime | None = Field(description="Last updated in Lever (UTC); null on old records")
    remote_data: RemoteData = None
    current_stage_id: Annotated[StageId, Ours()] = Field(description="The stage that the candidate is in")
    person_id: Annotated[PersonId, Ours()] = Field(description="The person, who may be several candidates")


class ApplicationStage(UnifiedRow):
    """A stage of the account's pipeline."""

    name: str | None = Field(description="Name of the stage")
    global_index: int | None = Field(description="Position in the pipeline, from 0")
    remote_data: RemoteData = None


class Application(UnifiedRow):
    """A candidate's application to a job."""

    outcome: ApplicationOutcome | None = Field(description="PENDING, HIRED or DECLINED")
    rejection_reason_name: str | None = Field(description="Why it was declined; null unless DECLINED")
    rejected_at: datetime | None = Field(description="When it was declined (UTC); null unless DECLINED")
    current_stage_id: StageId = Field(description="The stage it is in")
    job_id: JobId = Field(description="The job applied to")
    candidate_id: CandidateId = Field(description="The candidate who applies")
    screening_question_answers: Annotated[
        list[ScreeningAnswer], Personal("what the person answered, EEO questions included")
    ] = Field(description="Answers to screening questions")
    remote_url: PersonsPage = Field(description="The candidate's page in the Lever app")
    remote_created_at: datetime | None = Field(description="Created in Lever (UTC)")
    remote_updated_at: datetime | None = Field(description="Opportunity last updated in Lever (UTC)")
    remote_data: RemoteData = None
    hired_at: Annotated[datetime | None, Ours()] = Field(
        description="When it was archived as hired (UTC); null unless HIRED"
    )


class ScreeningQuestion(UnifiedRow):
    """A question that applicants are asked, EEO questions included."""

    title: str | None = Field(description="The question")
    description: str | None = Field(description="Help or legal text, may be long HTML")
    format: QuestionFormat | None = Field(description="What kind of answer it takes, with the options")
    category: QuestionCategory | None = Field(description="EEO, or null")


class Tag(UnifiedRow):
    """A tag; in Lever its text is its id."""

    name: str | None = Field(description="Text of the tag")
    remote_data: RemoteData = None


class Interview(UnifiedRow):
    """An interview: past, coming or canceled."""

    title: Annotated[str | None, Personal("Lever's default subject names the candidate")] = Field(
        description="Subject of the interview"
    )
    starting_at: datetime | None = Field(description="Start (UTC)")
    ending_at: datetime | None = Field(description="End (UTC)")
    location: Annotated[
        Location | None, Personal("written by hand, may be an address or a telephone number")
    ] = Field(description="Where it takes place, free text under `raw`")
    video_conferencing_url: Annotated[str | None, Personal("lets into the meeting")] = Field(
        description="Link to the video meeting"
    )
    application_id: ApplicationId = Field(description="The application it belongs to")
    stage_id: StageId = Field(description="The stage it was held in")
    canceled: bool | None = Field(description="Whether it was canceled")
    remote_data: RemoteData = None
    candidate_id: Annotated[CandidateId, Ours()] = Field(
        description="The candidate, also where there is no application"
    )


class Offer(UnifiedRow):
    """An offer made, or being prepared, for an application."""

    status: OfferStatus | None = Field(description="DRAFT, APPROVED, SENT, ACCEPTED, DECLINED or ABANDONED")
    application_id: ApplicationId = Field(description="The application it belongs to")
    employment_start_date: Annotated[datetime | None, Personal("a term of the person's contract")] = Field(
        description="Day on which the employment starts (UTC)"
    )
    custom_fields: PersonsFields = Field(description="The user's own names for fields, with their values")
    integration_fields: Annotated[
        list[IntegrationField], Personal("the terms of the person's contract, with name and salary")
    ] = Field(description="Every field of the offer form")
    remote_created_at: datetime | None = Field(description="Created in Lever (UTC)")


class RejectionReason(UnifiedRow):
    """A reason to archive a candidate who is not hired; inactive ones stay."""

    name: str | None = Field(description="Text of the reason")
    remote_data: RemoteData = None


class Role(UnifiedRow):
    """A role in the account (SYSTEM) or on a job (JOB); its remote id is Lever's own word for it."""

    remote_label: str | None = Field(description="The role's name as Lever shows it")
    scope: RoleScope | None = Field(description="SYSTEM or JOB")
    unified_type: RoleType | None = Field(description="What the role means; null without a counterpart")


class CandidateTag(UnifiedRow):
    """A tag on a candidate."""

    candidate_id: CandidateId = Field(description="The candidate")
    tag_id: TagId = Field(description="The tag")


class JobApplicationStage(UnifiedRow):
    """A stage that applicants of a job can be in."""

    index: int | None = Field(description="Position in the job's pipeline, from 0")
    job_id: JobId = Field(description="The job")
    stage_id: StageId = Field(description="The stage")


class JobScreeningQuestion(UnifiedRow):
    """A question on a job's application form."""

    index: int | None = Field(description="Position on the form, from 0; EEO questions last")
    required: bool | None = Field(description="Whether an answer is required")
    precondition_question_id: QuestionId = Field(
        description="Always null: Lever has no conditional questions"
    )
    precondition_options: list[JsonValue] | None = Field(description="Always null, as above")
    job_id: JobId = Field(description="The job")
    question_id: QuestionId = Field(description="The question")


class JobUserRoleAssignment(UnifiedRow):
    """A role that a member of a job's hiring team holds."""

    job_user_id: JobUserId = Field(description="The member of the hiring team")
    role_id: RoleId = Field(description="The role held")


class JobHiringTeamMember(UnifiedRow):
    """A user on a job's hiring team."""

    roles: list[RoleType] = Field(description="The unified types of the roles held on the job")
    job_id: JobId = Field(description="The job")
    user_id: UserId = Field(description="The user")


class UserRole(UnifiedRow):
    """A user's role in the account."""

    user_id: UserId = Field(description="The user")
    role_id: RoleId = Field(description="The role")


class InterviewingTeamMember(UnifiedRow):
    """A user who interviews."""

    interview_id: InterviewId = Field(description="The interview")
    user_id: UserId = Field(description="The interviewer")


class Note(UnifiedRow):
    """A note on a candidate. An extra model: read only if the settings ask for it."""

    candidate_id: CandidateId = Field(description="The candidate that it is about")
    application_id: ApplicationId = Field(description="The candidate's application, when there is just one")
    author_id: UserId = Field(description="The user who wrote it")
    title: Annotated[str | None, Personal("written by hand, may name the person")] = Field(
        description="What Lever calls it, mostly Note"
    )
    content_html: Annotated[str | None, Personal("what somebody thinks of the person")] = Field(
        description="The text as it came: Lever's notes are plain text"
    )
    is_private: bool | None = Field(description="Whether it is secret in Lever")
    remote_created_at: datetime | None = Field(description="Created in Lever (UTC)")
    remote_updated_at: datetime | None = Field(
        description="Completed in Lever (UTC), the last that it tells of changes"
    )


class Scorecard(UnifiedRow):
    """A feedback form on a candidate. An extra model: read only if the settings ask for it."""

    candidate_id: CandidateId = Field(description="The candidate that it is about")
    application_id: ApplicationId = Field(description="The candidate's application, when there is just one")
    interview_id: InterviewId = Field(description="The interview that it was written after")
    author_id: UserId = Field(description="The user who wrote it")
    responses: Annotated[
        list[ScorecardResponse], Personal("what somebody thinks of the person, in words and scores")
    ] = Field(description="The fields of the form with what was answered")
    remote_created_at: datetime | None = Field(description="Created in Lever (UTC)")
    remote_updated_at: datetime | None = Field(
        description="Completed in Lever (UTC), the last that it tells of changes"
    )


class Attachment(UnifiedRow):
    """A file of a candidate, without its contents. An extra model: read only if the settings ask for it."""

    candidate_id: CandidateId = Field(description="The candidate whose it is")
    application_id: ApplicationId = Field(description="The candidate's application, when there is just one")
    type: AttachmentType | None = Field(description="CV, COVER_LETTER or OTHER")
    file_name: Annotated[str | None, Personal("mostly holds the person's name")] = Field(
        description="Name of the file"
    )
    remote_created_at: datetime | None = Field(description="Uploaded to Lever (UTC)")
    remote_updated_at: datetime | None = Field(description="The same: files are not changed in Lever (UTC)")

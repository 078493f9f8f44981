"""The shapes of the lists' rows, key by key as the unified API has them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from lever_assets.api.shapes.common import (
    Amount,
    EmailAddress,
    Instant,
    IntegrationField,
    JsonObject,
    Listed,
    Location,
    Member,
    NamedJob,
    Person,
    PhoneNumber,
    Seen,
    SmallStage,
    SocialLink,
    Stage,
    Tag,
    Text,
    Whole,
    Yes,
)
from lever_assets.api.shapes.envelope import Shape
from lever_assets.unified.enums import (
    ApplicationOutcome,
    AttachmentType,
    JobPostingStatus,
    JobPostingVisibility,
    OfferStatus,
    QuestionCategory,
    RoleScope,
    RoleType,
    UserStatus,
)

_ASKED = "there with `include_insight=true` alone"


class QuestionOption(Shape):
    """A choice; answers name its `id`."""

    id: Text
    name: Text
    remote_id: Text | None = None


class TextFormat(Shape):
    """A text."""

    type: Literal["TEXT"]
    display_type: Literal["SINGLE_LINE", "MULTI_LINE", "EMAIL", "URL"] | None = None
    max_length: Whole | None = None


class NumberFormat(Shape):
    """A number."""

    type: Literal["NUMBER"]
    display_type: Literal["SLIDER", "FIELD"] | None = None
    min: Amount | None = None
    max: Amount | None = None


class FileFormat(Shape):
    """A file."""

    type: Literal["FILE"]
    accepted_mime_types: list[Text] | None = None
    max_file_size_bytes: Whole | None = None


class SingleSelectFormat(Shape):
    """One of several choices."""

    type: Literal["SINGLE_SELECT"]
    display_type: Literal["DROPDOWN", "RADIO"] | None = None
    options: list[QuestionOption]


class MultiSelectFormat(Shape):
    """Some of several choices."""

    type: Literal["MULTI_SELECT"]
    options: list[QuestionOption]


class PlainFormat(Shape):
    """Yes or no, a day, or a text to which there is no answer."""

    type: Literal["BOOLEAN", "DATE", "INFORMATION"]


class UnknownFormat(Shape):
    """What the unified API has no kind for; `raw_question` is Lever's own definition."""

    type: Literal["UNKNOWN"]
    raw_question: Any = None


class ScreeningQuestion(Shape):
    """A question on a job's application form."""

    id: Text
    remote_id: Text | None
    title: Text | None
    description: Text | None
    format: (
        Annotated[
            TextFormat
            | NumberFormat
            | FileFormat
            | SingleSelectFormat
            | MultiSelectFormat
            | PlainFormat
            | UnknownFormat,
            Field(discriminator="type"),
        ]
        | None
    )
    category: QuestionCategory | None
    index: Whole | None
    required: Yes | None
    precondition_question_id: Text | None
    precondition_options: list[Text] | list[Yes] | None


class JobPosting(Shape):
    """A job as it is published."""

    id: Text
    remote_id: Text | None
    title: Text | None
    description_html: Text | None
    status: JobPostingStatus | None
    visibility: JobPostingVisibility | None
    url: Text | None


class HeldRole(Shape):
    """A role that somebody has."""

    remote_id: Text | None
    remote_label: Text | None
    unified_type: RoleType | None


class JobRole(HeldRole):
    """A role on a job."""

    scope: Literal["JOB"]


class SystemRole(HeldRole):
    """A role in the account."""

    scope: Literal["SYSTEM"]


class HiringTeamMember(Member):
    """A user on the hiring team of a job."""

    hiring_team_roles: list[Literal["HIRING_MANAGER", "RECRUITER", "COORDINATOR", "SOURCER", "INTERVIEWER"]]
    job_roles: list[JobRole]


class Job(Seen):
    """A job."""

    id: Text
    remote_id: Text
    name: Text | None
    job_code: Text | None
    description: Text | None
    confidential: Yes | None
    weekly_hours: Amount | None
    employment_type: Text | None
    status: Text | None
    visibility: Text | None
    category: Text | None
    department: Text | None
    post_url: Text | None
    experience_level: Text | None
    remote_work_status: Text | None
    salary_amount: Amount | None
    salary_amount_from: Amount | None
    salary_amount_to: Amount | None
    salary_currency: Text | None
    salary_period: Text | None
    location: Location | None
    custom_fields: JsonObject | None
    integration_fields: list[IntegrationField]
    remote_url: Text | None
    opened_at: Instant | None
    closed_at: Instant | None
    remote_created_at: Instant | None
    remote_updated_at: Instant | None
    contact_id: Text | None
    stages: list[Stage]
    screening_questions: list[ScreeningQuestion]
    job_postings: list[JobPosting]
    hiring_team: list[HiringTeamMember]


class CandidateApplication(Shape):
    """An application of a candidate."""

    id: Text
    remote_id: Text | None
    outcome: ApplicationOutcome | None
    rejection_reason_name: Text | None
    rejected_at: Instant | None
    remote_url: Text | None
    changed_at: Instant
    remote_created_at: Instant | None
    remote_updated_at: Instant | None
    current_stage: SmallStage | None
    job: NamedJob | None


class CandidateAlone(Seen):
    """A candidate without applications."""

    id: Text
    remote_id: Text
    first_name: Text | None
    last_name: Text | None
    company: Text | None
    title: Text | None
    confidential: Yes | None
    source: Text | None
    phone_numbers: list[PhoneNumber] | None
    email_addresses: list[EmailAddress] | None
    social_media: list[SocialLink] | None
    location: Location | None
    custom_fields: JsonObject | None
    integration_fields: list[IntegrationField]
    remote_url: Text | None
    remote_created_at: Instant | None
    remote_updated_at: Instant | None
    tags: list[Tag]


class Candidate(CandidateAlone):
    """A candidate."""

    applications: list[CandidateApplication]


class ListedCandidate(Candidate):
    """A candidate in the list, which has two keys more when they are asked for."""

    current_stage_id: Text | None = Field(None, description=f"The stage that the candidate is in; {_ASKED}")
    person_id: Text | None = Field(None, description=f"The person, who may be several candidates; {_ASKED}")


class AnsweredQuestion(Shape):
    """The question that was answered; the answer's keys follow its type."""

    remote_id: Text | None
    title: Text
    type: Literal["TEXT", "NUMBER", "SINGLE_SELECT", "MULTI_SELECT", "BOOLEAN", "DATE", "UNKNOWN"]


class ScreeningAnswer(Shape):
    """An answer to a screening question."""

    question: AnsweredQuestion
    answer: JsonObject


class ApplicationCandidate(Person):
    """The candidate who applies."""

    phone_numbers: list[PhoneNumber] | None
    social_media: list[SocialLink] | None
    source: Text | None
    remote_url: Text | None
    tags: list[Tag]


class ApplicationInterview(Shape):
    """An interview for an application."""

    id: Text
    remote_id: Text | None
    title: Text | None
    starting_at: Instant | None
    ending_at: Instant | None
    location: Location | None
    canceled: Yes | None


class ApplicationOffer(Shape):
    """An offer for an application."""

    id: Text
    remote_id: Text | None
    status: OfferStatus | None


class ApplicationAlone(Seen):
    """An application without what belongs to it, but for its job."""

    id: Text
    remote_id: Text | None
    outcome: ApplicationOutcome | None
    rejection_reason_name: Text | None
    rejected_at: Instant | None
    current_stage_id: Text | None
    job_id: Text | None
    candidate_id: Text | None
    screening_question_answers: list[ScreeningAnswer] | None
    custom_fields: JsonObject | None
    integration_fields: list[IntegrationField]
    remote_url: Text | None
    remote_created_at: Instant | None
    remote_updated_at: Instant | None
    job: NamedJob | None


class Application(ApplicationAlone):
    """An application."""

    candidate: ApplicationCandidate | None
    current_stage: Stage | None
    interviews: list[ApplicationInterview]
    offers: list[ApplicationOffer]
    hired_at: Instant | None = Field(
        None, description=f"When it was archived as hired; null unless HIRED; {_ASKED}"
    )


class User(Seen):
    """A user."""

    id: Text
    remote_id: Text | None
    first_name: Text | None
    last_name: Text | None
    email: Text | None
    status: UserStatus | None
    system_roles: list[SystemRole]


class Role(Seen):
    """A role."""

    id: Text
    remote_id: Text | None
    remote_label: Text | None
    scope: RoleScope | None
    unified_type: RoleType | None


class ListedTag(Seen):
    """A tag."""

    id: Text
    remote_id: Text | None
    name: Text | None


class InterviewApplication(Shape):
    """The application that an interview is for."""

    id: Text
    remote_id: Text | None
    outcome: ApplicationOutcome | None
    rejection_reason_name: Text | None
    candidate: Person | None
    job: NamedJob | None


class Interview(Seen):
    """An interview."""

    id: Text
    remote_id: Text | None
    title: Text | None
    starting_at: Instant | None
    ending_at: Instant | None
    location: Location | None
    video_conferencing_url: Text | None
    application_id: Text | None
    stage_id: Text | None
    canceled: Yes | None
    remote_created_at: Instant | None
    remote_updated_at: Instant | None
    users: list[Member]
    application: InterviewApplication | None
    candidate_id: Text | None = Field(
        None, description=f"The candidate, also where there is no application; {_ASKED}"
    )


class OfferApplication(Shape):
    """Whom an offer is made to, and for which job."""

    candidate: Person | None
    job: NamedJob | None


class Offer(Seen):
    """An offer."""

    id: Text
    remote_id: Text | None
    status: OfferStatus | None
    employment_start_date: Instant | None
    application_id: Text | None
    custom_fields: JsonObject | None
    integration_fields: list[IntegrationField]
    remote_created_at: Instant | None
    remote_updated_at: Instant | None
    application: OfferApplication | None


class RejectionReason(Seen):
    """A reason to reject an application."""

    id: Text
    remote_id: Text
    name: Text | None


class ApplicationStage(Seen):
    """A stage of the account."""

    id: Text
    remote_id: Text | None
    name: Text | None
    status: Literal["ACTIVE", "INACTIVE"] | None
    custom_fields: JsonObject | None


class Jobs(Listed[Job]):
    """A page of jobs."""


class Candidates(Listed[ListedCandidate]):
    """A page of candidates."""


class Applications(Listed[Application]):
    """A page of applications."""


class Users(Listed[User]):
    """A page of users."""


class Roles(Listed[Role]):
    """A page of roles."""


class Tags(Listed[ListedTag]):
    """A page of tags."""


class Interviews(Listed[Interview]):
    """A page of interviews."""


class Offers(Listed[Offer]):
    """A page of offers."""


class RejectionReasons(Listed[RejectionReason]):
    """A page of rejection reasons."""


class ApplicationStages(Listed[ApplicationStage]):
    """A page of stages."""


class _OfPerson(Shape):
    """What notes, scorecards and attachments have in common."""

    id: Text
    remote_id: Text
    application_id: Text | None
    remote_created_at: Instant | None
    remote_updated_at: Instant | None
    changed_at: Instant = Field(description="When this row itself last changed here")
    remote_deleted_at: Instant | None = Field(description="Since when it is gone in Lever")


class Note(_OfPerson):
    """A note on a candidate."""

    candidate_id: Text
    author_id: Text | None
    title: Text | None
    content_html: Text | None
    is_private: Yes | None
    author: Member | None


class ScorecardOption(Shape):
    """A choice, or what was chosen."""

    remote_id: Text | None
    label: Text


class _Response(Shape):
    """A field of a form with what was answered."""

    remote_id: Text | None
    label: Text
    description: Text | None
    required: Yes | None


class TextResponse(_Response):
    """A text."""

    type: Literal["TEXT"]
    answer: Text | None


class SingleSelectResponse(_Response):
    """One of several choices."""

    type: Literal["SINGLE_SELECT"]
    options: list[ScorecardOption]
    answer: ScorecardOption | None


class MultiSelectResponse(_Response):
    """Some of several choices."""

    type: Literal["MULTI_SELECT"]
    options: list[ScorecardOption]
    answer: list[ScorecardOption] | None


class BooleanResponse(_Response):
    """Yes or no."""

    type: Literal["BOOLEAN"]
    answer: Yes | None


class NumberResponse(_Response):
    """A number."""

    type: Literal["NUMBER"]
    answer: Amount | None


class DateResponse(_Response):
    """An instant."""

    type: Literal["DATE"]
    answer: Text | None


class Scorecard(_OfPerson):
    """A feedback form on a candidate."""

    candidate_id: Text | None
    interview_id: Text | None
    author_id: Text | None
    author: Member | None
    responses: list[
        Annotated[
            TextResponse
            | SingleSelectResponse
            | MultiSelectResponse
            | BooleanResponse
            | NumberResponse
            | DateResponse,
            Field(discriminator="type"),
        ]
    ]


class Attachment(_OfPerson):
    """A file of a candidate."""

    candidate_id: Text
    type: AttachmentType | None
    file_name: Text | None
    content_ref: None = Field(description="Always null: what is in files is not kept")


class Notes(Listed[Note]):
    """A page of notes."""


class Scorecards(Listed[Scorecard]):
    """A page of scorecards."""


class Attachments(Listed[Attachment]):
    """A page of attachments."""

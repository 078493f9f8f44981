"""What the actions take that create candidates and applications."""

from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, JsonValue

from lever_assets.actions.engine.file_inputs import Attachment, FileInput
from lever_assets.actions.engine.input_model import ActionInput, Id, InputPart, Text, UserId, WebAddress, like

Email = Annotated[str, *like(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", "an e-mail address", format="email")]
QuestionId = Annotated[
    str,
    *like(
        r"^(remote:.{1,1000}|[1-9A-HJ-NP-Za-km-z]{24})$",
        "one of our ids (24 characters), or remote: and Lever's ids of form and question",
    ),
]
Country = Annotated[str, *like(r"^[A-Z]{2}$", "a country code of two capitals, such as DE")]
Kind = Literal["PERSONAL", "WORK", "OTHER"]


def day_of(given: str) -> date:
    """Return the day of a date in ISO form, which may have a time: the day as it is written.

    Raises ValueError for what is none.
    """
    text = given.strip()
    return datetime.fromisoformat(text[:-1] if len(text) == len("2026-12-31Z") else text).date()


def _without_time(given: object) -> object:
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    with suppress(ValueError):
        if isinstance(given, str):
            return day_of(given)
    raise ValueError("write a day as 2026-12-31; a time after it is left out")  # no number: of what unit?


Day = Annotated[date, BeforeValidator(_without_time)]
"""A day, as `2026-12-31`; of an instant the day, whatever the time zone."""


class AdditionalEmail(InputPart):
    """A further e-mail address."""

    email_address: Email = Field(description="The address")
    type: Kind = Field("OTHER", description="Its kind; Lever keeps none")


class AdditionalPhone(InputPart):
    """A further phone number."""

    phone_number: Text = Field(description="The number, as people write it")
    type: Kind = Field("OTHER", description="Its kind: WORK becomes work, PERSONAL home, OTHER other")


class CandidateLocation(InputPart):
    """Where a candidate lives. Lever has one line for it: city and country."""

    city: str | None = Field(None, description="City")
    country: Country | None = Field(None, description="Country (ISO 3166-1, two capitals)")
    state: str | None = Field(None, description="State or province")
    street_1: str | None = Field(None, description="Street and number")
    zip_code: str | None = Field(None, description="Postal code")


class SocialLink(InputPart):
    """A link to a profile."""

    url: WebAddress = Field(description="Address of the profile")


class SalaryExpectations(InputPart):
    """What a candidate wants to earn."""

    period: Literal["MONTH", "YEAR"] = Field(description="The period that the amount is for")
    amount: Decimal = Field(ge=0, description="The amount")


class NewCandidate(InputPart):
    """The person who applies."""

    first_name: Text = Field(description="First name")
    last_name: Text = Field(description="Last name")
    email_address: Email = Field(description="Main e-mail address; Lever knows people by it")
    additional_email_addresses: tuple[AdditionalEmail, ...] = Field((), description="Further addresses")
    company: str | None = Field(None, description="Current employer")
    title: str | None = Field(None, description="Current job title")
    phone_number: str | None = Field(None, description="Main phone number (mobile in Lever)")
    additional_phone_numbers: tuple[AdditionalPhone, ...] = Field((), description="Further numbers")
    location: CandidateLocation | None = Field(None, description="Where the candidate lives")
    social_links: tuple[SocialLink, ...] = Field((), description="Profiles and web sites")
    gender: Literal["MALE", "FEMALE", "OTHER"] | None = Field(None, description="Not written to Lever")
    availability_date: Day | None = Field(None, description="Not written to Lever")
    salary_expectations: SalaryExpectations | None = Field(None, description="Not written to Lever")


class FileAnswer(FileInput):
    """A file that answers a question."""


class QuestionAnswer(InputPart):
    """The answer to a question of the job's form."""

    question_id: QuestionId = Field(description="The question: our id, or `remote:` and Lever's ids")
    answer: FileAnswer | JsonValue = Field(
        union_mode="left_to_right",  # an object that can be a file is one
        description="By the question's kind: text, option id, list of option ids, true or false, number, "
        "ISO date, or a file",
    )


class Source(InputPart):
    """Where a candidate came from."""

    name: str | None = Field(None, description="Text of the source in Lever")
    unified_key: str | None = Field(None, description="A well-known source, such as LINKEDIN or INDEED")
    id: str | None = Field(None, description="Text of a source that Lever has")


class SourcedBy(InputPart):
    """Who is credited with finding a candidate."""

    user_id: UserId = Field(description="The user: our id, or `remote:` and Lever's user id")


class Consent(InputPart):
    """Consent to the storage of data."""

    given: bool | None = Field(None, description="Whether it was given")
    expires_at: Day | None = Field(None, description="When it ends")


class ApplicationPlace(InputPart):
    """The job that is applied to."""

    job_id: Id = Field(description="The job: our id, or `remote:` and Lever's posting id")
    stage_id: Id | None = Field(None, description="The stage to begin in; default: the job's first one")


class Creation(ActionInput):
    """What creates a person and an application alike."""

    candidate: NewCandidate = Field(description="The person who applies")
    screening_question_answers: tuple[QuestionAnswer, ...] = Field(
        (), description="Answers to the questions of the job's form"
    )
    attachments: tuple[Attachment, ...] = Field((), description="Files: CV, cover letter, others")
    source: Source | None = Field(
        None, description="Where the candidate came from; default: the setting LEVER_SOURCE_NAME"
    )
    sourced_by: SourcedBy | None = Field(None, description="Who is credited with finding the candidate")
    gdpr_consent: Consent | None = Field(None, description="Consent to the storage of data")

    @property
    def credited(self) -> str | None:
        """The user who found the candidate."""
        return None if self.sourced_by is None else self.sourced_by.user_id


class CreateCandidate(Creation):
    """A new candidate with an application to a job."""

    application: ApplicationPlace = Field(description="The job that is applied to, and the stage")


class CreateApplication(Creation):
    """An application to a job, by somebody who may be new."""

    job_id: Id = Field(description="The job: our id, or `remote:` and Lever's posting id")
    stage_id: Id | None = Field(None, description="The stage to begin in; default: the job's first one")

"""The shapes inside the JSON columns of the unified models.

Typed dictionaries, so that what is stored is what was mapped: an absent key stays absent.
"""

from typing import Literal, NotRequired

from pydantic import JsonValue, SkipValidation
from typing_extensions import TypedDict

ParsedJson = SkipValidation[JsonValue]
"""What was parsed from JSON is passed on as it is: walking through it would take half the time of a row."""


class Location(TypedDict, total=False):
    """A place. Lever gives free text, so its locations carry `raw` only."""

    raw: str | None
    city: str | None
    state: str | None
    country: str | None
    street_1: str | None
    street_2: str | None
    zip_code: str | None


class EmailAddress(TypedDict):
    """An e-mail address and its kind (null: the tool tells none)."""

    email_address: str
    type: str | None


class PhoneNumber(TypedDict):
    """A phone number as written in the tool and its kind."""

    phone_number: str
    type: str | None


class SocialLink(TypedDict):
    """A link to a profile, with the network and the user name where the link tells them."""

    link: str | None
    type: str | None
    username: str | None


class IntegrationField(TypedDict):
    """A remote field that has no unified column. `type` CUSTOM: defined by the account, DEFAULT: by Lever."""

    id: str
    key: str
    type: Literal["DEFAULT", "CUSTOM"]
    label: str | None
    value: ParsedJson


class QuestionOption(TypedDict):
    """One choice of a select question. Answers refer to `id`, which never changes between syncs."""

    id: str
    name: str
    remote_id: str | None


class QuestionFormat(TypedDict):
    """What kind of answer a question takes; which of the other keys are there depends on `type`."""

    type: str
    display_type: NotRequired[str | None]
    max_length: NotRequired[int | None]
    min: NotRequired[float | None]
    max: NotRequired[float | None]
    accepted_mime_types: NotRequired[list[str] | None]
    max_file_size_bytes: NotRequired[int | None]
    options: NotRequired[list[QuestionOption]]
    raw_question: NotRequired[ParsedJson]


class AnsweredQuestion(TypedDict):
    """The question that an answer belongs to."""

    remote_id: str | None
    title: str
    type: str


class ScreeningAnswer(TypedDict):
    """One answer of an application; the shape of `answer` follows `question.type`."""

    question: AnsweredQuestion
    answer: dict[str, ParsedJson]


class ScorecardOption(TypedDict):
    """One choice of a select on a scorecard."""

    remote_id: str | None
    label: str


class ScorecardResponse(TypedDict):
    """One field of a scorecard; the shape of `answer` follows `type`, and selects have `options`."""

    remote_id: str | None
    label: str
    description: str | None
    required: bool | None
    type: Literal["TEXT", "SINGLE_SELECT", "MULTI_SELECT", "BOOLEAN", "NUMBER", "DATE"]
    options: NotRequired[list[ScorecardOption]]
    answer: ParsedJson

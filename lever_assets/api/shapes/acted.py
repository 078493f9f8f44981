"""What actions answer.

Every key is there, whatever the settings keep out of the tables: what is not known is null, or an empty list.
"""

from typing import Literal

from pydantic import ConfigDict, Field, JsonValue

from lever_assets.api.shapes.envelope import Shape
from lever_assets.lever import JsonObject
from lever_assets.store.transaction import now


def _present() -> str:
    return now().isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Filled(Shape):
    """What is made of the data of an action, which may have more; what is not in it is null."""

    model_config = ConfigDict(extra="ignore")


class Named(Filled):
    """A record by its ids and its name."""

    id: str
    name: str | None = None
    remote_id: str | None = None


class NamedStage(Named):
    """The stage of an application, with its place in the job's pipeline."""

    index: int | None = None


class OwnApplication(Filled):
    """An application below its candidate."""

    id: str
    remote_id: str | None = None
    outcome: Literal["PENDING", "HIRED", "DECLINED"] | None = None
    rejection_reason_name: str | None = None
    rejected_at: str | None = None
    remote_url: str | None = None
    changed_at: str = Field(default_factory=_present)
    remote_created_at: str | None = None
    remote_updated_at: str | None = None
    current_stage: NamedStage | None = None
    job: Named | None = None


class CandidateAlone(Filled):
    """A candidate with its tags."""

    id: str
    remote_id: str
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    title: str | None = None
    confidential: bool | None = None
    source: str | None = None
    phone_numbers: list[dict[str, JsonValue]] = Field(default_factory=list)
    email_addresses: list[dict[str, JsonValue]] = Field(default_factory=list)
    social_media: list[dict[str, JsonValue]] = Field(default_factory=list)
    location: dict[str, JsonValue] | None = None
    custom_fields: dict[str, JsonValue] | None = None
    integration_fields: list[dict[str, JsonValue]] = Field(default_factory=list)
    remote_url: str | None = None
    remote_created_at: str | None = None
    remote_updated_at: str | None = None
    remote_data: dict[str, JsonValue] | None = None
    changed_at: str = Field(default_factory=_present)
    remote_deleted_at: str | None = None
    tags: list[Named] = Field(default_factory=list)


class CreatedCandidate(CandidateAlone):
    """A candidate that was created, as the list of candidates has it."""

    applications: list[OwnApplication] = Field(default_factory=list)


class CreatedApplication(OwnApplication):
    """An application that was created, with its candidate, stage and job."""

    current_stage_id: str | None = None
    job_id: str | None = None
    candidate_id: str | None = None
    screening_question_answers: list[dict[str, JsonValue]] = Field(default_factory=list)
    custom_fields: dict[str, JsonValue] | None = None
    integration_fields: list[dict[str, JsonValue]] = Field(default_factory=list)
    remote_deleted_at: str | None = None
    remote_data: dict[str, JsonValue] | None = None
    candidate: CandidateAlone | None = None


class FileOfApplication(Shape):
    """A file in the list of an application's candidate."""

    id: str
    remote_id: str
    type: Literal["CV", "COVER_LETTER", "OTHER"]
    data_url: str = Field(description="Where it can be fetched, without a key, for seven days")
    file_name: str
    content_type: str
    remote_created_at: str | None
    remote_updated_at: str | None


class FileOfCandidate(FileOfApplication):
    """A file of a candidate."""

    candidate_id: str
    application_id: str | None = Field(description="Null unless the candidate has exactly one application")


class FilesOfApplication(Shape):
    """The files of an application's candidate."""

    results: list[FileOfApplication]


class FilesOfCandidate(Shape):
    """The files of a candidate."""

    results: list[FileOfCandidate]


class TrackedApplication(Shape):
    """An application that was taken over."""

    id: str
    tracked_at: str | None
    imported_id: dict[str, JsonValue] = Field(description="Nothing: Kombo's has no key for Lever")


class FileLimits(Shape):
    """How many files of a type an action takes, and which."""

    is_supported: Literal[True] = True
    min_amount: int | None = 0
    max_amount: int | None = None
    max_file_size_bytes: int | None
    accepted_mime_types: list[str] | None = None


class FileTypes(Shape):
    """The types of files."""

    CV: FileLimits
    COVER_LETTER: FileLimits
    OTHER: FileLimits


class AttachmentRestrictions(Shape):
    """What files an action takes; null: anything, or unknown."""

    total_size_bytes: int | None = None
    types: FileTypes


class ActionDetails(Shape):
    """What is to be known of an action before it is asked for."""

    attachment_restrictions: AttachmentRestrictions


def created_candidate(data: JsonObject) -> JsonObject:
    """Return what the creation of a candidate answers, with every key there."""
    return _filled(CreatedCandidate, data)


def created_application(data: JsonObject) -> JsonObject:
    """Return what the creation of an application answers, with every key there."""
    answers = data.get("screening_question_answers")
    listed = answers if isinstance(answers, list) else []
    return _filled(CreatedApplication, {**data, "screening_question_answers": [*filter(_is_shown, listed)]})


def _is_shown(answer: JsonValue) -> bool:
    """Tell whether an answer is shown: there is no form in which a file could be."""
    question = answer.get("question") if isinstance(answer, dict) else None
    return isinstance(question, dict) and question.get("type") != "FILE"


def _filled(shape: type[Filled], data: JsonObject) -> JsonObject:
    found: JsonObject = shape.model_validate(data).model_dump(mode="json")
    return found

"""What actions answer.

Every key is there, whatever the settings keep out of the tables: what is not known is null, or an empty list.
"""

from types import UnionType
from typing import Any, Literal, get_args, get_origin

from pydantic import Field, JsonValue

from lever_assets.api.shapes.common import SmallStage
from lever_assets.api.shapes.envelope import Shape
from lever_assets.api.shapes.reads import ApplicationAlone, Candidate, CandidateAlone
from lever_assets.lever import JsonObject
from lever_assets.store.transaction import now


def _present() -> str:
    return now().isoformat(timespec="milliseconds").replace("+00:00", "Z")


class CreatedApplication(ApplicationAlone):
    """An application that was created, with its candidate, stage and job."""

    candidate: CandidateAlone | None
    current_stage: SmallStage | None


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
    return _filled(Candidate, data)


def created_application(data: JsonObject) -> JsonObject:
    """Return what the creation of an application answers, with every key there."""
    answers = data.get("screening_question_answers")
    listed = answers if isinstance(answers, list) else []
    return _filled(CreatedApplication, {**data, "screening_question_answers": [*filter(_is_shown, listed)]})


def _is_shown(answer: JsonValue) -> bool:
    """Tell whether an answer is shown: there is no form in which a file could be."""
    question = answer.get("question") if isinstance(answer, dict) else None
    return isinstance(question, dict) and question.get("type") != "FILE"


def _filled(shape: type[Shape], data: JsonObject) -> JsonObject:
    """Return the keys of a shape alone, as the data has them; what is not in it is null, or an empty list."""
    now_if_unknown = {"changed_at": _present()} if "changed_at" in shape.model_fields else {}
    given = now_if_unknown | {name: value for name, value in data.items() if value is not None}
    return {name: _value(field.annotation, given.get(name)) for name, field in shape.model_fields.items()}


def _value(kind: Any, value: JsonValue) -> JsonValue:
    of_what = [each for each in get_args(kind) if each is not type(None)]
    if get_origin(kind) is list:
        return [_value(of_what[0], each) for each in value] if isinstance(value, list) else []
    if isinstance(kind, type) and issubclass(kind, Shape):
        return _filled(kind, value) if isinstance(value, dict) else None
    return _value(of_what[0], value) if get_origin(kind) is UnionType and len(of_what) == 1 else value

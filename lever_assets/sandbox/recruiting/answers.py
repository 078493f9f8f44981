"""An applicant's answers against the form of a posting: each in its place, of its type, none missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from lever_assets.sandbox.errors import bad_request
from lever_assets.sandbox.recruiting.changes import Changes
from lever_assets.sandbox.recruiting.papers import uploaded
from lever_assets.sandbox.schema import Record


class Answer(BaseModel):
    """A value; its field is named by id or by its place in the form."""

    model_config = ConfigDict(extra="ignore")

    id: str | None = None
    value: Any = None


class AnsweredSet(BaseModel):
    """The answers to one question set."""

    model_config = ConfigDict(extra="ignore")

    id: str
    fields: tuple[Answer, ...] = ()


def answer_form(changes: Changes, sets: list[Record], given: Sequence[AnsweredSet]) -> list[Record]:
    """The question sets of a form with the values filled in; a 400 that names what is wrong or missing."""
    known = {entry["id"] for entry in sets}
    for answered in given:
        if answered.id not in known:
            raise bad_request(f"customQuestions: this posting has no question set {answered.id!r}")
    by_id = {answered.id: answered.fields for answered in given}
    return [
        {"id": entry["id"], "text": entry["text"]}
        | {"fields": _fill(changes, entry, by_id.get(entry["id"], ()))}
        for entry in sets
    ]


def _fill(changes: Changes, entry: Record, answers: Sequence[Answer]) -> list[Record]:
    fields: list[Record] = entry["fields"]
    if len(answers) > len(fields):
        raise bad_request(f"customQuestions: {entry['text']!r} has {len(fields)} fields, not {len(answers)}")
    places = {field["id"]: place for place, field in enumerate(fields)}
    values: dict[int, Any] = {}
    for place, answer in enumerate(answers):
        if answer.id is not None and answer.id not in places:
            raise bad_request(f"customQuestions: {entry['text']!r} has no field {answer.id!r}")
        values[places.get(answer.id, place) if answer.id else place] = answer.value
    return [
        field | {"value": _value(changes, field, values.get(place))} for place, field in enumerate(fields)
    ]


def _value(changes: Changes, field: Record, value: Any) -> Any:
    if value is None or value in ("", []):
        if field["required"] and field["type"] != "instruction":
            raise bad_request(f"{field['text']!r} requires an answer")
        return None
    try:
        return _read(changes, field, value)
    except (TypeError, ValueError, OverflowError) as error:
        raise bad_request(f"{field['text']!r} can't be answered with {value!r}") from error


def _read(changes: Changes, field: Record, value: Any) -> Any:  # noqa: PLR0911 (one line a field type)
    """The value as Lever keeps it; ValueError when it doesn't fit the type."""
    match field["type"]:
        case "dropdown" | "multiple-choice" | "score-system":
            return _one_of(field, value)
        case "multiple-select":
            return [_one_of(field, each) for each in (value if isinstance(value, list) else [value])]
        case "yes-no":
            return _lowered(value)
        case "date":
            return value if isinstance(value, int) else _milliseconds(value)
        case "number" | "currency" | "score":
            return _number(value)
        case "file-upload":
            return {"fileName": uploaded(changes, _text(value), field=field["text"]).filename}
        case "instruction":
            return None
        case _:
            return _text(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _one_of(field: Record, value: Any) -> Any:
    options = field.get("options")
    if options and value not in [option["text"] for option in options]:
        raise ValueError
    return value


def _lowered(value: Any) -> str:
    text = str(value).lower()
    if text not in {"yes", "no"}:
        raise ValueError
    return text


def _milliseconds(value: Any) -> int:
    instant = datetime.fromisoformat(value)
    instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return int(instant.timestamp() * 1000)


def _number(value: Any) -> int | float:
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, int | float):
        return value
    number = float(value)
    return int(number) if number.is_integer() else number

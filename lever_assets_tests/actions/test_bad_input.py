"""Input that can't be used is refused before anything is sent, and names the field."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from lever_assets.actions.catalogue import ACTIONS
from lever_assets.actions.creation.creation_inputs import CreateApplication, CreateCandidate
from lever_assets.actions.engine.errors import of_input
from lever_assets.actions.inputs import (
    AddedTag,
    ApplicationAttachment,
    ApplicationNote,
    ApplicationResultLink,
    CandidateAttachment,
    MoveToStage,
    Reject,
    RemovedTag,
)

ID = "2" * 24
FILE = {"name": "cv.pdf", "type": "CV", "content_type": "application/pdf", "data": "JVBERg=="}
PERSON = {"first_name": "Ada", "last_name": "Byron", "email_address": "ada@example.com"}
LINK = {
    "application_id": ID,
    "label": "x",
    "url": "https://example.com",
    "details": {"custom_field_name_prefix": "A:", "attributes": [{"key": "k", "value": "v"}]},
}
ANSWER = {"question_id": "remote:form:question", "answer": "x"}

GOOD: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (AddedTag, {"candidate_id": ID, "tag": {"name": "x"}}),
    (RemovedTag, {"candidate_id": ID, "tag": {"name": "x"}}),
    (MoveToStage, {"application_id": ID, "stage_id": "remote:lead-new"}),
    (Reject, {"application_id": ID, "rejection_reason_id": ID, "note": "x"}),
    (ApplicationResultLink, LINK),
    (ApplicationNote, {"application_id": ID, "content": "x", "content_type": "PLAIN_TEXT"}),
    (CandidateAttachment, {"candidate_id": ID, "attachment": FILE}),
    (ApplicationAttachment, {"application_id": ID, "attachment": FILE}),
    (
        CreateCandidate,
        {
            "candidate": {
                **PERSON,
                "additional_email_addresses": [{"email_address": "a@b.example", "type": "WORK"}],
                "additional_phone_numbers": [{"phone_number": "1", "type": "PERSONAL"}],
                "location": {"city": "Ulm", "country": "DE"},
                "social_links": [{"url": "https://example.com"}],
            },
            "application": {"job_id": ID, "stage_id": ID},
            "screening_question_answers": [ANSWER],
            "attachments": [FILE],
            "source": {"name": "x", "unified_key": "LINKEDIN", "id": "y"},
            "sourced_by": {"user_id": ID},
            "remote_fields": {"lever": {"candidate": {"origin": "sourced"}}},
        },
    ),
    (CreateApplication, {"candidate": PERSON, "job_id": ID, "stage_id": ID}),
]


@pytest.mark.parametrize(("model", "given"), GOOD, ids=[model.__name__ for model, _ in GOOD])
def test_good_input_is_taken(model: type[BaseModel], given: dict[str, Any]) -> None:
    assert model.model_validate(given)


def _spoiled(given: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str, dict[str, Any]]]:
    """Return the input with each of its fields spoiled in turn, by the field's path."""
    whole = given
    found = []
    inner = _at(whole, path)
    pairs = inner.items() if isinstance(inner, dict) else enumerate(inner)
    for key, value in pairs:
        here = (*path, key)
        if here[:1] == ("remote_fields",) and len(here) > 2:
            continue  # free form
        if isinstance(value, dict | list) and value:
            found += _spoiled(whole, here)
        if here[-1] == "answer":
            continue  # any JSON; checked against the question
        found.append((".".join(map(str, here)), _with(whole, here, object())))
    return found


def _at(given: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        given = given[key]
    return given


def _with(given: Any, path: tuple[str | int, ...], value: object) -> Any:
    if not path:
        return value
    copy = dict(given) if isinstance(given, dict) else list(given)
    copy[path[0]] = _with(given[path[0]], path[1:], value)  # type: ignore[index]  # a dict or a list
    return copy


SPOILED = [(model, name, bad) for model, given in GOOD for name, bad in _spoiled(given)]


@pytest.mark.parametrize(
    ("model", "field", "given"), SPOILED, ids=[f"{model.__name__}-{name}" for model, name, _ in SPOILED]
)
def test_a_bad_field_is_named(model: type[BaseModel], field: str, given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(given)

    assert field in str(of_input(refused.value))


@pytest.mark.parametrize(("model", "given"), GOOD, ids=[model.__name__ for model, _ in GOOD])
def test_a_field_that_does_not_exist_is_refused(model: type[BaseModel], given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate({**given, "candidat_id": ID})

    assert "candidat_id: Extra inputs are not permitted" in str(of_input(refused.value))


WORDS: list[tuple[type[BaseModel], dict[str, Any], str]] = [
    (
        AddedTag,
        {"candidate_id": "x", "tag": {"name": " "}},
        "tag.name: should be a text that is not empty",
    ),
    (
        RemovedTag,
        {"candidate_id": "remote:../users", "tag": {"name": "x"}},
        "candidate_id: should be one of",
    ),
    (ApplicationResultLink, {**LINK, "url": "ftp://x"}, "url: should be an address with http or https"),
    (ApplicationNote, {"application_id": ID, "content": "x", "content_type": "HTML"}, "content_type"),
    (CandidateAttachment, {"candidate_id": ID, "attachment": {"name": "x", "type": "CV"}}, "exactly one of"),
    (
        CandidateAttachment,
        {"candidate_id": ID, "attachment": {**FILE, "data_url": "https://x.example/a"}},
        "exactly one of data and data_url",
    ),
    (
        CandidateAttachment,
        {"candidate_id": ID, "attachment": {"name": "x", "type": "CV", "data": "AAAA"}},
        "data needs a content_type",
    ),
    (
        CreateApplication,
        {"candidate": {**PERSON, "location": {"country": "Germany"}}, "job_id": ID},
        "country: should be a country code of two capitals",
    ),
]


@pytest.mark.parametrize(("model", "given", "said"), WORDS, ids=[said for _, _, said in WORDS])
def test_what_is_wrong_is_said_in_words(model: type[BaseModel], given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(given)

    assert said in str(of_input(refused.value))


@pytest.mark.parametrize(
    "model", dict.fromkeys([*(each.input for each in ACTIONS), *(each for each, _ in GOOD)])
)
def test_every_field_is_described(model: type[BaseModel]) -> None:
    schema = model.model_json_schema()
    for name, part in {model.__name__: schema, **schema.get("$defs", {})}.items():
        for field, told in part.get("properties", {}).items():
            assert told.get("description"), f"{name}.{field} has no description"

"""Answers fit their questions, or are refused by name."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lever_assets.actions.creation.creation_inputs import FileAnswer, QuestionAnswer
from lever_assets.actions.creation.form_answers import (
    Answered,
    custom_questions,
    eeo_responses,
    read_answers,
    unanswered,
)
from lever_assets.actions.engine.errors import ActionError
from lever_assets.lever.records import PostingForm
from lever_assets.mapping.context import Context
from lever_assets_tests.actions.newcomers import FIELDS, GENDER, GROUP, field

CTX = Context(connection="lever")
FILE = {"name": "cv.pdf", "content_type": "application/pdf", "data": "JVBERg=="}


def form(*names: str, required: tuple[str, ...] = (), **changes: Any) -> PostingForm:
    fields: Any = [field(name, required=name in required) for name in names]
    groups: Any = [{"id": GROUP, "text": "Questions", "fields": fields}]
    return PostingForm.parse({"id": "posting", "customQuestions": groups, **changes})


def read(name: str, value: object) -> Answered:
    asked = QuestionAnswer.model_validate({"question_id": f"remote:{GROUP}:{name}", "answer": value})
    return read_answers(form(*FIELDS), [asked], CTX)


def value_of(name: str, value: object) -> object:
    return read(name, value).values[f"{GROUP}:{name}"]


FITTING: list[tuple[str, object, object]] = [
    ("text", " kept as it is ", " kept as it is "),
    ("dropdown", CTX.id("screening_question_options", f"{GROUP}:dropdown", "Master’s"), "Master’s"),
    ("choice", CTX.id("screening_question_options", f"{GROUP}:choice", "o-1"), "On-site"),
    ("choice", "o-2", "Remote"),
    ("choice", "remote:o-2", "Remote"),
    ("languages", ["l-2", "l-2"], ["日本語"]),
    ("yes-no", True, "Yes"),
    ("yes-no", False, "No"),
    ("number", 3.5, 3.5),
    ("number", 0, 0),
    ("date", "2026-01-02", 1_767_312_000_000),
    ("date", "2026-01-02T23:30:00Z", 1_767_312_000_000),
    ("date", "2026-01-02T23:30:00-08:00", 1_767_312_000_000),
    ("code", {"any": ["thing"]}, {"any": ["thing"]}),
]


@pytest.mark.parametrize(("name", "answer", "expected"), FITTING)
def test_an_answer_that_fits_becomes_what_lever_takes(name: str, answer: object, expected: object) -> None:
    found = read(name, answer)

    assert found.values == {f"{GROUP}:{name}": expected}
    assert found.warnings == []


WRONG: list[tuple[str, object, str]] = [
    ("text", 5, "a text"),
    ("text", ["a"], "a text"),
    ("textarea", True, "a text"),
    ("dropdown", 1, "the id of one of its options"),
    ("dropdown", ["Master’s"], "the id of one of its options"),
    ("dropdown", "Doctorate", "Bachelor’s"),
    ("choice", "o-3", "On-site"),
    ("languages", "l-1", "a list of ids"),
    ("languages", ["l-1", "l-9"], "English"),
    ("languages", [1], "the id of one of its options"),
    ("yes-no", "yes", "true or false"),
    ("yes-no", 1, "true or false"),
    ("number", "3", "a number"),
    ("number", True, "a number"),
    ("currency", [3], "a number"),
    ("date", "tomorrow", "an ISO date"),
    ("date", 20260102, "an ISO date"),
    ("date", "2026-02-30", "an ISO date"),
    ("file", "cv.pdf", "a file with a name"),
    ("file", {"name": "cv.pdf"}, "exactly one of data and data_url"),
    ("file", {**FILE, "size": 3}, "size"),
    ("text", FILE, "a text, not a file"),
]


@pytest.mark.parametrize(("name", "answer", "said"), WRONG)
def test_an_answer_that_does_not_fit_is_refused_by_the_question(name: str, answer: object, said: str) -> None:
    with pytest.raises(ActionError) as refused:
        read(name, answer)

    assert refused.value.code == "PLATFORM.INPUT_INVALID"
    assert f"“About {name}?”" in refused.value.message
    assert said in refused.value.message


@pytest.mark.parametrize(
    ("name", "answer", "expected"),
    [
        ("dropdown", "master’s", "Master’s"),
        ("choice", " Remote ", "Remote"),
        ("languages", ["english"], ["English"]),
    ],
)
def test_the_text_of_an_option_is_understood_with_a_warning(
    name: str, answer: object, expected: object
) -> None:
    found = read(name, answer)

    assert found.values == {f"{GROUP}:{name}": expected}
    assert "give the option's id" in found.warnings[0]


def test_yes_and_no_are_in_the_words_of_the_form() -> None:
    asked: Any = {**field("yes-no"), "options": [{"text": "YES"}, {"text": "no"}]}
    own = PostingForm.parse({"id": "p", "customQuestions": [{"id": GROUP, "fields": [asked]}]})
    given = [QuestionAnswer.model_validate({"question_id": f"remote:{GROUP}:yes-no", "answer": True})]

    assert read_answers(own, given, CTX).values == {f"{GROUP}:yes-no": "YES"}


def test_a_file_is_kept_apart_until_it_is_uploaded() -> None:
    found = read("file", FILE)

    assert found.values == {}
    assert found.files == {f"{GROUP}:file": FileAnswer.model_validate(FILE)}


def test_nobody_answers_an_instruction() -> None:
    found = read("instruction", "I have read it")

    assert not found
    assert "asks nothing" in found.warnings[0]


def test_a_question_is_answered_once() -> None:
    twice = [QuestionAnswer.model_validate({"question_id": f"remote:{GROUP}:text", "answer": "x"})] * 2
    with pytest.raises(ActionError, match="twice"):
        read_answers(form("text"), twice, CTX)


@pytest.mark.parametrize("empty", [None, "", "  ", []])
def test_an_empty_answer_is_none(empty: object) -> None:
    asked = form("text", "languages", "instruction", required=("text", "languages", "instruction"))
    given = [
        QuestionAnswer.model_validate({"question_id": f"remote:{GROUP}:{name}", "answer": empty})
        for name in ("text", "languages")
    ]

    assert unanswered(asked, read_answers(asked, given, CTX)) == ["About text?", "About languages?"]


def test_questions_of_equal_employment_law_have_a_place_of_their_own() -> None:
    own = form("text", eeoQuestions={"gender": GENDER})
    given = [QuestionAnswer.model_validate({"question_id": "remote:eeo:gender", "answer": "remote:Male"})]
    values = read_answers(own, given, CTX).values

    assert eeo_responses(values) == {"gender": "Male"}
    assert custom_questions(own, values) == []


def test_fields_without_an_answer_keep_their_place() -> None:
    own = form("text", "number", "code")

    assert custom_questions(own, {f"{GROUP}:number": 3}) == [
        {
            "id": GROUP,
            "fields": [
                {"id": "text", "value": None},
                {"id": "number", "value": 3},
                {"id": "code", "value": None},
            ],
        }
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=40, deadline=None)
@given(name=st.sampled_from(sorted(FIELDS)), answer=JSON)
def test_any_answer_fits_is_empty_or_is_refused(name: str, answer: object) -> None:
    try:
        found = read(name, answer)
    except ActionError:
        return
    for value in found.values.values():
        assert FITS.get(FIELDS[name]["type"], lambda _: True)(value)
    assert found.files == {}


FITS: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str) and bool(value.strip()),
    "textarea": lambda value: isinstance(value, str) and bool(value.strip()),
    "university": lambda value: isinstance(value, str) and bool(value.strip()),
    "dropdown": lambda value: value in ("Bachelor’s", "Master’s"),
    "multiple-choice": lambda value: value in ("On-site", "Remote"),
    "multiple-select": lambda value: set(value) <= {"English", "日本語"},
    "yes-no": lambda value: value in ("Yes", "No"),
    "date": lambda value: isinstance(value, int) and value % 86_400_000 == 0,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "currency": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "score": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}


@settings(max_examples=50, deadline=None)
@given(st.dates())
def test_every_day_survives(day: Any) -> None:
    assert value_of("date", day.isoformat()) == (day.toordinal() - 719_163) * 86_400_000


@settings(max_examples=50, deadline=None)
@given(st.sets(st.sampled_from(["text", "number", "code", "yes-no"])))
def test_every_answer_lands_on_its_field_in_the_order_of_the_form(names: set[str]) -> None:
    order = ("text", "number", "code", "yes-no")
    values: Any = {f"{GROUP}:{name}": name for name in names}
    filled: Any = custom_questions(form(*order), values)

    if not names:
        assert filled == []
        return
    assert [each["id"] for each in filled[0]["fields"]] == list(order)
    assert [each["value"] for each in filled[0]["fields"]] == [
        name if name in names else None for name in order
    ]

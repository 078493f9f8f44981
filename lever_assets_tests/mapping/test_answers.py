import pytest
from pydantic import JsonValue

from lever_assets.lever.records import PostingForm
from lever_assets.mapping.rules.questions import answers
from lever_assets.unified.models import JsonObject
from lever_assets.unified.parts import ScreeningAnswer
from lever_assets_tests.lever import builders as build


def answer_list(**changes: JsonValue) -> list[ScreeningAnswer]:
    form = PostingForm.parse(
        build.posting_form(customQuestions=[build.question_set(build.question(**changes))])
    )
    return answers(form.custom_questions)


def answered(kind: str, value: JsonValue, **changes: JsonValue) -> tuple[str, JsonObject]:
    [answer] = answer_list(type=kind, value=value, **changes)
    return answer["question"]["type"], answer["answer"]


def test_an_answer_names_its_question() -> None:
    [answer] = answer_list(value="Because")

    assert answer == {
        "question": {
            "remote_id": f"{build.uuid('question set')}:{build.uuid('question')}",
            "title": "Why us?",
            "type": "TEXT",
        },
        "answer": {"content": "Because"},
    }


@pytest.mark.parametrize("kind", ["text", "textarea", "university"])
def test_texts_are_text(kind: str) -> None:
    assert answered(kind, "Oxford") == ("TEXT", {"content": "Oxford"})
    assert answered(kind, 1843) == ("TEXT", {"content": "1843"})
    assert answered(kind, ["Oxford", "Bath"]) == ("TEXT", {"content": "Oxford, Bath"})
    assert answered(kind, {"id": 1, "text": "Oxford"}) == ("TEXT", {"content": "Oxford"})


@pytest.mark.parametrize("kind", ["dropdown", "multiple-choice"])
def test_a_choice_is_the_label(kind: str) -> None:
    options: JsonValue = [{"text": "Bachelor", "optionId": "b"}, {"text": "Master"}]

    assert answered(kind, "Master", options=options) == ("SINGLE_SELECT", {"choice": "Master"})
    assert answered(kind, ["Master"], options=options) == ("SINGLE_SELECT", {"choice": "Master"})
    assert answered(kind, "b", options=options) == ("SINGLE_SELECT", {"choice": "Bachelor"})
    assert answered(kind, "Not an option any more") == ("SINGLE_SELECT", {"choice": "Not an option any more"})


def test_several_choices_are_a_list() -> None:
    assert answered("multiple-select", ["A", "B"]) == ("MULTI_SELECT", {"choices": ["A", "B"]})
    assert answered("multiple-select", "A") == ("MULTI_SELECT", {"choices": ["A"]})
    assert answered("multiple-select", ["A", None]) == ("MULTI_SELECT", {"choices": ["A"]})


@pytest.mark.parametrize(
    ("value", "checked"),
    [("Yes", True), ("no", False), ("TRUE", True), (True, True), (False, False), (["Yes"], True)],
)
def test_yes_and_no_are_a_boolean(value: JsonValue, checked: bool) -> None:
    assert answered("yes-no", value) == ("BOOLEAN", {"checked": checked})


@pytest.mark.parametrize("kind", ["number", "currency", "score"])
@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        (4.5, 4.5),
        ("5", 5),
        (" 4.50 ", 4.5),
        ("-3", -3),
        (".5", 0.5),
        ("50,000", 50000),
        ("$50,000.25", 50000.25),
        ("50 000 EUR", 50000),
        ({"amount": 70000, "currency": "USD"}, 70000),
    ],
)
def test_a_number_may_be_written_as_text(kind: str, value: JsonValue, number: float) -> None:
    assert answered(kind, value) == ("NUMBER", {"number": number})


@pytest.mark.parametrize(
    ("value", "date"),
    [
        (build.CREATED_AT, "2026-01-01T00:00:00.000Z"),
        (str(build.CREATED_AT), "2026-01-01T00:00:00.000Z"),
        ("2026-01-01", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T10:00:00.5+02:00", "2026-01-01T08:00:00.500Z"),
        ("2026-01-01T08:00:00Z", "2026-01-01T08:00:00.000Z"),
    ],
)
def test_a_date_may_be_milliseconds_or_iso(value: JsonValue, date: str) -> None:
    assert answered("date", value) == ("DATE", {"date": date})


@pytest.mark.parametrize(
    ("kind", "unified", "shape"),
    [
        ("text", "TEXT", {"content": None}),
        ("dropdown", "SINGLE_SELECT", {"choice": None}),
        ("multiple-choice", "SINGLE_SELECT", {"choice": None}),
        ("multiple-select", "MULTI_SELECT", {"choices": []}),
        ("yes-no", "BOOLEAN", {"checked": None}),
        ("number", "NUMBER", {"number": None}),
        ("date", "DATE", {"date": None}),
        ("hologram", "UNKNOWN", {"raw": None}),
    ],
)
def test_a_question_without_answer_has_the_shape_with_null(
    kind: str, unified: str, shape: JsonObject
) -> None:
    assert answered(kind, None) == (unified, shape)


@pytest.mark.parametrize("value", ["", " ", [], [""], {}, {"text": ""}, [None, " "]])
@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("text", {"content": None}),
        ("textarea", {"content": None}),
        ("dropdown", {"choice": None}),
        ("multiple-select", {"choices": []}),
        ("yes-no", {"checked": None}),
        ("number", {"number": None}),
        ("date", {"date": None}),
        ("hologram", {"raw": None}),
    ],
)
def test_an_empty_answer_is_null(kind: str, value: JsonValue, shape: JsonObject) -> None:
    assert answered(kind, value)[1] == shape


@pytest.mark.parametrize("kind", ["file-upload", "instruction"])
def test_files_and_texts_between_questions_are_left_out(kind: str) -> None:
    assert answer_list(type=kind, value="x") == []


def test_an_answer_of_an_unknown_kind_is_handed_on_as_it_came() -> None:
    assert answered("hologram", {"x": [1]}) == ("UNKNOWN", {"raw": {"x": [1]}})


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "about 50"),
        ("number", "50-60k"),
        ("currency", "$80k"),
        ("currency", "1.2m"),
        ("currency", "50.000 €"),
        ("number", "< 5"),
        ("number", True),
        ("yes-no", "Perhaps"),
        ("date", "next spring"),
        ("date", 10**18),
        ("text", {"neither": "text"}),
    ],
)
def test_an_answer_that_does_not_fit_its_question_is_not_lost(kind: str, value: JsonValue) -> None:
    assert answered(kind, value) == ("UNKNOWN", {"raw": value})


def test_a_question_without_ids_and_text_is_still_answered() -> None:
    [answer] = answer_list(id=None, text=None, prompt=None, value="x")

    assert answer["question"] == {"remote_id": None, "title": "", "type": "TEXT"}

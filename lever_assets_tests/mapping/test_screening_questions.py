import pytest
from pydantic import JsonValue

from lever_assets.lever.records import PostingForm
from lever_assets.mapping import job_screening_questions, screening_questions
from lever_assets.mapping.context import Context
from lever_assets.unified.models import JsonObject, ScreeningQuestion
from lever_assets_tests.lever import builders as build

CTX = Context("lever")
SET = build.uuid("question set")


def form(*questions: JsonObject, **changes: JsonValue) -> PostingForm:
    return PostingForm.parse(build.posting_form(customQuestions=[build.question_set(*questions)], **changes))


def only(**changes: JsonValue) -> ScreeningQuestion:
    [row] = screening_questions.rows([form(build.question(id="q", **changes))], CTX)
    return row


def test_a_question_is_mapped() -> None:
    row = only(description="Be honest")

    assert row.id == CTX.id("screening_questions", f"{SET}:q")
    assert row.remote_id == f"{SET}:q"
    assert row.title == "Why us?"
    assert row.description == "Be honest"
    assert row.category is None


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("text", {"type": "TEXT", "display_type": "SINGLE_LINE", "max_length": None}),
        ("textarea", {"type": "TEXT", "display_type": "MULTI_LINE", "max_length": None}),
        ("university", {"type": "TEXT", "display_type": "SINGLE_LINE", "max_length": None}),
        ("yes-no", {"type": "BOOLEAN"}),
        ("date", {"type": "DATE"}),
        ("number", {"type": "NUMBER", "display_type": "FIELD", "min": None, "max": None}),
        ("currency", {"type": "NUMBER", "display_type": "FIELD", "min": None, "max": None}),
        ("score", {"type": "NUMBER", "display_type": "FIELD", "min": None, "max": None}),
        ("file-upload", {"type": "FILE", "accepted_mime_types": None, "max_file_size_bytes": None}),
        ("instruction", {"type": "INFORMATION"}),
    ],
)
def test_the_type_of_a_field_tells_the_format(kind: str, expected: JsonObject) -> None:
    assert only(type=kind).format == expected


@pytest.mark.parametrize(
    ("kind", "head"),
    [
        ("dropdown", {"type": "SINGLE_SELECT", "display_type": "DROPDOWN"}),
        ("multiple-choice", {"type": "SINGLE_SELECT", "display_type": "RADIO"}),
        ("multiple-select", {"type": "MULTI_SELECT"}),
    ],
)
def test_selects_have_their_options(kind: str, head: JsonObject) -> None:
    options: JsonValue = [{"text": "A", "optionId": "a"}, {"text": "B"}, {"text": "B"}, {"text": None}]
    by_id, by_text = (CTX.id("screening_question_options", f"{SET}:q", own) for own in ("a", "B"))

    assert only(type=kind, options=options).format == head | {
        "options": [
            {"id": by_id, "name": "A", "remote_id": "a"},
            {"id": by_text, "name": "B", "remote_id": None},
        ],
    }


def test_a_select_without_options_has_an_empty_list() -> None:
    found = only(type="dropdown", options=None).format

    assert found is not None
    assert found["options"] == []


def test_an_options_id_depends_on_question_and_option_not_on_its_place() -> None:
    def ids(*texts: str, question: str = "q") -> dict[str, str]:
        options: JsonValue = [{"text": text} for text in texts]
        raw = build.question(id=question, type="dropdown", options=options)
        [row] = screening_questions.rows([form(raw)], CTX)
        assert row.format is not None
        return {option["name"]: option["id"] for option in row.format["options"]}

    assert ids("A", "B") == ids("B", "A")
    assert ids("A") != ids("A", question="other")


def test_an_unknown_type_keeps_the_original_definition() -> None:
    raw = build.question(id="q", type="hologram", depth=3)

    assert only(type="hologram", depth=3).format == {"type": "UNKNOWN", "raw_question": raw}


def test_eeo_questions_are_questions_of_that_category() -> None:
    rows = list(screening_questions.rows([form(eeoQuestions={"gender": build.eeo_question()})], CTX))

    [row] = rows
    assert row.remote_id == "eeo:gender"
    assert row.title == "Gender"
    assert row.category == "EEO"
    assert row.format is not None
    assert [option["remote_id"] for option in row.format["options"]] == ["Female", "Male"]


def test_an_eeo_question_may_have_its_prompt_only() -> None:
    raw = build.eeo_question(text=None, prompt="Your gender")

    [row] = screening_questions.rows([form(eeoQuestions={"gender": raw})], CTX)
    assert row.title == "Your gender"


def test_a_form_without_eeo_questions_and_entries_that_are_none_are_no_error() -> None:
    assert list(screening_questions.rows([form(eeoQuestions=None)], CTX)) == []
    assert list(screening_questions.rows([form(eeoQuestions={"note": "text", "race": None})], CTX)) == []


def test_personal_information_and_urls_are_no_questions() -> None:
    assert list(screening_questions.rows([form()], CTX)) == []


def test_the_newest_postings_wording_wins() -> None:
    newest = form(build.question(id="q", text="New wording"), id="new")
    oldest = form(
        build.question(id="q", text="Old wording"), build.question(id="old", text="Old only"), id="old"
    )

    assert [row.title for row in screening_questions.rows([newest, oldest], CTX)] == [
        "New wording",
        "Old only",
    ]


def test_the_same_field_in_another_set_is_another_question() -> None:
    sets: JsonValue = [build.question_set(build.question(id="q"), id=name) for name in ("one", "two")]

    rows = list(screening_questions.rows([PostingForm.parse(build.posting_form(customQuestions=sets))], CTX))
    assert [row.remote_id for row in rows] == ["one:q", "two:q"]


def test_a_field_without_id_goes_by_its_text_and_one_without_both_is_left_out() -> None:
    rows = list(
        screening_questions.rows([form(build.question(id=None), build.question(id=None, text=None))], CTX)
    )

    assert [row.remote_id for row in rows] == [f"{SET}:Why us?"]


def test_a_jobs_questions_stand_in_the_forms_order_eeo_last() -> None:
    asked = form(
        build.question(id="a", required=True),
        build.question(id="b"),
        build.question(id="a"),
        eeoQuestions={"gender": build.eeo_question(), "race": build.eeo_question(required=True)},
    )

    rows = list(job_screening_questions.rows(asked, CTX))

    assert [(row.index, row.question_id, row.required) for row in rows] == [
        (0, CTX.id("screening_questions", f"{SET}:a"), True),
        (1, CTX.id("screening_questions", f"{SET}:b"), False),
        (2, CTX.id("screening_questions", "eeo:gender"), False),
        (3, CTX.id("screening_questions", "eeo:race"), True),
    ]
    assert {row.job_id for row in rows} == {CTX.id("jobs", build.uuid("posting"))}
    assert {(row.remote_id, row.precondition_question_id, row.precondition_options) for row in rows} == {
        (None, None, None)
    }
    assert len({row.id for row in rows}) == 4


def test_every_question_of_a_job_has_its_row() -> None:
    asked = form(build.question(id="a"), build.question(id=None), eeoQuestions={"x": build.eeo_question()})

    questions = {row.id for row in screening_questions.rows([asked], CTX)}
    assert {row.question_id for row in job_screening_questions.rows(asked, CTX)} == questions

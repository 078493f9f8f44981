"""Notes, scorecards and attachments, as Lever has them and as the unified API gives them."""

import pytest
from pydantic import JsonValue

from lever_assets.lever.records import Application, Feedback, File, JsonObject, Note, Opportunity, Resume
from lever_assets.mapping import attachments, notes, scorecards
from lever_assets.mapping.context import Context
from lever_assets.unified import models
from lever_assets.unified.enums import AttachmentType
from lever_assets_tests.lever import builders as build

OPPORTUNITY = build.uuid("opportunity")
APPLICATION = Application.parse(build.application())
ANOTHER = Application.parse(build.application(id=build.uuid("another application")))


def one_note(ctx: Context, *applications: Application, **changes: JsonValue) -> models.Note:
    [row] = notes.rows(Note.parse(build.note(**changes)), OPPORTUNITY, applications, ctx)
    return row


def test_a_note_is_of_its_candidate_and_its_author(ctx: Context) -> None:
    row = one_note(ctx, APPLICATION, secret=True)

    assert row.candidate_id == ctx.id("candidates", OPPORTUNITY)
    assert row.application_id == ctx.id("applications", APPLICATION.id)
    assert row.author_id == ctx.id("users", build.uuid("owner"))
    assert (row.title, row.content_html, row.is_private) == ("Note", "Great call", True)
    assert row.remote_created_at is not None
    assert row.remote_updated_at is not None
    assert row.remote_created_at < row.remote_updated_at


@pytest.mark.parametrize("applications", [(), (APPLICATION, ANOTHER)])
def test_a_note_is_of_no_application_unless_there_is_just_one(
    ctx: Context, applications: tuple[Application, ...]
) -> None:
    assert one_note(ctx, *applications).application_id is None


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ([{"value": "One"}, {"value": ""}, {"value": "<b>Two</b>"}], "One\n\n<b>Two</b>"),
        ([{"value": None}, {"value": 5}], None),
        ([], None),
        (None, None),
    ],
)
def test_a_note_is_what_was_written_as_it_was_written(
    ctx: Context, fields: JsonValue, text: str | None
) -> None:
    assert one_note(ctx, fields=fields).content_html == text


def test_what_lever_lists_as_deleted_has_no_row(ctx: Context) -> None:
    note = Note.parse(build.note(deletedAt=build.UPDATED_AT))
    form = Feedback.parse(build.feedback(deletedAt=build.UPDATED_AT))

    assert list(notes.rows(note, OPPORTUNITY, [], ctx)) == []
    assert list(scorecards.rows(form, OPPORTUNITY, [], ctx)) == []


def test_a_scorecard_is_of_its_interview_and_its_author(ctx: Context) -> None:
    form = Feedback.parse(build.feedback(interview={"id": build.uuid("interview")}))
    [row] = scorecards.rows(form, OPPORTUNITY, [APPLICATION], ctx)

    assert row.candidate_id == ctx.id("candidates", OPPORTUNITY)
    assert row.application_id == ctx.id("applications", APPLICATION.id)
    assert row.interview_id == ctx.id("interviews", build.uuid("interview"))
    assert row.author_id == ctx.id("users", build.uuid("interviewer"))


OPTIONS: JsonValue = [{"text": "A", "optionId": "a"}, "B"]
LISTED = [{"remote_id": "a", "label": "A"}, {"remote_id": None, "label": "B"}]


@pytest.mark.parametrize(
    ("kind", "value", "type", "answer"),
    [
        ("text", "Clear", "TEXT", "Clear"),
        ("textarea", " ", "TEXT", None),
        ("university", "ETH", "TEXT", "ETH"),
        ("code", "print()", "TEXT", "print()"),
        ("hologram", {"text": "seen"}, "TEXT", "seen"),
        ("yes-no", "Yes", "BOOLEAN", True),
        ("yes-no", "perhaps", "TEXT", "perhaps"),
        ("number", "5", "NUMBER", 5),
        ("number", "about 5", "TEXT", "about 5"),
        ("currency", {"amount": 5.5}, "NUMBER", 5.5),
        ("score", 3, "NUMBER", 3),
        ("date", build.CREATED_AT, "DATE", "2026-01-01T00:00:00.000Z"),
        ("date", None, "DATE", None),
        ("score-system", "A", "SINGLE_SELECT", LISTED[0]),
        ("score-system", None, "SINGLE_SELECT", None),
        ("dropdown", "a", "SINGLE_SELECT", LISTED[0]),
        ("multiple-choice", "C", "SINGLE_SELECT", {"remote_id": None, "label": "C"}),
        ("multiple-select", ["A", "B"], "MULTI_SELECT", LISTED),
        ("multiple-select", None, "MULTI_SELECT", None),
    ],
)
def test_a_field_is_a_response_of_its_kind(
    ctx: Context, kind: str, value: JsonValue, type: str, answer: JsonValue
) -> None:
    field = build.question(id="f", type=kind, text="Asked", required=True, options=OPTIONS, value=value)
    [row] = scorecards.rows(Feedback.parse(build.feedback(field)), OPPORTUNITY, [], ctx)

    selects = {"options": LISTED} if type.endswith("SELECT") else {}
    assert row.responses == [
        {
            "remote_id": "f",
            "label": "Asked",
            "description": None,
            "required": True,
            "type": type,
            "answer": answer,
            **selects,
        }
    ]


@pytest.mark.parametrize("kind", ["file-upload", "instruction"])
def test_files_and_instructions_are_no_responses(ctx: Context, kind: str) -> None:
    form = Feedback.parse(build.feedback(build.question(type=kind, value="x")))
    [row] = scorecards.rows(form, OPPORTUNITY, [], ctx)

    assert row.responses == []


def test_each_of_several_scores_is_a_number(ctx: Context) -> None:
    scores: JsonValue = [{"text": "Craft", "score": 4}, {"text": "", "score": None}]
    field: JsonObject = {**build.question(id="f", type="score", text="Skills"), "scores": scores}
    [row] = scorecards.rows(Feedback.parse(build.feedback(field)), OPPORTUNITY, [], ctx)

    assert [(each["remote_id"], each["label"], each["answer"]) for each in row.responses] == [
        ("f:0", "Craft", 4),
        ("f:1", "Skills", None),
    ]
    assert {each["type"] for each in row.responses} == {"NUMBER"}


def test_a_response_always_has_a_label(ctx: Context) -> None:
    field = build.question(text="", prompt=None, value="x")
    [row] = scorecards.rows(Feedback.parse(build.feedback(field)), OPPORTUNITY, [], ctx)

    assert [each["label"] for each in row.responses] == ["Untitled"]


def papers(ctx: Context, files: list[JsonObject], resumes: list[JsonObject]) -> list[models.Attachment]:
    opportunity = Opportunity.parse(build.opportunity(id=OPPORTUNITY))
    return list(
        attachments.rows(
            opportunity, [*map(File.parse, files)], [*map(Resume.parse, resumes)], [APPLICATION], ctx
        )
    )


def test_a_resume_is_a_cv_and_a_file_what_it_is_called(ctx: Context) -> None:
    found = papers(
        ctx,
        [build.file(), build.file(id="2", name="Zeugnis.pdf"), build.file(id="3", name=None)],
        [build.resume()],
    )

    assert [(row.type, row.file_name) for row in found] == [
        (AttachmentType.CV, "Ada Lovelace.pdf"),
        (AttachmentType.COVER_LETTER, "Cover letter.pdf"),
        (AttachmentType.OTHER, "Zeugnis.pdf"),
        (AttachmentType.OTHER, None),
    ]
    assert {row.candidate_id for row in found} == {ctx.id("candidates", OPPORTUNITY)}
    assert {row.application_id for row in found} == {ctx.id("applications", APPLICATION.id)}


def test_a_resume_without_its_file_has_the_instant_of_its_own(ctx: Context) -> None:
    [whole, bare] = papers(ctx, [], [build.resume(), build.resume(id="2", file=None)])

    assert (bare.type, bare.file_name) == (AttachmentType.CV, None)
    assert bare.remote_created_at is not None
    assert whole.remote_created_at is not None
    assert whole.remote_created_at < bare.remote_created_at  # when the file was uploaded


def test_a_file_and_a_resume_with_one_id_are_two_rows(ctx: Context) -> None:
    found = papers(ctx, [build.file(id="1"), build.file(id="1")], [build.resume(id="1")])

    assert [row.remote_id for row in found] == ["1", "1"]
    assert len({row.id for row in found}) == 2

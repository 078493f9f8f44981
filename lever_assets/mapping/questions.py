"""Screening questions: their ids and kinds, and the formats that the unified API gives them."""

from collections.abc import Iterator
from dataclasses import dataclass

from lever_assets.lever.records import PostingForm, Question
from lever_assets.mapping.context import Context
from lever_assets.mapping.texts import said
from lever_assets.unified.enums import QuestionType
from lever_assets.unified.parts import QuestionFormat, QuestionOption

# What each of Lever's field types becomes; selects get their options, unknown types UNKNOWN.
_FORMATS: dict[str, QuestionFormat] = {
    "text": {"type": "TEXT", "display_type": "SINGLE_LINE", "max_length": None},
    "textarea": {"type": "TEXT", "display_type": "MULTI_LINE", "max_length": None},
    "university": {"type": "TEXT", "display_type": "SINGLE_LINE", "max_length": None},
    "dropdown": {"type": "SINGLE_SELECT", "display_type": "DROPDOWN"},
    "multiple-choice": {"type": "SINGLE_SELECT", "display_type": "RADIO"},
    "multiple-select": {"type": "MULTI_SELECT"},
    "yes-no": {"type": "BOOLEAN"},
    "date": {"type": "DATE"},
    "number": {"type": "NUMBER", "display_type": "FIELD", "min": None, "max": None},
    "currency": {"type": "NUMBER", "display_type": "FIELD", "min": None, "max": None},
    "score": {"type": "NUMBER", "display_type": "FIELD", "min": None, "max": None},
    "file-upload": {"type": "FILE", "accepted_mime_types": None, "max_file_size_bytes": None},
    "instruction": {"type": "INFORMATION"},  # a text between questions; nobody answers it
}
_UNKNOWN: QuestionFormat = {"type": "UNKNOWN"}
_SELECTS = frozenset({QuestionType.SINGLE_SELECT, QuestionType.MULTI_SELECT})


@dataclass(frozen=True)
class AskedQuestion:
    """A question as it stands on a posting's form; `eeo` ones are asked because of equal-employment law."""

    remote_id: str
    question: Question
    eeo: bool = False


def asked(form: PostingForm) -> Iterator[AskedQuestion]:
    """Yield the questions of a form in its order, EEO last, each once.

    `personalInformation` and `urls` of the form are fields of the candidate, not questions.
    """
    found: dict[str, AskedQuestion] = {}
    for group in form.custom_questions:
        for question in group.fields:
            remote_id = question_id(group.id, question)
            if remote_id is not None:
                found.setdefault(remote_id, AskedQuestion(remote_id, question))
    for key in sorted(form.eeo_questions):  # a database may hand keys back in any order
        question = form.eeo_questions[key]
        found.setdefault(f"eeo:{key}", AskedQuestion(f"eeo:{key}", question, eeo=True))
    yield from found.values()


def question_id(set_id: str | None, question: Question) -> str | None:
    """Return `<question set id>:<field id>`; a field without id goes by its text, without both by nothing."""
    own = question.id or question.text
    return f"{set_id or ''}:{own}" if own else None


def title(question: Question) -> str | None:
    """Return the question itself; EEO questions may have it as the prompt only."""
    return said(question.text) or said(question.prompt)


def question_type(question: Question) -> QuestionType:
    """Return the kind of a question; UNKNOWN for the kinds that the unified API has no counterpart for."""
    return QuestionType(_FORMATS.get(question.type or "", _UNKNOWN)["type"])


def question_format(remote_id: str, question: Question, ctx: Context) -> QuestionFormat:
    """Return a question's kind, how it is shown, and its options."""
    kind = question_type(question)
    shape = _FORMATS.get(question.type or "", _UNKNOWN).copy()
    if kind in _SELECTS:
        shape["options"] = _options(remote_id, question, ctx)
    if kind is QuestionType.UNKNOWN:
        shape["raw_question"] = question.definition
    return shape


def option_id(question_remote_id: str, option: str, ctx: Context) -> str:
    """Return our id of an option, by Lever's option id or, where there is none, its text."""
    return ctx.id("screening_question_options", question_remote_id, option)


def _options(remote_id: str, question: Question, ctx: Context) -> list[QuestionOption]:
    options: dict[str, QuestionOption] = {}
    for option in question.options:
        own = said(option.option_id) or said(option.text)
        if own:
            key = option_id(remote_id, own, ctx)
            options.setdefault(
                key,
                {
                    "id": key,
                    "name": said(option.text) or own,
                    "remote_id": said(option.option_id),
                },
            )
    return list(options.values())

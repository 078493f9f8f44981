"""Screening questions: their ids and kinds, the formats that the unified API gives them, and the answers."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from lever_assets.lever.records import PostingForm, Question, QuestionSet, is_nothing, said
from lever_assets.mapping.context import Context
from lever_assets.mapping.rules.dates import as_instant, as_text
from lever_assets.unified.enums import QuestionType
from lever_assets.unified.models import JsonObject
from lever_assets.unified.parts import QuestionFormat, QuestionOption, ScreeningAnswer

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

FORM_KEYS = ("posting_forms.id", "posting_forms.customQuestions", "posting_forms.eeoQuestions")
QUESTION_KEYS = (*FORM_KEYS, "postings.createdAt")
"""Where forms differ about a question, the newest posting's counts."""


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


_YES = frozenset({"yes", "y", "true", "1"})
_NO = frozenset({"no", "n", "false", "0"})
# A number as people write it: commas or spaces between thousands, a currency before or after it.
_NUMBER = re.compile(r"([+-]?\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?|[+-]?\d*\.?\d+)")
_CURRENCY = re.compile(r"^\s*(?:[€$£¥₹]|[A-Z]{3}(?![A-Za-z]))\s*|\s*(?:[€$£¥₹]|(?<![A-Za-z])[A-Z]{3})\s*$")
# A dot before three digits stands between thousands in half of the world, and for decimals in the other.
_AMBIGUOUS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+")
_SAYING = ("text", "value", "name", "amount")
"""The keys of an object that hold the answer."""
_NO_ANSWERS = frozenset({QuestionType.FILE, QuestionType.INFORMATION})  # the API gives none of these out


def answers(groups: Sequence[QuestionSet]) -> list[ScreeningAnswer]:
    """Return the answers of an application, in the form's order; those that are files are left out."""
    return [answer for group in groups for question in group.fields for answer in _answer(group.id, question)]


def _answer(set_id: str | None, question: Question) -> Iterator[ScreeningAnswer]:
    kind = question_type(question)
    if kind in _NO_ANSWERS:
        return
    shape = shaped(kind, question)
    if shape is None:
        # What doesn't fit its question, such as "about 50" for a number, is handed on as it came.
        kind, shape = QuestionType.UNKNOWN, {"raw": question.value}
    yield {
        "question": {
            "remote_id": question_id(set_id, question),
            "title": title(question) or "",
            "type": kind.value,
        },
        "answer": shape,
    }


def shaped(kind: QuestionType, question: Question) -> JsonObject | None:
    """Return the answer in the shape of its question's kind, or None when the value doesn't fit that."""
    value = question.value
    if kind is QuestionType.MULTI_SELECT:
        choices = [_choice(each, question) for each in (value if isinstance(value, list) else [value])]
        return {"choices": [choice for choice in choices if choice is not None]}
    if kind is QuestionType.SINGLE_SELECT:
        return _fitting("choice", value, _choice(value, question))
    if kind is QuestionType.TEXT:
        return _fitting("content", value, text_of(value))
    if kind is QuestionType.UNKNOWN:
        return {"raw": None if _is_blank(value) else value}
    key, read = _READERS[kind]
    return _fitting(key, value, read(value))


def _fitting(key: str, given: JsonValue, read: JsonValue) -> JsonObject | None:
    return {key: read} if read is not None or _is_blank(given) else None


def _is_blank(value: JsonValue) -> bool:
    """Whether nothing was answered: an empty text, list or object says what null says."""
    if isinstance(value, list):
        return all(_is_blank(each) for each in value)
    if isinstance(value, dict):
        saying = [each for key, each in value.items() if key in _SAYING]
        return all(_is_blank(each) for each in saying or value.values())
    return is_nothing(value)


def _single(value: JsonValue) -> JsonValue:
    """Return the only element of a list, anything else as it is."""
    if isinstance(value, list):
        return None if not value else value[0] if len(value) == 1 else value
    return value


def text_of(value: JsonValue) -> str | None:
    """Return an answer as text; None when it has none."""
    if value is None or isinstance(value, str):
        return said(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(text for each in value if (text := text_of(each))) or None
    if isinstance(value, dict):
        named = next((value[key] for key in _SAYING if value.get(key) is not None), None)
        return text_of(named)
    return str(value)


def _choice(value: JsonValue, question: Question) -> str | None:
    """Return the label that was chosen; Lever gives the label, the option's id is understood as well."""
    text = text_of(value)
    by_id = {option.option_id: option.text for option in question.options if option.option_id}
    return (by_id.get(text) or text or None) if text is not None else None


def _checked(value: JsonValue) -> bool | None:
    single = _single(value)
    if isinstance(single, bool):
        return single
    text = (text_of(single) or "").strip().lower()
    return True if text in _YES else False if text in _NO else None


def number_of(value: JsonValue) -> int | float | None:
    """Return an answer as a number; None when it is none, or may be two."""
    single = _single(value)
    if isinstance(single, dict):  # currency questions
        single = next((single[key] for key in ("amount", "value") if key in single), None)
    if isinstance(single, bool):
        return None
    if isinstance(single, int | float):
        return single if math.isfinite(single) else None
    if not isinstance(single, str):
        return None
    bare = _CURRENCY.sub("", single.strip()).strip()
    match = None if _AMBIGUOUS.fullmatch(bare) else _NUMBER.fullmatch(bare)
    if match is None:
        return None
    number = float(re.sub(r"[, ]", "", match[1]))
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def _date(value: JsonValue) -> str | None:
    return as_text(as_instant(_single(value)))


_READERS: dict[QuestionType, tuple[str, Callable[[JsonValue], JsonValue]]] = {
    QuestionType.BOOLEAN: ("checked", _checked),
    QuestionType.NUMBER: ("number", number_of),
    QuestionType.DATE: ("date", _date),
}

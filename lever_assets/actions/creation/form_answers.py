"""From the answers of an input to the answer fields of a form, each held against its question; pure."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NoReturn

from pydantic import JsonValue, ValidationError

from lever_assets.actions.creation.creation_inputs import FileAnswer, QuestionAnswer, day_of
from lever_assets.actions.engine.errors import invalid
from lever_assets.actions.engine.unknown_fields import read
from lever_assets.lever import JsonObject
from lever_assets.lever.records import PostingForm, Question
from lever_assets.mapping.context import Context
from lever_assets.mapping.rules.questions import (
    AskedQuestion,
    asked,
    option_id,
    question_id,
    question_type,
    title,
)
from lever_assets.unified.enums import QuestionType
from lever_assets.unified.ids import REMOTE

_EEO = "eeo:"
_UNANSWERED: tuple[JsonValue, ...] = (None, "", [])


@dataclass
class Answered:
    """Answers that fit their questions, by the question's remote id.

    `values` are what Lever takes; those of `files` become known once the files are uploaded. `warnings` are
    sentences about answers that are not sent, or were understood in spite of their form. `named`: an answer
    was to a question of the form, though it may have been an empty one.
    """

    values: dict[str, JsonValue] = field(default_factory=dict)
    files: dict[str, FileAnswer] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    named: bool = False

    def __bool__(self) -> bool:
        return bool(self.values or self.files)


def read_answers(
    form: PostingForm, given: Sequence[QuestionAnswer], ctx: Context, *, ignore_unknown: bool = False
) -> Answered:
    """Return the answers to the questions of a form; raises ActionError that names the first that is wrong.

    A question that the form does not ask, or that nobody can answer, is a warning; with `ignore_unknown` so
    is a field of a file that files do not have.
    """
    questions = {each.remote_id: each for each in asked(form)}
    own = {ctx.id("screening_questions", remote_id): remote_id for remote_id in questions}
    answered = Answered()
    for each in given:
        remote_id = own.get(each.question_id, each.question_id.removeprefix(REMOTE))
        question = questions.get(remote_id)
        if question is None:
            answered.warnings.append(
                f"This job does not ask the question {each.question_id}: its answer was not sent."
            )
        elif remote_id in answered.values or remote_id in answered.files:
            _refuse(question, "is answered twice; answer it once")
        else:
            answered.named = True
            _Reading(question, ctx, answered, ignore_unknown).take(each.answer)
    return answered


def answerable(form: PostingForm, ctx: Context) -> list[str]:
    """Return the questions that somebody can answer, each by our id and its text."""
    return [
        f"{ctx.id('screening_questions', each.remote_id)} (“{name(each)}”)"
        for each in asked(form)
        if question_type(each.question) is not QuestionType.INFORMATION
    ]


def unanswered(form: PostingForm, answered: Answered) -> list[str]:
    """Return the questions that require an answer and have none."""
    return [
        name(each)
        for each in asked(form)
        if each.question.required
        and question_type(each.question) is not QuestionType.INFORMATION
        and each.remote_id not in answered.values
        and each.remote_id not in answered.files
    ]


def custom_questions(form: PostingForm, values: dict[str, JsonValue]) -> list[JsonValue]:
    """Return the question sets that have an answer, with all their fields in the form's order.

    Lever tells fields by their place, so those without an answer are there as well (docs/lever-api.md).
    """
    filled: list[JsonValue] = []
    for group in form.custom_questions:
        ids = [question_id(group.id, each) for each in group.fields]
        if not any(each in values for each in ids):
            continue
        fields: list[JsonValue] = []
        for question, remote_id in zip(group.fields, ids, strict=True):
            value = None if remote_id is None else values.get(remote_id)
            fields.append({"id": question.id, "value": value} if question.id else {"value": value})
        filled.append({"id": group.id, "fields": fields})
    return filled


def eeo_responses(values: dict[str, JsonValue]) -> JsonObject:
    """Return the answers to the questions of equal-employment law, by their key in Lever."""
    return {key.removeprefix(_EEO): value for key, value in values.items() if key.startswith(_EEO)}


def name(question: AskedQuestion) -> str:
    """Return what people know a question by."""
    return title(question.question) or question.remote_id


@dataclass
class _Reading:
    """The reading of one answer."""

    asked: AskedQuestion
    ctx: Context
    answered: Answered
    ignore_unknown: bool

    def take(self, answer: FileAnswer | JsonValue) -> None:
        """Keep what Lever takes of the answer; nothing when it is empty."""
        kind = question_type(self.asked.question)
        if answer in _UNANSWERED or (isinstance(answer, str) and not answer.strip()):
            return
        if kind is QuestionType.INFORMATION:
            self._warn("asks nothing: its answer was not sent")
        elif kind is QuestionType.FILE:
            self.answered.files[self.asked.remote_id] = self._file(answer)
        elif isinstance(answer, FileAnswer):
            _refuse(self.asked, f"takes {_TAKES[kind]}, not a file")
        else:
            self.answered.values[self.asked.remote_id] = _READERS[kind](self, answer)

    def text(self, answer: JsonValue) -> JsonValue:
        """A text as it is."""
        return answer if isinstance(answer, str) else self._mismatch(QuestionType.TEXT)

    def choice(self, answer: JsonValue) -> JsonValue:
        """The text of the option that our id, Lever's id or, with a warning, its text names."""
        if not isinstance(answer, str):
            self._mismatch(QuestionType.SINGLE_SELECT)
        options = list(_options(self.asked, self.ctx))
        if not options:
            return answer
        for ids, text in options:
            if answer in ids:
                return text
        alike = [text for _, text in options if text.strip().casefold() == answer.strip().casefold()]
        if alike:
            self._warn("was answered by the text of an option; give the option's id, which stays the same")
            return answer if answer in alike else alike[0]
        known = "; ".join(f"{ids[0]} ({text})" for ids, text in options)
        _refuse(self.asked, f"can't be answered so; it takes the id of one of its options: {known}")

    def choices(self, answer: JsonValue) -> JsonValue:
        """The texts of several options, each once."""
        if not isinstance(answer, list):
            self._mismatch(QuestionType.MULTI_SELECT)
        return list(dict.fromkeys(str(self.choice(each)) for each in answer))

    def yes_or_no(self, answer: JsonValue) -> JsonValue:
        """Yes or no, in the words of the form where it has them."""
        if not isinstance(answer, bool):
            self._mismatch(QuestionType.BOOLEAN)
        wanted = "Yes" if answer else "No"
        texts = [option.text for option in self.asked.question.options if option.text]
        return next((text for text in texts if text.strip().casefold() == wanted.casefold()), wanted)

    def number(self, answer: JsonValue) -> JsonValue:
        """A finite number."""
        if isinstance(answer, bool) or not isinstance(answer, int | float) or not math.isfinite(answer):
            self._mismatch(QuestionType.NUMBER)
        return answer

    def date(self, answer: JsonValue) -> JsonValue:
        """The day as Lever keeps it: epoch milliseconds of its midnight in UTC; a time of day is dropped."""
        if not isinstance(answer, str):
            self._mismatch(QuestionType.DATE)
        try:
            day = day_of(answer)
        except ValueError:
            self._mismatch(QuestionType.DATE)
        return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000

    def as_it_is(self, answer: JsonValue) -> JsonValue:
        """Of a kind that the unified models lack: an option where there are some, else what is given."""
        return self.choice(answer) if self.asked.question.options else answer

    def _file(self, answer: FileAnswer | JsonValue) -> FileAnswer:
        if isinstance(answer, FileAnswer):
            return answer
        if not isinstance(answer, dict):
            self._mismatch(QuestionType.FILE)
        try:
            file, ignored = read(FileAnswer, answer, ignore_unknown=self.ignore_unknown)
        except ValidationError as error:
            fault = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in fault["loc"])
            said = fault["msg"].removeprefix("Value error, ")
            _refuse(self.asked, f"takes {_TAKES[QuestionType.FILE]} ({where}: {said})".replace("(: ", "("))
        self.answered.warnings.extend(ignored)
        return file

    def _mismatch(self, kind: QuestionType) -> NoReturn:
        _refuse(self.asked, f"takes {_TAKES[kind]}")

    def _warn(self, what: str) -> None:
        self.answered.warnings.append(f"The question “{name(self.asked)}” {what}.")


_TAKES: dict[QuestionType, str] = {
    QuestionType.TEXT: "a text",
    QuestionType.SINGLE_SELECT: "the id of one of its options",
    QuestionType.MULTI_SELECT: "a list of ids of its options",
    QuestionType.BOOLEAN: "true or false",
    QuestionType.NUMBER: "a number",
    QuestionType.DATE: "an ISO date such as 2026-12-31",
    QuestionType.FILE: "a file with a name, and data or data_url",
    QuestionType.UNKNOWN: "a value in Lever's own form",
}

_READERS: dict[QuestionType, Callable[[_Reading, JsonValue], JsonValue]] = {
    QuestionType.TEXT: _Reading.text,
    QuestionType.SINGLE_SELECT: _Reading.choice,
    QuestionType.MULTI_SELECT: _Reading.choices,
    QuestionType.BOOLEAN: _Reading.yes_or_no,
    QuestionType.NUMBER: _Reading.number,
    QuestionType.DATE: _Reading.date,
    QuestionType.UNKNOWN: _Reading.as_it_is,
}


def _options(each: AskedQuestion, ctx: Context) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the ids of each option, ours first, and its text."""
    question: Question = each.question
    for option in question.options:
        own = option.option_id or option.text
        if own:
            lever = (option.option_id, f"{REMOTE}{option.option_id}") if option.option_id else ()
            yield (option_id(each.remote_id, own, ctx), *lever), option.text or own


def _refuse(question: AskedQuestion, what: str) -> NoReturn:
    raise invalid("Invalid answer", f"screening_question_answers: the question “{name(question)}” {what}.")

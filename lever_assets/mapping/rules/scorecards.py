"""The fields of a feedback form as the unified API gives them: one kind of answer each."""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from lever_assets.lever.records import FeedbackField, said
from lever_assets.mapping.rules.questions import number_of, question_type, shaped, text_of, title
from lever_assets.unified.enums import QuestionType
from lever_assets.unified.parts import ScorecardOption, ScorecardResponse

_SCORE_SYSTEM = "score-system"
_ANSWERS = {
    QuestionType.TEXT: "content",
    QuestionType.SINGLE_SELECT: "choice",
    QuestionType.MULTI_SELECT: "choices",
    QuestionType.BOOLEAN: "checked",
    QuestionType.NUMBER: "number",
    QuestionType.DATE: "date",
}
"""The kinds that scorecards have, each with where the shape of a screening question's answer holds it."""
_NONE_HERE = frozenset({QuestionType.FILE, QuestionType.INFORMATION})
"""The unified API has no such responses."""
_NO_LABEL = "Untitled"
"""A label may not be null."""


def responses(fields: Sequence[FeedbackField]) -> list[ScorecardResponse]:
    """Return the fields of a form with their answers, in its order; files and instructions are left out."""
    return [response for field in fields for response in _responses(field)]


def _responses(field: FeedbackField) -> Iterator[ScorecardResponse]:
    if field.scores:
        yield from _scores(field)
        return
    kind = QuestionType.SINGLE_SELECT if field.type == _SCORE_SYSTEM else question_type(field)
    if kind in _NONE_HERE:
        return
    shape = shaped(kind, field) if kind in _ANSWERS else None
    if shape is None:
        # A kind that is not known, or an answer that doesn't fit its kind, such as "about 50" for a number.
        kind, shape = QuestionType.TEXT, {"content": text_of(field.value)}
    response: ScorecardResponse = {
        "remote_id": said(field.id),
        "label": title(field) or _NO_LABEL,
        "description": said(field.description),
        "required": field.required,
        "type": kind.value,  # type: ignore[typeddict-item]  # one of _ANSWERS
        "answer": shape[_ANSWERS[kind]],
    }
    if kind in {QuestionType.SINGLE_SELECT, QuestionType.MULTI_SELECT}:
        options = _options(field)
        response["options"] = options
        response["answer"] = _chosen(response["answer"], options)
    yield response


def _options(field: FeedbackField) -> list[ScorecardOption]:
    options: dict[str, ScorecardOption] = {}
    for each in field.options:
        label = said(each.text) or said(each.option_id)
        if label:
            options.setdefault(label, {"remote_id": said(each.option_id), "label": label})
    return list(options.values())


def _chosen(answer: JsonValue, options: Sequence[ScorecardOption]) -> JsonValue:
    """Return labels with the ids of their options: one for one label, a list for a list; null for nothing."""
    ids = {each["label"]: each["remote_id"] for each in options}
    if isinstance(answer, list):
        found = [str(each) for each in answer]
        return [{"remote_id": ids.get(each), "label": each} for each in found] or None
    return None if answer is None else {"remote_id": ids.get(str(answer)), "label": str(answer)}


def _scores(field: FeedbackField) -> Iterator[ScorecardResponse]:
    """Yield each of several scores that one field asks for."""
    for index, each in enumerate(field.scores):
        yield {
            "remote_id": f"{field.id}:{index}" if said(field.id) else None,
            "label": said(each.text) or title(field) or _NO_LABEL,
            "description": said(each.description),
            "required": field.required,
            "type": "NUMBER",
            "answer": number_of(each.score),
        }

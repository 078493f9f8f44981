"""screening_questions <- the forms of postings, one row per distinct question."""

from collections.abc import Iterable, Iterator

from lever_assets.lever.records import PostingForm
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import AsWhole
from lever_assets.mapping.rules.questions import (
    FORM_KEYS,
    QUESTION_KEYS,
    AskedQuestion,
    asked,
    question_format,
    title,
)
from lever_assets.unified.enums import QuestionCategory
from lever_assets.unified.models import ScreeningQuestion

SOURCES: Sources = {
    "remote_id": FORM_KEYS,
    "title": QUESTION_KEYS,
    "description": QUESTION_KEYS,
    "format": QUESTION_KEYS,
    "category": FORM_KEYS,
}


def rows(forms: Iterable[PostingForm], ctx: Context) -> Iterator[ScreeningQuestion]:
    """Yield the questions of all forms; `forms` newest posting first, so that its wording wins."""
    seen: set[str] = set()
    for form in forms:
        for each in asked(form):
            if each.remote_id not in seen:
                seen.add(each.remote_id)
                yield _row(each, ctx)


def _row(asked_question: AskedQuestion, ctx: Context) -> ScreeningQuestion:
    remote_id, question = asked_question.remote_id, asked_question.question
    return ScreeningQuestion(
        id=ctx.id("screening_questions", remote_id),
        connection=ctx.connection,
        remote_id=remote_id,
        title=title(question),
        description=question.description,
        format=question_format(remote_id, question, ctx),
        category=QuestionCategory.EEO if asked_question.eeo else None,
    )


DERIVATION = AsWhole(
    "screening_questions",
    "posting_forms",
    lambda floor: rows(floor.forms_newest_first(), floor.ctx),
    besides=("postings",),
)

"""job_screening_questions <- the form of a posting."""

from collections.abc import Iterator

from lever_assets.lever.records import PostingForm
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.rules.questions import FORM_KEYS, asked
from lever_assets.unified.models import JobScreeningQuestion

SOURCES: Sources = {
    "remote_id": (),
    "index": FORM_KEYS,
    "required": FORM_KEYS,
    "precondition_question_id": (),  # Lever has no conditional questions
    "precondition_options": (),
    "job_id": ("posting_forms.id",),
    "question_id": FORM_KEYS,
}


def rows(form: PostingForm, ctx: Context) -> Iterator[JobScreeningQuestion]:
    """Yield the questions on a job's form, in its order, EEO last."""
    for index, each in enumerate(asked(form)):
        yield JobScreeningQuestion(
            id=ctx.id("job_screening_questions", form.id, each.remote_id),
            connection=ctx.connection,
            remote_id=None,
            index=index,
            required=each.question.required,
            precondition_question_id=None,  # Lever has no questions that depend on others
            precondition_options=None,
            job_id=ctx.id("jobs", form.id),  # the form's id is the posting's
            question_id=ctx.id("screening_questions", each.remote_id),
        )


DERIVATION = ByRecord(
    "job_screening_questions", "posting_forms", PostingForm, lambda form, around: rows(form, around.ctx)
)

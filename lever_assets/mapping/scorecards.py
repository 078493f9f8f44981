"""scorecards <- the feedback forms of opportunities."""

from collections.abc import Iterator, Sequence

from lever_assets.lever.records import Application, Feedback
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.rules.linked import ONLY_APPLICATION_KEYS, only_application
from lever_assets.mapping.rules.scorecards import responses
from lever_assets.unified.models import Scorecard

SOURCES: Sources = {
    "remote_id": ("feedback.id", "feedback.deletedAt"),
    "candidate_id": ("opportunities.id",),
    "application_id": ONLY_APPLICATION_KEYS,
    "interview_id": ("feedback.interview",),
    "author_id": ("feedback.user",),
    "responses": ("feedback.fields",),
    "remote_created_at": ("feedback.createdAt",),
    "remote_updated_at": ("feedback.completedAt",),
}


def rows(
    form: Feedback, opportunity: str | None, applications: Sequence[Application], ctx: Context
) -> Iterator[Scorecard]:
    """Yield the row of a feedback form, none for one that Lever lists as deleted.

    `opportunity` is Lever's id of the one that it is on, `applications` are those of that.
    """
    if form.deleted_at is not None:
        return
    yield Scorecard(
        id=ctx.id("scorecards", form.id),
        connection=ctx.connection,
        remote_id=form.id,
        candidate_id=ctx.reference("candidates", opportunity),
        application_id=ctx.reference("applications", only_application(applications)),
        interview_id=ctx.reference("interviews", form.interview),
        author_id=ctx.reference("users", form.user),
        responses=responses(form.fields),
        remote_created_at=form.created_at,
        remote_updated_at=form.completed_at,
    )


DERIVATION = ByRecord(
    "scorecards",
    "feedback",
    Feedback,
    lambda form, around: rows(form, around.parent, around.applications, around.ctx),
    siblings="applications",
)

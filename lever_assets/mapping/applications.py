"""applications <- the applications of opportunities."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from lever_assets.lever.records import Application as LeverApplication
from lever_assets.lever.records import ArchiveReason, Opportunity
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.rejection_reasons import REASON_KEYS
from lever_assets.mapping.rules.archiving import said
from lever_assets.mapping.rules.questions import answers
from lever_assets.unified.enums import ApplicationOutcome
from lever_assets.unified.models import Application

_ARCHIVED_KEYS = ("applications.archived", "opportunities.archived", *REASON_KEYS)
SOURCES: Sources = {
    "remote_id": ("applications.id", "opportunities.applications"),
    "outcome": _ARCHIVED_KEYS,
    "rejection_reason_name": _ARCHIVED_KEYS,
    "rejected_at": _ARCHIVED_KEYS,
    "current_stage_id": ("opportunities.stage",),
    "job_id": ("applications.posting",),
    "candidate_id": ("opportunities.id",),
    "screening_question_answers": ("applications.customQuestions",),
    "remote_url": ("opportunities.urls",),
    "remote_created_at": ("applications.createdAt",),
    "remote_updated_at": ("opportunities.updatedAt",),
    "remote_data": ("applications.*",),
    "hired_at": _ARCHIVED_KEYS,
}


def rows(
    opportunity: Opportunity,
    applications: Sequence[LeverApplication],
    reasons: Mapping[str, ArchiveReason],
    ctx: Context,
) -> Iterator[Application]:
    """Yield the applications of an opportunity, none for a lead; `reasons` are the archive reasons by id."""
    for application in {each.id: each for each in applications}.values():
        end = _ending(opportunity, application, reasons)
        yield Application(
            id=ctx.id("applications", application.id),
            connection=ctx.connection,
            remote_id=application.id,
            outcome=end.outcome,
            rejection_reason_name=end.rejection_reason_name,
            rejected_at=end.rejected_at,
            current_stage_id=ctx.reference("application_stages", opportunity.stage),
            job_id=ctx.reference("jobs", application.posting),
            candidate_id=ctx.id("candidates", opportunity.id),
            screening_question_answers=answers(application.custom_questions),
            remote_url=opportunity.show_url or None,
            remote_created_at=application.created_at,
            remote_updated_at=opportunity.updated_at,
            remote_data=ctx.remote("/applications", application),
            hired_at=end.hired_at,
        )


DERIVATION = ByRecord(
    "applications",
    "opportunities",
    Opportunity,
    lambda opportunity, around: rows(opportunity, around.applications, around.floor.reasons, around.ctx),
    below=("applications",),
    besides=("archive_reasons",),
)


class _Ending(NamedTuple):
    """How an application ended: its outcome, with reason and time when it was declined, or when hired."""

    outcome: ApplicationOutcome
    rejection_reason_name: str | None = None
    rejected_at: datetime | None = None
    hired_at: datetime | None = None


def _ending(
    opportunity: Opportunity, application: LeverApplication, reasons: Mapping[str, ArchiveReason]
) -> _Ending:
    """Return how an application stands, told by its archiving or its opportunity's.

    A reason that is null or unknown means that it was declined.
    """
    archived = said(application.archived) or said(opportunity.archived)
    if archived is None:
        return _Ending(ApplicationOutcome.PENDING)
    reason = reasons.get(archived.reason) if archived.reason else None
    if reason is not None and reason.is_hired:
        return _Ending(ApplicationOutcome.HIRED, hired_at=archived.archived_at)
    return _Ending(ApplicationOutcome.DECLINED, reason.text if reason else None, archived.archived_at)

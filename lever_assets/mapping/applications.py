"""applications <- the applications of opportunities."""

from collections.abc import Iterator, Mapping, Sequence

from lever_assets.lever.records import Application as LeverApplication
from lever_assets.lever.records import ArchiveReason, Opportunity
from lever_assets.mapping.answers import answers
from lever_assets.mapping.archiving import ending
from lever_assets.mapping.context import Context
from lever_assets.unified.models import Application


def rows(
    opportunity: Opportunity,
    applications: Sequence[LeverApplication],
    reasons: Mapping[str, ArchiveReason],
    ctx: Context,
) -> Iterator[Application]:
    """Yield the applications of an opportunity, none for a lead; `reasons` are the archive reasons by id."""
    for application in {each.id: each for each in applications}.values():
        end = ending(opportunity, application, reasons)
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
        )

"""application_origins <- the applications of opportunities, and where those come from."""

from collections.abc import Iterator, Sequence

from lever_assets.lever.records import Application as LeverApplication
from lever_assets.lever.records import Opportunity
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.unified.insights import ApplicationOrigin

_BY_SOMEBODY = frozenset({"referral", "user"})
"""Types of applications that name a user: who referred the person, or who added them."""
SOURCES: Sources = {
    "remote_id": ("applications.id", "opportunities.applications"),
    "application_id": ("applications.id",),
    "candidate_id": ("opportunities.id",),
    "job_id": ("applications.posting",),
    "type": ("applications.type",),
    "origin": ("opportunities.origin",),
    "sources": ("opportunities.sources",),
    "sourced_by_id": ("opportunities.sourcedBy",),
    "referrer_id": ("applications.user", "applications.type"),
}


def rows(
    opportunity: Opportunity, applications: Sequence[LeverApplication], ctx: Context
) -> Iterator[ApplicationOrigin]:
    """Yield where the applications of an opportunity come from, one row for each."""
    for application in {each.id: each for each in applications}.values():
        yield ApplicationOrigin(
            id=ctx.id("application_origins", application.id),
            connection=ctx.connection,
            remote_id=application.id,
            application_id=ctx.id("applications", application.id),
            candidate_id=ctx.id("candidates", opportunity.id),
            job_id=ctx.reference("jobs", application.posting),
            type=application.type,
            origin=opportunity.origin,
            sources=list(dict.fromkeys(opportunity.sources)),
            sourced_by_id=ctx.reference("users", opportunity.sourced_by),
            referrer_id=ctx.reference("users", _referrer(application)),
        )


def _referrer(application: LeverApplication) -> str | None:
    return application.user if application.type in _BY_SOMEBODY else None


DERIVATION = ByRecord(
    "application_origins",
    "opportunities",
    Opportunity,
    lambda opportunity, around: rows(opportunity, around.applications, around.ctx),
    below=("applications",),
)

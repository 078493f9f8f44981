"""How an application stands in Lever at this moment; our tables may be minutes old."""

from dataclasses import dataclass

from lever_assets.actions.errors import invalid
from lever_assets.actions.resolving import Known
from lever_assets.lever import LeverClient, NotFoundError
from lever_assets.lever.paths import path_to
from lever_assets.lever.records import Application, Archived, Opportunity


@dataclass(frozen=True)
class Standing:
    """Whether an application is archived, and for which reason (Lever's id)."""

    archived: bool
    reason: str | None


async def standing(lever: LeverClient, application: Known) -> Standing:
    """Ask Lever; raises ActionError when it has the opportunity no more."""
    try:
        found = await lever.get(path_to("opportunities", application.opportunity), {"expand": "applications"})
    except NotFoundError:
        raise invalid(
            "Unknown application",
            f"The candidate of the application {application.id} is gone in Lever; sync and take another.",
        ) from None
    opportunity = Opportunity.parse(found if isinstance(found, dict) else {})
    own = [Application.parse(each) for each in opportunity.expanded_applications]
    ends = [opportunity.archived, *(each.archived for each in own if each.id == application.remote_id)]
    for end in ends:
        if end is not None and _says_so(end):
            return Standing(archived=True, reason=end.reason)
    return Standing(archived=False, reason=None)


def _says_so(archived: Archived) -> bool:
    return archived.reason is not None or archived.archived_at is not None

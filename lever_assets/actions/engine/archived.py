"""Whether an application is archived in Lever at this moment; our tables may be minutes old."""

from lever_assets.actions.engine.errors import invalid
from lever_assets.actions.engine.resolving import Resolved
from lever_assets.lever import JsonObject, LeverClient, NotFoundError
from lever_assets.lever.records import Application, Archived, Opportunity
from lever_assets.lever.resources import APPLICATIONS, OPPORTUNITIES
from lever_assets.sync.fetch.singles import ask_inside, ask_single


async def archived_in_lever(lever: LeverClient, application: Resolved) -> Archived | None:
    """Return that an application is archived and why, None when it is not; Lever is asked.

    Raises ActionError when Lever has the application no more, LeverError when it can't tell.
    """
    try:
        found = await ask_single(lever, OPPORTUNITIES, application.opportunity, {"expand": APPLICATIONS.name})
        own = await _own(lever, found, application.remote_id)
    except NotFoundError:
        own = None
    if own is None:
        raise invalid(
            "Unknown application",
            f"The application {application.id} is gone in Lever; sync and take another.",
        )
    ends = (Opportunity.parse(found).archived, Application.parse(own).archived)
    return next((each for each in ends if each is not None and _says_so(each)), None)


async def _own(lever: LeverClient, opportunity: JsonObject, application: str) -> JsonObject | None:
    """Return the application of that id; what did not come along with the opportunity is asked for."""
    along = Opportunity.parse(opportunity).expanded_applications
    found = [each for each in along if each.get("id") == application]
    if not found:
        listed = await ask_inside(lever, APPLICATIONS, opportunity)
        found = [each for each in listed if each.get("id") == application]
    return found[0] if found else None


def _says_so(archived: Archived) -> bool:
    return archived.reason is not None or archived.archived_at is not None

"""Links to results. Lever has no field for their label and details, so a note carries them."""

from lever_assets.actions.engine.effects import Has
from lever_assets.actions.engine.work import Work, its_id
from lever_assets.actions.inputs import ApplicationResultLink, CandidateResultLink
from lever_assets.actions.notes import ADD_NOTE, note
from lever_assets.lever import JsonObject, Outgoing
from lever_assets.lever.paths import path_to


async def add_application_result_link(work: Work, asked: ApplicationResultLink) -> JsonObject:
    """Link an application to a result; Lever keeps links on the candidate."""
    opportunity = work.resolve.application(asked.application_id).opportunity
    return await _add(work, opportunity, asked.url, asked.note)


async def add_candidate_result_link(work: Work, asked: CandidateResultLink) -> JsonObject:
    """Link a candidate to a result."""
    opportunity = (await work.resolve.candidate(asked.candidate_id)).opportunity
    return await _add(work, opportunity, asked.url, asked.note)


async def _add(work: Work, opportunity: str, url: str, text: str) -> JsonObject:
    request = Outgoing(
        "POST", path_to("opportunities", opportunity, "addLinks"), work.params, json={"links": [url]}
    )
    await work.write("add_link", request, Has(opportunity, "links", url))
    await work.follow_up(
        ADD_NOTE,
        *note(work, opportunity, text),
        keep=its_id,
        what="The link was added, but its label and details were not",
    )
    await work.refresh([opportunity])
    return {}

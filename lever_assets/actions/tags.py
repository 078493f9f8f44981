"""Tags: put on a candidate, and taken off."""

from lever_assets.actions.effects import Has, Lacks
from lever_assets.actions.inputs import CandidateTag
from lever_assets.actions.work import Work
from lever_assets.lever import JsonObject, Outgoing
from lever_assets.lever.paths import path_to


async def add_candidate_tag(work: Work, asked: CandidateTag) -> JsonObject:
    """Put a tag on a candidate; Lever makes one that is new."""
    opportunity = (await work.resolve.candidate(asked.candidate_id)).opportunity
    await work.write(
        "add_tag", _request(work, opportunity, "addTags", asked), Has(opportunity, "tags", asked.tag.name)
    )
    await work.refresh([opportunity])
    return {}


async def remove_candidate_tag(work: Work, asked: CandidateTag) -> JsonObject:
    """Take a tag off a candidate; one that is not there is no error."""
    opportunity = (await work.resolve.candidate(asked.candidate_id)).opportunity
    await work.write(
        "remove_tag",
        _request(work, opportunity, "removeTags", asked),
        Lacks(opportunity, "tags", asked.tag.name),
    )
    await work.refresh([opportunity])
    return {}


def _request(work: Work, opportunity: str, verb: str, asked: CandidateTag) -> Outgoing:
    return Outgoing(
        "POST", path_to("opportunities", opportunity, verb), work.params, json={"tags": [asked.tag.name]}
    )

"""Tags: put on a candidate, and taken off."""

from collections.abc import Sequence

from lever_assets.actions.engine.effects import Has, Lacks, as_compared
from lever_assets.actions.engine.work import Work
from lever_assets.actions.inputs import AddedTag, RemovedTag
from lever_assets.lever import JsonObject, Outgoing
from lever_assets.lever.paths import path_to
from lever_assets.lever.resources import OPPORTUNITIES
from lever_assets.sync.fetch.singles import ask_single

_REMOVE = "remove_tag"


async def add_candidate_tag(work: Work, asked: AddedTag) -> JsonObject:
    """Put a tag on a candidate; Lever makes one that is new."""
    opportunity = (await work.resolve.candidate(asked.candidate_id)).opportunity
    name = asked.tag.name
    await work.write(
        "add_tag", _request(work, opportunity, "addTags", [name]), Has(opportunity, "tags", name)
    )
    await work.refresh([opportunity])
    return {}


async def remove_candidate_tag(work: Work, asked: RemovedTag) -> JsonObject:
    """Take a tag off a candidate, however it is spelt there; one that is not there is no error."""
    opportunity = (await work.resolve.candidate(asked.candidate_id)).opportunity
    name = asked.tag.name
    spelt = await _spellings(work, opportunity, name)
    if spelt or _REMOVE in work.steps:
        gone = Lacks(opportunity, "tags", name)
        await work.write(_REMOVE, _request(work, opportunity, "removeTags", spelt or [name]), gone)
        await work.confirm(_REMOVE, gone)
    await work.refresh([opportunity])
    return {}


async def _spellings(work: Work, opportunity: str, name: str) -> list[str]:
    """Return how the candidate's own tag is spelt: Lever may take off only what is written just so."""
    record = await ask_single(work.lever, OPPORTUNITIES, opportunity)
    listed = record.get("tags")
    if not isinstance(listed, list):
        return [] if listed is None else [name]
    texts = (each for each in listed if isinstance(each, str))
    return list(dict.fromkeys(each for each in texts if as_compared(each) == as_compared(name)))


def _request(work: Work, opportunity: str, verb: str, names: Sequence[str]) -> Outgoing:
    return Outgoing("POST", path_to("opportunities", opportunity, verb), work.params, json={"tags": [*names]})

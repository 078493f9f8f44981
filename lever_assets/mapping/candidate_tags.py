"""candidate_tags <- the tags of opportunities."""

from collections.abc import Iterator

from lever_assets.lever.records import Opportunity
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.unified.models import CandidateTag

SOURCES: Sources = {
    "remote_id": (),
    "candidate_id": ("opportunities.id",),
    "tag_id": ("opportunities.tags",),
}


def rows(opportunity: Opportunity, ctx: Context) -> Iterator[CandidateTag]:
    """Yield a candidate's tags, each once."""
    for text in dict.fromkeys(opportunity.tags):
        yield CandidateTag(
            id=ctx.id("candidate_tags", opportunity.id, text),
            connection=ctx.connection,
            remote_id=None,
            candidate_id=ctx.id("candidates", opportunity.id),
            tag_id=ctx.id("tags", text),
        )


DERIVATION = ByRecord(
    "candidate_tags", "opportunities", Opportunity, lambda opportunity, around: rows(opportunity, around.ctx)
)

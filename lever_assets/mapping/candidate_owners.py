"""candidate_owners <- owner, followers and sourcer of opportunities."""

from collections.abc import Iterator

from lever_assets.lever.records import Opportunity
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.unified.enums import CandidateOwnerRole
from lever_assets.unified.insights import CandidateOwner

_KEYS = ("opportunities.owner", "opportunities.followers", "opportunities.sourcedBy")
SOURCES: Sources = {
    "remote_id": (),
    "role": _KEYS,
    "candidate_id": ("opportunities.id",),
    "user_id": _KEYS,
}


def rows(opportunity: Opportunity, ctx: Context) -> Iterator[CandidateOwner]:
    """Yield who has to do with a candidate: a user and a role each once."""
    for user, role in dict.fromkeys(_held(opportunity)):
        yield CandidateOwner(
            id=ctx.id("candidate_owners", opportunity.id, user, role),
            connection=ctx.connection,
            remote_id=None,
            role=role,
            candidate_id=ctx.id("candidates", opportunity.id),
            user_id=ctx.id("users", user),
        )


def _held(opportunity: Opportunity) -> Iterator[tuple[str, CandidateOwnerRole]]:
    if opportunity.owner:
        yield opportunity.owner, CandidateOwnerRole.OWNER
    for user in opportunity.followers:
        yield user, CandidateOwnerRole.FOLLOWER
    if opportunity.sourced_by:
        yield opportunity.sourced_by, CandidateOwnerRole.SOURCER


DERIVATION = ByRecord(
    "candidate_owners",
    "opportunities",
    Opportunity,
    lambda opportunity, around: rows(opportunity, around.ctx),
)

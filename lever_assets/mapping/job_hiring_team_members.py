"""job_hiring_team_members: one row per job and user among hiring managers, owner and followers."""

from collections.abc import Iterator, Sequence

from lever_assets.lever.records import Posting, Requisition
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.rules.job_roles import TEAM_KEYS, hiring_team
from lever_assets.unified.models import JobHiringTeamMember

SOURCES: Sources = {
    "remote_id": (),
    "roles": TEAM_KEYS,
    "job_id": ("postings.id",),
    "user_id": TEAM_KEYS,
}


def rows(
    posting: Posting, requisitions: Sequence[Requisition], ctx: Context
) -> Iterator[JobHiringTeamMember]:
    """Yield the team of a posting's job; `requisitions` as for the job."""
    for user, roles in hiring_team(posting, requisitions).items():
        yield JobHiringTeamMember(
            id=ctx.id("job_hiring_team_members", posting.id, user),
            connection=ctx.connection,
            remote_id=None,
            roles=list(dict.fromkeys(role.unified_type for role in roles if role.unified_type)),
            job_id=ctx.id("jobs", posting.id),
            user_id=ctx.id("users", user),
        )


DERIVATION = ByRecord(
    "job_hiring_team_members",
    "postings",
    Posting,
    lambda posting, around: rows(
        posting, around.floor.requisitions_of(posting.id, posting.requisition_codes), around.ctx
    ),
    besides=("requisitions",),
)

"""job_user_role_assignments: each role that a member of a job's hiring team holds."""

from collections.abc import Iterator, Sequence

from lever_assets.lever.records import Posting, Requisition
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.rules.job_roles import TEAM_KEYS, hiring_team
from lever_assets.unified.models import JobUserRoleAssignment

SOURCES: Sources = {
    "remote_id": (),
    "job_user_id": ("postings.id", *TEAM_KEYS),
    "role_id": TEAM_KEYS,
}


def rows(
    posting: Posting, requisitions: Sequence[Requisition], ctx: Context
) -> Iterator[JobUserRoleAssignment]:
    """Yield the roles on a posting's job; `requisitions` as for the job."""
    for user, roles in hiring_team(posting, requisitions).items():
        for role in roles:
            yield JobUserRoleAssignment(
                id=ctx.id("job_user_role_assignments", posting.id, user, role.remote_id),
                connection=ctx.connection,
                remote_id=None,
                job_user_id=ctx.id("job_hiring_team_members", posting.id, user),
                role_id=ctx.id("roles", role.remote_id),
            )


DERIVATION = ByRecord(
    "job_user_role_assignments",
    "postings",
    Posting,
    lambda posting, around: rows(
        posting, around.floor.requisitions_of(posting.id, posting.requisition_codes), around.ctx
    ),
    besides=("requisitions",),
)

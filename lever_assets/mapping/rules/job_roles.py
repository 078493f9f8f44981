"""The three roles that a user can hold on a job in Lever, and who holds them."""

from collections.abc import Sequence
from dataclasses import dataclass

from lever_assets.lever.records import Posting, Requisition
from lever_assets.mapping.rules.linked import REQUISITION_KEYS, requisition_for
from lever_assets.unified.enums import RoleType

TEAM_KEYS = (
    "postings.hiringManager",
    "postings.owner",
    "postings.followers",
    "requisitions.hiringManager",
    *REQUISITION_KEYS,
)


@dataclass(frozen=True)
class JobRole:
    """A role on a job: Lever's own word for it, the key of who holds it; its label; what it means."""

    remote_id: str
    label: str
    unified_type: RoleType | None


HIRING_MANAGER = JobRole("hiringManager", "Hiring Manager", RoleType.HIRING_MANAGER)
POSTING_OWNER = JobRole("owner", "Posting Owner", RoleType.HIRING_MANAGER)
FOLLOWERS = JobRole("followers", "Followers", None)
JOB_ROLES = (HIRING_MANAGER, POSTING_OWNER, FOLLOWERS)


def hiring_team(posting: Posting, requisitions: Sequence[Requisition]) -> dict[str, list[JobRole]]:
    """Return the ids of the users on a job's team with the roles that each holds, each role once."""
    requisition = requisition_for(requisitions)
    held = [
        (posting.hiring_manager, HIRING_MANAGER),
        (requisition.hiring_manager if requisition else None, HIRING_MANAGER),
        (posting.owner, POSTING_OWNER),
        *((follower, FOLLOWERS) for follower in posting.followers),
    ]
    team: dict[str, list[JobRole]] = {}
    for user, role in held:
        if user:
            roles = team.setdefault(user, [])
            if role not in roles:
                roles.append(role)
    return team

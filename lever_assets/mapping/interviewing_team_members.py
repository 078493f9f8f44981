"""interviewing_team_members <- the interviewers of interviews."""

from collections.abc import Iterator

from lever_assets.lever.records import Interview
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.unified.models import InterviewingTeamMember

SOURCES: Sources = {
    "remote_id": (),
    "interview_id": ("interviews.id",),
    "user_id": ("interviews.interviewers.id",),
}
COPIES: Sources = {
    "user_id": ("interviews.interviewers",),
}


def rows(interview: Interview, ctx: Context) -> Iterator[InterviewingTeamMember]:
    """Yield who interviews, each user once; an interviewer without an id isn't a user."""
    for user in dict.fromkeys(each.id for each in interview.interviewers if each.id):
        yield InterviewingTeamMember(
            id=ctx.id("interviewing_team_members", interview.id, user),
            connection=ctx.connection,
            remote_id=None,
            interview_id=ctx.id("interviews", interview.id),
            user_id=ctx.id("users", user),
        )


DERIVATION = ByRecord(
    "interviewing_team_members",
    "interviews",
    Interview,
    lambda interview, around: rows(interview, around.ctx),
)

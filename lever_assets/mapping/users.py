"""users <- GET /users, deactivated ones included."""

from collections.abc import Iterator

from lever_assets.lever.records import User as LeverUser
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.rules.names import split_name, valid_email
from lever_assets.unified.enums import UserStatus
from lever_assets.unified.models import User

_APPROVER = "requisitions.approval.steps.approvers.user"
SOURCES: Sources = {
    "remote_id": ("users.id",),
    "first_name": ("users.name",),
    "last_name": ("users.name",),
    "email": ("users.email",),
    "status": ("users.deactivatedAt",),
    "remote_data": ("users.*",),
}
COPIES: Sources = {
    "first_name": ("interviews.interviewers.name", f"{_APPROVER}.name"),
    "last_name": ("interviews.interviewers.name", f"{_APPROVER}.name"),
    "email": ("users.username", "interviews.interviewers.email", f"{_APPROVER}.email"),
}


def rows(user: LeverUser, ctx: Context) -> Iterator[User]:
    """Yield the row of a user."""
    first_name, last_name = split_name(user.name)
    yield User(
        id=ctx.id("users", user.id),
        connection=ctx.connection,
        remote_id=user.id,
        first_name=first_name,
        last_name=last_name,
        email=valid_email(user.email),
        status=UserStatus.INACTIVE if user.deactivated_at is not None else UserStatus.ACTIVE,
        remote_data=ctx.remote("/users", user),
    )


DERIVATION = ByRecord("users", "users", LeverUser, lambda user, around: rows(user, around.ctx))

"""user_roles: the access role of each user."""

from collections.abc import Iterator

from lever_assets.lever.records import User
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import ByRecord
from lever_assets.mapping.rules.access_roles import role_id, role_of
from lever_assets.unified.models import UserRole

SOURCES: Sources = {
    "remote_id": (),
    "user_id": ("users.id",),
    "role_id": ("users.accessRole",),
}


def rows(user: User, ctx: Context) -> Iterator[UserRole]:
    """Yield the user's role in the account; nothing when the user has none."""
    role = role_of(user.access_role)
    if role is not None:
        yield UserRole(
            id=ctx.id("user_roles", user.id, role),
            connection=ctx.connection,
            remote_id=None,
            user_id=ctx.id("users", user.id),
            role_id=role_id(role, ctx),
        )


DERIVATION = ByRecord("user_roles", "users", User, lambda user, around: rows(user, around.ctx))

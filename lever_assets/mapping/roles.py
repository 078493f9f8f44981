"""roles: the access roles of the account (SYSTEM) and the three roles on jobs (JOB)."""

from collections.abc import Iterable, Iterator

from lever_assets.lever.records import User
from lever_assets.mapping.access_roles import KNOWN, UNIFIED_TYPES, label, normalised
from lever_assets.mapping.context import Context
from lever_assets.mapping.job_roles import JOB_ROLES
from lever_assets.unified.enums import RoleScope, RoleType
from lever_assets.unified.models import Role


def rows(users: Iterable[User], ctx: Context) -> Iterator[Role]:
    """Yield the roles of an account: those that Lever knows and every one that a user has."""
    texts = {known: known for known in KNOWN}
    for text in sorted({user.access_role for user in users if user.access_role}):
        name = normalised(text)
        if name is not None:
            texts.setdefault(name, text)
    for name, text in texts.items():
        yield _role(name, label(text), RoleScope.SYSTEM, UNIFIED_TYPES.get(name), ctx)
    for role in JOB_ROLES:
        yield _role(role.remote_id, role.label, RoleScope.JOB, role.unified_type, ctx)


def _role(
    remote_id: str, remote_label: str, scope: RoleScope, unified_type: RoleType | None, ctx: Context
) -> Role:
    return Role(
        id=ctx.id("roles", remote_id),
        connection=ctx.connection,
        remote_id=remote_id,
        remote_label=remote_label,
        scope=scope,
        unified_type=unified_type,
    )

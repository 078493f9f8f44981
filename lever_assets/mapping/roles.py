"""roles: the access roles of the account (SYSTEM) and the three roles on jobs (JOB)."""

from collections.abc import Iterable, Iterator

from lever_assets.lever.records import User
from lever_assets.mapping import Sources
from lever_assets.mapping.context import Context
from lever_assets.mapping.derivation import AsWhole
from lever_assets.mapping.rules.access_roles import KNOWN, UNIFIED_TYPES, label, normalised, role_id, role_of
from lever_assets.mapping.rules.job_roles import JOB_ROLES
from lever_assets.unified.enums import RoleScope
from lever_assets.unified.models import Role

SOURCES: Sources = {
    "remote_id": ("users.accessRole",),
    "remote_label": ("users.accessRole",),
    "scope": ("users.accessRole",),
    "unified_type": ("users.accessRole",),
}


def rows(users: Iterable[User], ctx: Context) -> Iterator[Role]:
    """Yield the roles of an account: those that Lever knows and every one that a user has."""
    words = sorted({word for user in users if (word := role_of(user.access_role))})
    had = {normalised(word) for word in words}
    for word in (*words, *(known for known in KNOWN if known not in had)):
        yield Role(
            id=role_id(word, ctx),
            connection=ctx.connection,
            remote_id=word,
            remote_label=label(word),
            scope=RoleScope.SYSTEM,
            unified_type=UNIFIED_TYPES.get(normalised(word) or ""),
        )
    for role in JOB_ROLES:
        yield Role(
            id=ctx.id("roles", role.remote_id),
            connection=ctx.connection,
            remote_id=role.remote_id,
            remote_label=role.label,
            scope=RoleScope.JOB,
            unified_type=role.unified_type,
        )


DERIVATION = AsWhole("roles", "users", lambda floor: rows(floor.users(), floor.ctx))

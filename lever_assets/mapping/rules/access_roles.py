"""A user's role in the account: Lever answers "super admin" where its documentation says super_admin.

A role goes by Lever's own word, as it came; normalised words are for telling what it means.
"""

import re

from lever_assets.mapping.context import Context
from lever_assets.mapping.rules.job_roles import JOB_ROLES
from lever_assets.unified.enums import RoleType

KNOWN = ("super_admin", "admin", "team_member", "limited_team_member", "interviewer")
UNIFIED_TYPES = {
    "super_admin": RoleType.ADMIN,
    "admin": RoleType.ADMIN,
    "interviewer": RoleType.INTERVIEWER,
}
_SEPARATORS = re.compile(r"[\s_-]+")
_UUID = re.compile(r"[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}", re.IGNORECASE)


def normalised(access_role: str | None) -> str | None:
    """Return the role as one lower-case word joined by underscores, or None when there is none."""
    return _SEPARATORS.sub("_", (access_role or "").strip()).strip("_").lower() or None


def role_of(access_role: str | None) -> str | None:
    """Return the word that a user's role goes by; None when the user has none."""
    return access_role if normalised(access_role) else None


def role_id(word: str, ctx: Context) -> str:
    """Return our id of a role in the account; one that is called like a role on jobs is another one."""
    beside = ("account",) if any(word == role.remote_id for role in JOB_ROLES) else ()
    return ctx.id("roles", word, *beside)


def label(access_role: str) -> str:
    """Return the role for people: "Super Admin". A custom role keeps its own capitals."""
    text = access_role.strip()
    if _UUID.fullmatch(text):
        return text
    return " ".join(word[:1].upper() + word[1:] for word in _SEPARATORS.split(text) if word)

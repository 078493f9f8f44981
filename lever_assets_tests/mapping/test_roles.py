import pytest

from lever_assets.lever.records import User
from lever_assets.mapping import roles, user_roles
from lever_assets.mapping.context import Context
from lever_assets.unified.enums import RoleScope, RoleType
from lever_assets.unified.models import Role
from lever_assets_tests.lever import builders as build


def roles_of(ctx: Context, *access_roles: str | None) -> dict[str | None, Role]:
    users = [User.parse(build.user(id=str(n), accessRole=role)) for n, role in enumerate(access_roles)]
    return {role.remote_id: role for role in roles.rows(users, ctx)}


def test_the_known_roles_are_there_without_any_user(ctx: Context) -> None:
    found = roles_of(ctx)

    assert {key: (role.remote_label, role.scope, role.unified_type) for key, role in found.items()} == {
        "super_admin": ("Super Admin", RoleScope.SYSTEM, RoleType.ADMIN),
        "admin": ("Admin", RoleScope.SYSTEM, RoleType.ADMIN),
        "team_member": ("Team Member", RoleScope.SYSTEM, None),
        "limited_team_member": ("Limited Team Member", RoleScope.SYSTEM, None),
        "interviewer": ("Interviewer", RoleScope.SYSTEM, RoleType.INTERVIEWER),
        "job:hiring_manager": ("Hiring Manager", RoleScope.JOB, RoleType.HIRING_MANAGER),
        "job:posting_owner": ("Posting Owner", RoleScope.JOB, RoleType.HIRING_MANAGER),
        "job:followers": ("Followers", RoleScope.JOB, None),
    }


@pytest.mark.parametrize(
    "spelling", ["super admin", "super_admin", "Super-Admin", "SUPER  ADMIN", " super admin "]
)
def test_spellings_of_a_role_are_one_role(ctx: Context, spelling: str) -> None:
    assert roles_of(ctx, spelling) == roles_of(ctx)

    [row] = user_roles.rows(User.parse(build.user(accessRole=spelling)), ctx)
    assert row.role_id == ctx.id("roles", "super_admin")


def test_a_custom_role_is_seen_and_keeps_its_capitals(ctx: Context) -> None:
    role = roles_of(ctx, "HR partner")["hr_partner"]

    assert (role.remote_label, role.scope, role.unified_type) == ("HR Partner", RoleScope.SYSTEM, None)


def test_a_custom_role_named_by_a_uuid_keeps_it_as_its_label(ctx: Context) -> None:
    name = build.uuid("custom role")

    assert name in {role.remote_label for role in roles_of(ctx, name).values()}


def test_the_order_of_the_users_does_not_matter(ctx: Context) -> None:
    assert roles_of(ctx, "HR partner", "hr_partner") == roles_of(ctx, "hr_partner", "HR partner")


def test_a_user_has_its_role(ctx: Context) -> None:
    [row] = user_roles.rows(User.parse(build.user(accessRole="interviewer")), ctx)

    assert row.remote_id is None
    assert row.user_id == ctx.id("users", build.uuid("owner"))
    assert row.role_id == ctx.id("roles", "interviewer")


@pytest.mark.parametrize("nothing", [None, "", " "])
def test_a_user_without_a_role_has_none(ctx: Context, nothing: str | None) -> None:
    assert list(user_roles.rows(User.parse(build.user(accessRole=nothing)), ctx)) == []
    assert roles_of(ctx, nothing) == roles_of(ctx)

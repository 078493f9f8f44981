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
        "hiringManager": ("Hiring Manager", RoleScope.JOB, RoleType.HIRING_MANAGER),
        "owner": ("Posting Owner", RoleScope.JOB, RoleType.HIRING_MANAGER),
        "followers": ("Followers", RoleScope.JOB, None),
    }


@pytest.mark.parametrize(
    "spelling", ["super admin", "super_admin", "Super-Admin", "SUPER  ADMIN", " super admin "]
)
def test_a_role_goes_by_lever_s_own_word_and_means_what_it_means_however_spelt(
    ctx: Context, spelling: str
) -> None:
    found = roles_of(ctx, spelling)

    assert len(found) == len(roles_of(ctx))
    assert "super_admin" not in set(found) - {spelling}
    assert (found[spelling].scope, found[spelling].unified_type) == (RoleScope.SYSTEM, RoleType.ADMIN)
    assert (found[spelling].remote_label or "").lower() == "super admin"
    [row] = user_roles.rows(User.parse(build.user(accessRole=spelling)), ctx)
    assert row.role_id == found[spelling].id == ctx.id("roles", spelling)


@pytest.mark.parametrize(
    ("word", "label"),
    [("HR partner", "HR Partner"), ("Hiring Coordinator (EMEA)", "Hiring Coordinator (EMEA)")],
)
def test_a_custom_role_is_seen_and_keeps_its_capitals(ctx: Context, word: str, label: str) -> None:
    role = roles_of(ctx, word)[word]

    assert (role.remote_label, role.scope, role.unified_type) == (label, RoleScope.SYSTEM, None)


@pytest.mark.parametrize("word", ["owner", "followers", "hiringManager"])
def test_a_custom_role_that_is_called_like_a_role_on_jobs_is_another_one(ctx: Context, word: str) -> None:
    user = User.parse(build.user(accessRole=word))
    of_account, on_jobs = (each for each in roles.rows([user], ctx) if each.remote_id == word)

    assert (of_account.scope, on_jobs.scope) == (RoleScope.SYSTEM, RoleScope.JOB)
    assert of_account.id != on_jobs.id == ctx.id("roles", word)
    [row] = user_roles.rows(user, ctx)
    assert row.role_id == of_account.id


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

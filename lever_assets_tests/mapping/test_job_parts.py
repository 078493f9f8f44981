import pytest
from pydantic import JsonValue

from lever_assets.lever.records import JsonObject, Posting, Requisition, Stage
from lever_assets.mapping import (
    job_application_stages,
    job_hiring_team_members,
    job_postings,
    job_user_role_assignments,
)
from lever_assets.mapping.context import Context
from lever_assets.unified.enums import RoleType
from lever_assets.unified.models import JobPosting
from lever_assets_tests.lever import builders as build


def job_posting(ctx: Context, **changes: JsonValue) -> JobPosting:
    [row] = job_postings.rows(Posting.parse(build.posting(**changes)), ctx)
    return row


def test_a_posting_is_a_job_posting_of_its_job(ctx: Context) -> None:
    row = job_posting(ctx)

    assert row.id == ctx.id("job_postings", build.uuid("posting"))
    assert row.job_id == ctx.id("jobs", build.uuid("posting"))
    assert row.remote_id == build.uuid("posting")
    assert row.title == "Engineer"
    assert row.description_html is not None
    assert row.description_html.startswith("<div>We build engines.</div>")
    assert row.url == f"https://jobs.lever.co/acme/{build.uuid('posting')}"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("published", "ACTIVE"),
        ("internal", "ACTIVE"),
        ("draft", "DRAFT"),
        ("pending", "DRAFT"),
        ("closed", "INACTIVE"),
        ("rejected", "INACTIVE"),
        ("paused", "INACTIVE"),
    ],
)
def test_the_state_tells_the_status_of_the_posting(ctx: Context, state: str, expected: str) -> None:
    assert job_posting(ctx, state=state).status == expected


@pytest.mark.parametrize(
    ("state", "channels", "expected"),
    [
        ("published", None, "PUBLIC"),
        ("published", ["internal"], "INTERNAL"),
        ("published", [], "UNLISTED"),
        ("internal", None, "UNLISTED"),
        ("closed", None, None),
    ],
)
def test_a_posting_is_as_visible_as_its_job(
    ctx: Context, state: str, channels: JsonValue, expected: str | None
) -> None:
    assert job_posting(ctx, state=state, distributionChannels=channels).visibility == expected


@pytest.mark.parametrize("state", ["published", "internal", "closed"])
def test_a_confidential_posting_has_no_visibility(ctx: Context, state: str) -> None:
    assert job_posting(ctx, state=state, confidentiality="confidential").visibility is None


def test_every_stage_is_a_stage_of_every_job_in_the_pipelines_order(ctx: Context) -> None:
    stages = [Stage.parse({"id": name}) for name in ("lead-new", "applicant-new", "offer", "lead-new")]

    rows = list(job_application_stages.rows(Posting.parse(build.posting()), stages, ctx))

    assert [(row.index, row.stage_id) for row in rows] == [
        (index, ctx.id("application_stages", name))
        for index, name in enumerate(("lead-new", "applicant-new", "offer"))
    ]
    assert {row.job_id for row in rows} == {ctx.id("jobs", build.uuid("posting"))}
    assert {row.remote_id for row in rows} == {None}
    assert len({row.id for row in rows}) == 3


def team(ctx: Context, posting: JsonObject, *requisitions: JsonObject) -> dict[str | None, list[RoleType]]:
    parsed = [Requisition.parse(raw) for raw in requisitions]
    rows = list(job_hiring_team_members.rows(Posting.parse(posting), parsed, ctx))
    assert len({row.id for row in rows}) == len(rows)
    assert {row.job_id for row in rows} <= {ctx.id("jobs", build.uuid("posting"))}
    return {row.user_id: row.roles for row in rows}


def test_managers_owner_and_followers_are_the_team_each_user_once(ctx: Context) -> None:
    posting = build.posting(hiringManager="m", owner="o", followers=["f", "f", "o"])

    assert team(ctx, posting, build.requisition(hiringManager="r")) == {
        ctx.id("users", "m"): [RoleType.HIRING_MANAGER],
        ctx.id("users", "r"): [RoleType.HIRING_MANAGER],
        ctx.id("users", "o"): [RoleType.HIRING_MANAGER],
        ctx.id("users", "f"): [],
    }


def test_a_user_with_several_roles_has_each_unified_type_once(ctx: Context) -> None:
    posting = build.posting(hiringManager="u", owner="u", followers=["u"])

    assert team(ctx, posting, build.requisition(hiringManager="u")) == {
        ctx.id("users", "u"): [RoleType.HIRING_MANAGER]
    }


def test_a_job_of_nobody_has_no_team(ctx: Context) -> None:
    assert team(ctx, build.posting(hiringManager=None, owner=None)) == {}


def test_the_creator_of_a_posting_is_not_on_the_team_for_that(ctx: Context) -> None:
    assert ctx.id("users", build.uuid("creator")) not in team(ctx, build.posting())


def test_each_role_that_a_member_holds_is_assigned(ctx: Context) -> None:
    posting = Posting.parse(build.posting(hiringManager="u", owner="u", followers=["u", "f", "f"]))
    requisition = Requisition.parse(build.requisition(hiringManager="u"))

    rows = list(job_user_role_assignments.rows(posting, [requisition], ctx))
    members = {row.user_id: row.id for row in job_hiring_team_members.rows(posting, [requisition], ctx)}

    assert [(row.job_user_id, row.role_id) for row in rows] == [
        (members[ctx.id("users", "u")], ctx.id("roles", "hiringManager")),
        (members[ctx.id("users", "u")], ctx.id("roles", "owner")),
        (members[ctx.id("users", "u")], ctx.id("roles", "followers")),
        (members[ctx.id("users", "f")], ctx.id("roles", "followers")),
    ]
    assert len({row.id for row in rows}) == 4

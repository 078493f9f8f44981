import pytest

from lever_assets.lever.records import ArchiveReason, Opportunity, Stage, Tag
from lever_assets.mapping import application_stages, candidate_tags, rejection_reasons, tags
from lever_assets.mapping.context import Context
from lever_assets_tests.lever import builders as build


def test_a_stage_is_mapped_with_its_place_in_the_pipeline(ctx: Context) -> None:
    [row] = application_stages.rows(Stage.parse(build.stage()), 3, ctx)

    assert row.id == ctx.id("application_stages", "applicant-new")
    assert (row.remote_id, row.name, row.global_index) == ("applicant-new", "New applicant", 3)
    assert row.remote_data == {"/stages": build.stage()}


@pytest.mark.parametrize("status", ["active", "inactive"])
def test_a_rejection_reason_is_mapped_inactive_or_not(ctx: Context, status: str) -> None:
    raw = build.archive_reason(status=status)

    [row] = rejection_reasons.rows(ArchiveReason.parse(raw), ctx)

    assert row.id == ctx.id("rejection_reasons", build.uuid("reason"))
    assert (row.remote_id, row.name) == (build.uuid("reason"), "Underqualified")
    assert row.remote_data == {"/archive_reasons": raw}


def test_a_reason_of_type_hired_is_no_rejection_reason(ctx: Context) -> None:
    assert list(rejection_reasons.rows(ArchiveReason.parse(build.archive_reason(type="hired")), ctx)) == []


@pytest.mark.parametrize("kind", ["non-hired", "other", None])
def test_a_reason_of_any_other_type_is_one(ctx: Context, kind: str | None) -> None:
    assert len(list(rejection_reasons.rows(ArchiveReason.parse(build.archive_reason(type=kind)), ctx))) == 1


@pytest.mark.parametrize("text", ["Hired", "hired!", "Candidate hired", "Hired (intern)", "HIRED - external"])
@pytest.mark.parametrize("kind", [None, "", " "])
def test_a_reason_without_a_type_whose_name_says_hired_is_none(
    ctx: Context, text: str, kind: str | None
) -> None:
    reason = ArchiveReason.parse(build.archive_reason(text=text, type=kind))

    assert reason.is_hired
    assert list(rejection_reasons.rows(reason, ctx)) == []


@pytest.mark.parametrize(
    "text", ["Not hired", "Non-hired", "Hired elsewhere", "Hired someone else", "Future hire", "", None]
)
def test_a_reason_without_a_type_whose_name_says_otherwise_is_one(ctx: Context, text: str | None) -> None:
    reason = ArchiveReason.parse(build.archive_reason(text=text, type=None))

    assert len(list(rejection_reasons.rows(reason, ctx))) == 1


def test_the_type_of_a_reason_counts_before_its_name() -> None:
    assert not ArchiveReason.parse(build.archive_reason(text="Hired", type="non-hired")).is_hired


def test_the_text_of_a_tag_is_its_id(ctx: Context) -> None:
    [row] = tags.rows("Engineering", Tag.parse(build.tag()), ctx)

    assert row.id == ctx.id("tags", "Engineering")
    assert (row.remote_id, row.name) == ("Engineering", "Engineering")
    assert row.remote_data == {"/tags": build.tag()}


def test_a_tag_seen_only_on_an_opportunity_has_a_row_without_raw_object(ctx: Context) -> None:
    [listed] = tags.rows("Engineering", Tag.parse(build.tag()), ctx)
    [seen] = tags.rows("Engineering", None, ctx)

    assert seen == listed.model_copy(update={"remote_data": None})


def test_an_opportunitys_tags_are_given_each_once(ctx: Context) -> None:
    opportunity = Opportunity.parse(build.opportunity(tags=["A", "B", "A", "", None]))

    rows = list(candidate_tags.rows(opportunity, ctx))

    assert [row.tag_id for row in rows] == [ctx.id("tags", "A"), ctx.id("tags", "B")]
    assert {row.candidate_id for row in rows} == {ctx.id("candidates", build.uuid("opportunity"))}
    assert {row.remote_id for row in rows} == {None}
    assert len({row.id for row in rows}) == 2

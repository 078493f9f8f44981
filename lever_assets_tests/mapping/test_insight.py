"""The insight models: visits to stages in any order that Lever may give, and who has to do with whom."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from lever_assets.lever.instants import from_epoch_ms
from lever_assets.lever.records import Application, ArchiveReason, Opportunity, Posting
from lever_assets.lever.records import Requisition as LeverRequisition
from lever_assets.mapping import (
    application_origins,
    application_stage_changes,
    applications,
    candidate_owners,
    job_requisitions,
    people,
    requisitions,
)
from lever_assets.mapping.context import Context
from lever_assets.unified.enums import ApplicationOutcome
from lever_assets.unified.insights import ApplicationStageChange, Person, Requisition
from lever_assets_tests.lever import builders as build

CTX = Context("lever")
HIRED, DECLINED = build.uuid("hired"), build.uuid("declined")
changes = st.lists(
    st.fixed_dictionaries(
        {
            "toStageId": st.sampled_from(["lead-new", "applicant-new", "a stage that is gone"]),
            "toStageIndex": st.integers(0, 5),
            "updatedAt": st.integers(build.CREATED_AT, build.CREATED_AT + 5),
        },
        optional={"userId": st.sampled_from([build.uuid("one"), build.uuid("two"), None])},
    ),
    max_size=8,
)


def visits(listed: Any, *, of: Sequence[Application] = (), **more: JsonValue) -> list[ApplicationStageChange]:
    opportunity = Opportunity.parse(build.opportunity(stageChanges=listed, **more))
    return list(application_stage_changes.rows(opportunity, of, CTX))


def stage(name: str | None) -> str | None:
    return CTX.reference("application_stages", name)


def at(milliseconds: int) -> datetime:
    return from_epoch_ms(milliseconds)


def test_visits_within_one_millisecond_are_told_apart() -> None:
    parts = (0.1, 0.2, 0.4, 0.4, 0.6)
    rows = visits([{"toStageId": "lead-new", "updatedAt": build.CREATED_AT + part} for part in parts])
    assert len({row.id for row in rows}) == len(rows) == len(parts)


@given(listed=changes)
def test_visits_follow_one_another_without_a_gap(listed: list[JsonValue]) -> None:
    rows = visits(listed)
    assert len({row.id for row in rows}) == len(rows) == len(listed)
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    assert all(row.from_stage_id is None for row in rows[:1])
    for before, after in pairwise(rows):
        assert before.left_at == after.entered_at
        assert after.from_stage_id == before.to_stage_id
        assert before.entered_at is not None
        assert after.entered_at is not None
        assert before.entered_at <= after.entered_at
    assert all(row.left_at is None for row in rows[-1:])


@given(listed=changes, later=changes)
def test_a_visit_keeps_its_id_whatever_is_entered_later(listed: list[Any], later: list[Any]) -> None:
    after = max((each["updatedAt"] for each in listed), default=build.CREATED_AT)
    more = [{**each, "updatedAt": each["updatedAt"] + after} for each in later]
    assert [row.id for row in visits([*listed, *more])][: len(listed)] == [row.id for row in visits(listed)]


@given(listed=changes, data=st.data())
def test_in_whichever_order_lever_lists_them_the_visits_are_the_same(
    listed: list[Any], data: st.DataObject
) -> None:
    apart = [{**each, "updatedAt": build.CREATED_AT + index} for index, each in enumerate(listed)]
    assert visits(data.draw(st.permutations(apart))) == visits(apart)


def test_a_stage_that_is_entered_again_is_another_visit() -> None:
    rows = visits(build.stage_changes("lead-new", "applicant-new", "lead-new"))
    assert [row.to_stage_id for row in rows] == [stage("lead-new"), stage("applicant-new"), stage("lead-new")]
    assert [row.from_stage_id for row in rows] == [None, stage("lead-new"), stage("applicant-new")]
    first, _, again = rows
    assert (first.entered_at, first.left_at) == (at(build.CREATED_AT), at(build.CREATED_AT + build.DAY))
    assert (again.entered_at, again.left_at) == (at(build.CREATED_AT + 2 * build.DAY), None)
    assert {row.user_id for row in rows} == {CTX.id("users", build.uuid("owner"))}


def test_the_last_visit_ends_when_they_are_archived_but_not_before_it_began() -> None:
    listed = build.stage_changes("lead-new", "applicant-new")
    later = build.CREATED_AT + 3 * build.DAY
    assert visits(listed, archived={"reason": None, "archivedAt": later})[-1].left_at == at(later)
    early = visits(listed, archived={"reason": None, "archivedAt": build.CREATED_AT})[-1]
    assert early.left_at == early.entered_at
    own = Application.parse(build.application(archived={"reason": HIRED, "archivedAt": later}))
    assert visits(listed, of=[own])[-1].left_at == at(later)


def test_what_lacks_a_stage_or_an_instant_is_left_out_and_told() -> None:
    fine = build.stage_changes("lead-new")
    assert isinstance(fine, list)
    odd: list[JsonValue] = [{"toStageId": "lead-new"}, {"updatedAt": build.CREATED_AT}, {}, None]
    assert visits([*odd, *fine]) == visits(fine)
    assert visits(None) == []
    [told] = Opportunity.parse(build.opportunity(stageChanges=[*odd, *fine])).lost
    assert str(told) == "stageChanges: 3 of 4 have no stage or no instant, and are left out"
    assert Opportunity.parse(build.opportunity(stageChanges=fine)).lost == ()


def test_a_lead_has_visits_without_an_application() -> None:
    listed = build.stage_changes("lead-new")
    assert visits(listed)[0].application_id is None
    own = Application.parse(build.application())
    assert visits(listed, of=[own])[0].application_id == CTX.id("applications", own.id)


def test_an_application_is_hired_when_it_was_archived_so() -> None:
    def row(reason: str) -> Any:
        archived: JsonValue = {"reason": reason, "archivedAt": build.UPDATED_AT}
        reasons = {
            HIRED: ArchiveReason.parse(build.archive_reason(id=HIRED, text="Hired", type="hired")),
            DECLINED: ArchiveReason.parse(build.archive_reason(id=DECLINED, type="non-hired")),
        }
        own = [Application.parse(build.application())]
        [found] = applications.rows(
            Opportunity.parse(build.opportunity(archived=archived)), own, reasons, CTX
        )
        return found

    hired, declined = row(HIRED), row(DECLINED)
    assert (hired.outcome, hired.hired_at, hired.rejected_at) == (
        ApplicationOutcome.HIRED,
        at(build.UPDATED_AT),
        None,
    )
    assert (declined.hired_at, declined.rejected_at) == (None, at(build.UPDATED_AT))


def test_an_origin_names_sources_and_who_sourced_or_referred() -> None:
    opportunity = Opportunity.parse(
        build.opportunity(sources=["LinkedIn", "Fair", "LinkedIn"], sourcedBy=build.uuid("sourcer"))
    )
    own = [
        Application.parse(build.application(id=kind, type=kind, user=build.uuid("user")))
        for kind in ("posting", "referral", "user")
    ]
    rows = list(application_origins.rows(opportunity, own, CTX))
    user = CTX.id("users", build.uuid("user"))
    assert [(row.type, row.referrer_id) for row in rows] == [
        ("posting", None),
        ("referral", user),
        ("user", user),
    ]
    assert {row.sourced_by_id for row in rows} == {CTX.id("users", build.uuid("sourcer"))}
    assert all((row.origin, row.sources) == ("applied", ["LinkedIn", "Fair"]) for row in rows)
    assert {row.job_id for row in rows} == {CTX.id("jobs", build.uuid("posting"))}


def test_owner_followers_and_sourcer_are_told_apart_each_once() -> None:
    opportunity = Opportunity.parse(build.opportunity(owner="a", followers=["b", "b", "a"], sourcedBy="a"))
    rows = list(candidate_owners.rows(opportunity, CTX))
    users = {CTX.id("users", each): each for each in "ab"}
    assert [(users[row.user_id or ""], row.role) for row in rows] == [
        ("a", "OWNER"),
        ("b", "FOLLOWER"),
        ("a", "FOLLOWER"),
        ("a", "SOURCER"),
    ]
    assert len({row.id for row in rows}) == 4


def requisition(**keys: JsonValue) -> Requisition:
    [row] = requisitions.rows(LeverRequisition.parse(build.requisition(**keys)), CTX)
    return row


def test_a_headcount_may_be_unlimited() -> None:
    unlimited = requisition(headcountTotal="unlimited", headcountInfinite=True, headcountHired=3)
    assert (unlimited.headcount_total, unlimited.headcount_infinite, unlimited.headcount_hired) == (
        None,
        True,
        3,
    )
    assert requisition(headcountTotal="Unlimited", headcountInfinite=None).headcount_infinite is True
    limited = requisition(headcountTotal="4", headcountInfinite=False)
    assert (limited.headcount_total, limited.headcount_infinite) == (4, False)
    odd = [requisition(headcountTotal=each).headcount_total for each in (2.5, "many", 1e300, "1e400", "nan")]
    assert odd == [None] * 5


def test_a_requisition_has_its_band_and_its_own_fields() -> None:
    band: JsonValue = {"min": 3, "max": "4.5", "currency": "USD", "interval": "per-year-salary"}
    row = requisition(
        compensationBand=band, customFields={"budget": "B1", "none": None}, timeToFillStartAt=build.UPDATED_AT
    )
    told = (row.compensation_amount_from, row.compensation_amount_to)
    assert [str(each) for each in told] == ["3", "4.5"]
    assert (row.compensation_currency, row.compensation_period) == ("USD", "YEAR")
    assert row.custom_fields == {"budget": "B1"}
    assert row.opened_at == row.time_to_fill_start_at == at(build.UPDATED_AT)
    assert requisition().opened_at == at(build.CREATED_AT)


def test_a_requisition_tells_of_its_approval_and_its_offers() -> None:
    approval: JsonValue = {"status": "approved", "approvedAt": build.UPDATED_AT, "steps": []}
    row = requisition(approval=approval, offerIds=["one", "two", "one"])
    assert (row.approval_status, row.approved_at) == ("approved", at(build.UPDATED_AT))
    assert row.offer_ids == [CTX.id("offers", each) for each in ("one", "two")]
    nothings: tuple[JsonValue, ...] = (None, {}, {"steps": []})
    for nothing in nothings:
        bare = requisition(approval=nothing, offerIds=None)
        assert (bare.approval_status, bare.approved_at, bare.offer_ids) == (None, None, [])


def test_a_job_has_each_of_its_requisitions_once() -> None:
    posting = Posting.parse(build.posting())
    linked = [LeverRequisition.parse(build.requisition(id=each)) for each in ("a", "b", "a")]
    rows = list(job_requisitions.rows(posting, linked, CTX))
    assert [row.requisition_id for row in rows] == [CTX.id("requisitions", each) for each in "ab"]
    assert {row.job_id for row in rows} == {CTX.id("jobs", posting.id)}


def person(**keys: JsonValue) -> list[Person]:
    return list(people.rows(Opportunity.parse(build.opportunity(**keys)), CTX))


def test_a_person_is_a_contact() -> None:
    [row] = person()
    assert (row.remote_id, row.first_name, row.last_name) == (build.uuid("contact"), "Ada", "Lovelace")
    assert row.email_addresses == [{"email_address": "ada@example.com", "type": None}]
    assert person(contact=None) == []


def test_of_several_opportunities_the_newest_tells_and_an_anonymised_one_last() -> None:
    def named(name: str, **keys: JsonValue) -> Opportunity:
        return Opportunity.parse(build.opportunity(id=name, **keys))

    old, new = named("old", updatedAt=build.CREATED_AT), named("new", updatedAt=build.UPDATED_AT)
    unknown = named("never changed", updatedAt=None, createdAt=None)
    anonymous = named("anonymised", updatedAt=build.UPDATED_AT + 1, isAnonymized=True)
    by_age = sorted([new, unknown, anonymous, old], key=people.DERIVATION.age)
    assert [each.id for each in by_age] == ["anonymised", "never changed", "old", "new"]

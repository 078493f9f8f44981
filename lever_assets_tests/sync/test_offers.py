"""Whom the sync asks for offers, and what becomes of offers without an application."""

from typing import Any

import pytest

from lever_assets.lever import JsonObject
from lever_assets.settings import OffersOf
from lever_assets.sync.fetch.offering import can_have_offers, offer_stages
from lever_assets.sync.polling import poll
from lever_assets_tests.lever.builders import offer, opportunity
from lever_assets_tests.sync.tables import DELTA, Account, live, raw_ids

STAGES = offer_stages([{"id": "s1", "text": "Phone screen"}, {"id": "s2", "text": "Verbal OFFER"}])


@pytest.mark.parametrize(
    ("changes", "can"),
    [
        ({"applications": []}, False),
        ({"applications": ["a1"]}, True),
        ({"applications": None, "stage": "offer"}, True),
        ({"applications": [], "stage": "s1"}, False),
        ({"applications": [], "stage": "s2"}, True),
        ({"applications": [], "stage": {"id": "s2", "text": "Verbal OFFER"}}, True),
        ({"applications": [], "stageChanges": [{"toStageId": "s1"}, {"toStageId": "s2"}]}, True),
        ({"applications": [], "stageChanges": [{"toStageId": "offer"}]}, True),
        ({"applications": [], "stageChanges": [{"toStageId": "s1"}]}, False),
        ({"applications": [], "stageChanges": "odd", "stage": ["odd"]}, False),
        ({"applications": [], "stageChanges": [7, None, {}], "stage": None}, False),
    ],
)
def test_who_can_have_offers(changes: JsonObject, can: bool) -> None:
    assert can_have_offers(opportunity(**changes), STAGES) is can


def test_who_once_had_an_application_can_have_offers() -> None:
    assert can_have_offers(opportunity(applications=[]), STAGES, had_application=True)


def test_stages_from_which_offers_are_made_say_so() -> None:
    odd: list[JsonObject] = [
        {"id": "s3"},
        {"id": 7, "text": "Offer"},
        {"text": "Offer"},
        {"id": "s4", "text": 3},
    ]
    assert offer_stages(odd) == {"offer"}
    assert sorted(STAGES) == ["offer", "s2"]


def leads(account: Account) -> list[str]:
    """Return opportunities without an application that were never in a stage of offers."""
    sandbox = account.sandbox
    stages = offer_stages([sandbox.get("stages", each) or {} for each in sandbox.ids("stages")])
    records = ((each, sandbox.get("opportunities", each) or {}) for each in sandbox.ids("opportunities"))
    return [each for each, record in records if not can_have_offers(record, stages)]


def offered(account: Account, parent: str, **changes: Any) -> str:
    """Make an offer in Lever below an opportunity, which is not said to have changed."""
    record = offer(id=f"offer-of-{parent}", opportunityId=parent, **changes)
    return str(account.sandbox.create("offers", record, parent)["id"])


def asked(account: Account) -> int:
    return account.sandbox.requests().of("/opportunities/:id/offers")


def applications_of(account: Account, made: str) -> list[Any]:
    return [row["application_id"] for row in live(account.database)["offers"] if row["remote_id"] == made]


def test_a_full_sync_asks_only_those_that_can_have_offers(account: Account) -> None:
    passed_over = leads(account)
    assert passed_over
    account.sync()
    assert asked(account) == len(account.sandbox.ids("opportunities")) - len(passed_over)
    account.sandbox.reset_requests()
    account.sync()
    assert asked(account) == len(account.sandbox.ids("opportunities")) - len(passed_over)
    with account.session(watch_budget=0) as session:
        assert not poll(session).changed


def test_offers_of_an_opportunity_in_a_stage_of_offers_are_kept_without_an_application(
    anywhere: Account,
) -> None:
    lead = leads(anywhere)[0]
    anywhere.sandbox.edit("opportunities", lead, {"stage": "offer"})
    made = offered(anywhere, lead)
    anywhere.sync()
    assert applications_of(anywhere, made) == [None]


@pytest.mark.long
def test_who_changed_is_asked_and_then_again_by_every_full_sync_if_there_was_one(small: Account) -> None:
    small.sync()
    lead = leads(small)[0]
    made = offered(small, lead)
    small.sync()
    assert applications_of(small, made) == []
    small.sandbox.edit("opportunities", lead, {"headline": "New", "updatedAt": small.sandbox.now()})
    small.sync(DELTA)
    assert applications_of(small, made) == [None]

    small.sandbox.edit("offers", made, {"status": "signed"})
    small.sync()
    (row,) = [row for row in live(small.database)["offers"] if row["remote_id"] == made]
    assert row["status"] == "ACCEPTED"


def test_an_offer_whose_application_was_deleted_stays_while_lever_lists_it(anywhere: Account) -> None:
    sandbox = anywhere.sandbox
    records = (sandbox.get("opportunities", each) or {} for each in sandbox.ids("opportunities"))
    parent: dict[str, Any] = next(record for record in records if record["applications"])
    (application,) = parent["applications"]
    posting = (sandbox.get("applications", application) or {})["posting"]
    made = offered(anywhere, parent["id"], posting=posting)
    anywhere.sync()
    assert applications_of(anywhere, made) != [None]
    sandbox.delete("applications", application)
    for scope in (DELTA, DELTA):
        anywhere.sync(scope)
        assert applications_of(anywhere, made) == [None]
    anywhere.sync()
    assert applications_of(anywhere, made) == [None]
    sandbox.delete("offers", made)
    anywhere.sync()
    assert applications_of(anywhere, made) == []


def test_everybody_is_asked_if_the_settings_say_so_and_at_once(small: Account) -> None:
    small.sync()
    made = offered(small, leads(small)[0])
    small.sandbox.reset_requests()
    small.sync(DELTA, offers=OffersOf.ALL, watch_budget=0)
    assert asked(small) == len(leads(small))
    assert applications_of(small, made) == [None]
    small.sandbox.reset_requests()
    small.sync(offers=OffersOf.ALL)
    assert asked(small) == len(small.sandbox.ids("opportunities"))


def test_a_stage_that_turns_out_to_be_one_of_offers_is_made_up_for(small: Account) -> None:
    stage = "lead-responded"
    lead = leads(small)[0]
    small.sandbox.edit("opportunities", lead, {"stage": stage})
    small.sync()
    made = offered(small, lead)
    small.sandbox.edit("stages", stage, {"text": "Offer extended"})
    small.sync(DELTA)
    assert applications_of(small, made) == [None]
    assert made in raw_ids(small.database, "offers")

"""Who arrives in the stage is ordered an assessment for, once, and the vendor and Lever are told."""

from datetime import timedelta

import pytest
from kombo.models import AssessmentOrderReceivedWebhookPayload

from lever_assets.assessment.ordering import take_orders
from lever_assets.store import outbox as outbox_of_store
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope
from lever_assets_tests.api.served import Served
from lever_assets_tests.assessment.vendor import (
    Inbox,
    arrive,
    ended,
    notes,
    outbox,
    rows,
    see_to,
    stages,
    tags,
)


def test_an_arrival_with_a_tag_is_an_order_and_the_vendor_and_lever_hear_of_it(
    api: Served, inbox: Inbox
) -> None:
    person = arrive(api, tags=["acme:  coding"])

    see_to(api)

    page = api.client().assessment.get_assessment_orders()
    assert page is not None
    [order] = page.result.data.results
    record = api.account.sandbox.get("opportunities", person.opportunity) or {}
    assert (order.package_id, order.status) == ("p-code", "OPEN")
    assert order.candidate.remote_id == person.opportunity
    assert order.candidate.email == record["emails"][0]
    assert order.application.remote_id == person.remote_application
    posting = (api.account.sandbox.get("applications", person.remote_application) or {})["posting"]
    assert order.job.remote_id == posting
    assert order.job.name
    [notice] = inbox.notices
    assert notice["type"] == "assessment:order-received"
    AssessmentOrderReceivedWebhookPayload.model_validate(notice)
    assert notice["data"] == {
        **api.data("GET", "/v1/assessment/orders")["results"][0],
        "integration_id": api.integration,
    }
    assert tags(api, person) == {"acme:  coding", "Acme: sent"}


def test_a_sync_that_is_asked_for_over_http_orders_too(api: Served, inbox: Inbox) -> None:
    person = arrive(api, tags=["Acme: Coding"])

    assert api.data("POST", "/v1/force-sync", json={"type": "DELTA"})["type"] == "DELTA"

    ended(api)
    [order] = rows(api)
    assert (order["opportunity"], order["package_id"]) == (person.opportunity, "p-code")
    assert [each["type"] for each in inbox.notices] == ["assessment:order-received"]
    assert tags(api, person) == {"Acme: Coding", "Acme: sent"}


def test_what_the_outbox_sends_no_more_tells_nothing_of_a_person(api: Served, inbox: Inbox) -> None:
    inbox.answers = [(500, b""), (200, b"")]
    arrive(api, tags=["Acme: Talk"])
    see_to(api)
    [waiting] = outbox(api)
    assert waiting["state"] == "pending"
    assert "@" in waiting["body"]

    with api.account.session() as session, session.writing() as tx:
        [*due] = outbox_of_store.take_due(tx, again_at=tx.instant)
        assert due == []  # it is tried again after a while
        tx.instant += timedelta(hours=1)
        [notice] = outbox_of_store.take_due(tx, again_at=tx.instant)
        outbox_of_store.delivered(tx, notice, 200)

    [sent] = outbox(api)
    assert (sent["state"], sent["body"]) == ("delivered", "")


def test_events_twice_and_changes_later_make_no_second_order_but_a_second_arrival_does(api: Served) -> None:
    person = arrive(api, tags=["Acme: Coding"])
    see_to(api)
    api.account.sandbox.edit("opportunities", person.opportunity, {"headline": "Somewhere else"})
    see_to(api)
    see_to(api)
    assert len(rows(api)) == 1

    api.account.sandbox.move(person.opportunity, stages(api)[0]["id"])
    see_to(api)
    assert [each["status"] for each in rows(api)] == ["OPEN"]  # the vendor decides what leaving means
    arrive_again = stages(api)[-1]["id"]
    api.account.sandbox.move(person.opportunity, arrive_again)
    see_to(api)
    first, second = rows(api)
    assert first["id"] != second["id"]
    assert first["package_id"] == second["package_id"] == "p-code"


def test_who_was_in_the_stage_before_it_was_switched_on_is_left_alone(api: Served) -> None:
    person = api.account.person()
    changes = [{"toStageId": stages(api)[-1]["id"], "toStageIndex": 1, "updatedAt": 1_700_000_000_000}]
    api.account.sandbox.edit(
        "opportunities",
        person.opportunity,
        {"stage": stages(api)[-1]["id"], "stageChanges": changes, "tags": ["Acme: Coding"]},
    )
    see_to(api)
    assert rows(api) == []


def test_two_tags_are_two_orders_and_lever_is_told_they_are_over_when_both_are(api: Served) -> None:
    person = arrive(api, tags=["Acme: Coding", "Acme: Talk"])
    see_to(api)
    first, second = rows(api)
    done = {
        "status": "COMPLETED",
        "result_url": "https://vendor.example/1",
        "completed_at": "2026-11-27T10:00:00Z",
    }
    api.data("PUT", f"/v1/assessment/orders/{first['id']}/result", json=done)
    assert {"Acme: sent", "Acme: completed"} <= tags(api, person)
    api.data("PUT", f"/v1/assessment/orders/{second['id']}/result", json=done)
    assert "Acme: sent" not in tags(api, person)


def test_the_tags_of_the_posting_count_and_then_the_default(api: Served) -> None:
    person = arrive(api)
    posting = (api.account.sandbox.get("applications", person.remote_application) or {})["posting"]
    moved = {"tags": ["Acme: p-talk"], "updatedAt": api.account.sandbox.now()}
    api.account.sandbox.edit("postings", posting, moved)
    other = arrive(api)
    while (api.account.sandbox.get("applications", other.remote_application) or {})["posting"] == posting:
        other = arrive(api)
    see_to(api, assessment_default_package="coding")
    ordered = {each["opportunity"]: each["package_id"] for each in rows(api)}
    assert ordered[person.opportunity] == "p-talk"
    assert ordered[other.opportunity] == "p-code"


def test_without_a_package_there_is_a_note_once_and_a_tag_later_orders_it(api: Served) -> None:
    person = arrive(api)
    see_to(api)
    see_to(api)
    [note] = notes(api, person)
    assert "Acme: Coding" in note
    assert api.data("GET", "/v1/assessment/orders")["results"] == []

    record = api.account.sandbox.get("opportunities", person.opportunity) or {}
    api.account.sandbox.edit("opportunities", person.opportunity, {"tags": [*record["tags"], "Acme: Talk"]})
    see_to(api)
    [order] = api.data("GET", "/v1/assessment/orders")["results"]
    assert (order["package_id"], order["status"]) == ("p-talk", "OPEN")
    assert len(notes(api, person)) == 1


def test_a_tag_of_a_package_that_is_gone_orders_nothing(api: Served) -> None:
    person = arrive(api, tags=["Acme: Coding"])
    api.data("PUT", "/v1/assessment/packages", json={"packages": []})
    see_to(api, assessment_default_package="p-talk")
    [note] = notes(api, person)
    assert "coding" in note
    assert api.data("GET", "/v1/assessment/orders")["results"] == []


def test_without_an_address_it_is_rejected_with_a_note(api: Served, inbox: Inbox) -> None:
    person = arrive(api, tags=["Acme: Coding"])
    api.account.sandbox.edit("opportunities", person.opportunity, {"emails": []})
    see_to(api)
    page = api.client().assessment.get_assessment_orders(statuses=["REJECTED"])
    assert page is not None
    [order] = page.result.data.results
    assert order.candidate.email == ""
    [note] = notes(api, person)
    assert "no e-mail address" in note
    assert inbox.bodies == []


@pytest.mark.parametrize("early", [True, False])
def test_a_vendor_who_refuses_an_order_is_quoted_in_lever(api: Served, inbox: Inbox, *, early: bool) -> None:
    refused = (422, b'{"message": "No assessment slots are left this month"}')
    inbox.answers = [refused] if early else [(422, b"no JSON"), refused]
    person = arrive(api, tags=["Acme: Coding"])
    see_to(api)
    if not early:
        assert [each["status"] for each in rows(api)] == ["OPEN"]  # it is sent again, as notices are
        with api.account.session() as session, session.writing() as tx:
            tx.sql.exec_driver_sql("UPDATE notice_outbox SET due_at = created_at")
        see_to(api)
    [order] = rows(api)
    assert (order["status"], order["todo"], order["reason"]) == ("REJECTED", [], None)
    assert [each for each in api.account.notes(person) if "slots" in each]
    assert "Acme: sent" not in tags(api, person)


def test_nobody_waits_for_ever_for_somebody_who_was_archived(api: Served) -> None:
    person = arrive(api, tags=["Acme: Coding"])
    see_to(api)
    reason = api.account.read("/archive_reasons")[0]["id"]
    api.account.sandbox.archive(person.opportunity, reason)
    see_to(api)
    [order] = rows(api)
    assert order["status"] == "OPEN"
    days = order["closes_at"] - order["created_at"]
    assert timedelta(days=13) < days < timedelta(days=15)

    with api.account.session() as session, session.writing() as tx:
        tx.sql.exec_driver_sql("UPDATE assessment_orders SET closes_at = created_at")
    see_to(api)
    [order] = rows(api)
    assert (order["status"], order["closes_at"]) == ("CANCELLED", None)


def test_switched_off_nothing_is_ordered_and_on_again_it_begins_anew(api: Served) -> None:
    see_to(api, assessment_stage=None)
    arrive(api, tags=["Acme: Coding"])
    see_to(api, assessment_stage=None)
    assert rows(api) == []


def test_who_is_not_in_the_tables_yet_is_ordered_for_once_they_are(api: Served) -> None:
    arrive(api, tags=["Acme: Coding"])
    given = {name: getattr(api.settings, name) for name in api.settings.model_fields_set}
    with api.account.session(**given) as session:
        sync(session, Scope(delta=True))
        with session.writing() as tx:  # as if a sync were still about to map what it has landed
            tx.sql.exec_driver_sql("UPDATE applications SET id = id || '-later'")
        assert take_orders(session) == 0
        with session.writing() as tx:
            tx.sql.exec_driver_sql("UPDATE applications SET id = replace(id, '-later', '')")
        assert take_orders(session) == 1
        assert take_orders(session) == 0

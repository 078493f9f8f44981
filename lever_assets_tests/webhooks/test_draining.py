"""What happens in Lever is in the tables after one draining, at a request for each thing that changed."""

from typing import Any

import pytest

from lever_assets.lever.retry import RetryPolicy
from lever_assets.store import BusyError, inbox
from lever_assets.webhooks.draining import DrainReport, drain
from lever_assets_tests.sync.tables import Account, empty_database, live
from lever_assets_tests.webhooks.conftest import Listening


def drained(listening: Listening, **changes: Any) -> DrainReport:
    assert listening.sandbox.wait_for_webhooks(20)
    with listening.session(**changes) as session:
        return drain(session)


def fresh(listening: Listening) -> Account:
    account = listening.account
    other = Account(account.sandbox, account.folder, empty_database(account.folder))
    other.sync()
    return other


def with_application(listening: Listening) -> list[str]:
    sandbox = listening.sandbox
    records = [sandbox.get("opportunities", each) or {} for each in sandbox.ids("opportunities")]
    return [each["id"] for each in records if each["applications"] and not each["archived"]]


def test_what_people_do_in_lever_is_in_the_tables_after_one_draining(listening: Listening) -> None:
    sandbox = listening.sandbox
    moved, archived, renamed, deleted, invited, *_ = with_application(listening)
    sandbox.move(moved)
    sandbox.archive(archived, sandbox.ids("archive_reasons")[0])
    contact = (sandbox.get("opportunities", renamed) or {})["contact"]
    sandbox.edit("opportunities", renamed, {"name": "Newly Named", "updatedAt": sandbox.now()})
    sandbox.delete("opportunities", deleted)
    sandbox.add_interview(invited)
    report = drained(listening)

    assert contact
    assert report.failed == 0
    assert report.read == 4
    assert report.gone == 1
    database = listening.account.database
    tables, expected = live(database), live(fresh(listening).database)
    for model in ("candidates", "applications", "candidate_tags", "interviews", "interviewing_team_members"):
        assert tables[model] == expected[model], model


def test_many_events_about_one_opportunity_are_one_reading(listening: Listening) -> None:
    sandbox = listening.sandbox
    opportunity = with_application(listening)[0]
    for _ in range(3):
        sandbox.add_interview(opportunity)
    for _ in range(3):
        sandbox.emit("candidateStageChange", {"opportunityId": opportunity, "candidateId": opportunity})
    sandbox.wait_for_webhooks(20)
    sandbox.reset_requests()
    report = drained(listening)

    assert report.handled >= 6
    assert sandbox.requests().of("/opportunities/:id") == 1
    assert sandbox.requests().total == report.requests == 3


def test_an_event_about_a_contact_reads_all_that_the_person_applied_for(listening: Listening) -> None:
    sandbox = listening.sandbox
    opportunity = with_application(listening)[0]
    contact = (sandbox.get("opportunities", opportunity) or {})["contact"]
    sandbox.edit("opportunities", opportunity, {"headline": "Somewhere Else"})
    sandbox.emit("contactUpdated", {"contactId": contact})
    assert drained(listening).read >= 1
    row = next(each for each in listening.account.tables()["candidates"] if each["remote_id"] == opportunity)
    assert row["remote_data"]["/opportunities"]["headline"] == "Somewhere Else"


def test_what_was_drained_is_drained_no_more(listening: Listening) -> None:
    listening.sandbox.move(with_application(listening)[0])
    assert drained(listening).handled > 0
    assert drained(listening) == DrainReport()


def test_what_fails_waits_for_the_next_time_and_is_parked_in_the_end(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RetryPolicy, "wait_after", lambda *_: None)
    sandbox = listening.sandbox
    opportunity = with_application(listening)[0]
    sandbox.move(opportunity)
    sandbox.wait_for_webhooks(20)
    sandbox.set_faults("500=1.0")
    report = drained(listening)
    assert report.handled == 0
    assert report.failed > 0
    assert "out of order" in (report.error or "")
    sandbox.set_faults()
    assert drained(listening).handled == report.failed

    sandbox.move(opportunity)
    sandbox.wait_for_webhooks(20)
    sandbox.set_faults("500=1.0")
    for _ in range(10):
        drained(listening)
    sandbox.set_faults()
    with listening.session() as session, session.store.reading() as conn:
        assert inbox.pending_count(conn, session.name) == 0


def test_only_one_drains_at_a_time(listening: Listening) -> None:
    with (
        listening.session() as session,
        session.store.exclusive(f"{session.name} webhooks"),
        pytest.raises(BusyError),
    ):
        drain(session)


def test_a_drain_needs_no_sync_to_stand_still(listening: Listening) -> None:
    listening.sandbox.move(with_application(listening)[0])
    listening.sandbox.wait_for_webhooks(20)
    with listening.session() as session, session.alone():
        assert drain(session).handled > 0


def test_an_unknown_opportunity_does_no_harm(listening: Listening) -> None:
    listening.sandbox.emit("candidateStageChange", {"opportunityId": "00000000-0000-4000-8000-000000000000"})
    report = drained(listening)
    assert report.handled == 1
    assert report.gone == 1

"""What happens in Lever is in the tables after one draining, at a request for each thing that changed."""

import subprocess
import sys
import time
from collections.abc import Callable, Collection, Coroutine
from typing import Any

import pytest
from sqlalchemy import select, update

from lever_assets.lever import LeverClient, LeverError, PermissionMissingError, RequestRejectedError
from lever_assets.lever.retry import RetryPolicy
from lever_assets.notices.enqueueing import enqueue
from lever_assets.settings import SettingsError
from lever_assets.store import BusyError, inbox, outbox
from lever_assets.store.inbox import MOST_ATTEMPTS
from lever_assets.store.tables import webhook_inbox
from lever_assets.store.transaction import now
from lever_assets.sync.refresh.targeted import RefreshReport, refresh_opportunities
from lever_assets.sync.session import Session
from lever_assets.webhooks import draining
from lever_assets.webhooks.draining import DrainReport, drain, pending
from lever_assets_tests.sync.tables import Account, empty_database, live
from lever_assets_tests.webhooks import killed
from lever_assets_tests.webhooks.conftest import Listening


def drained(listening: Listening, limit: int = 1000, **changes: Any) -> DrainReport:
    assert listening.sandbox.wait_for_webhooks(20)
    with listening.session(**changes) as session:
        return drain(session, limit=limit)


def make_due(listening: Listening) -> None:
    with listening.session() as session, session.writing() as tx:
        tx.sql.execute(update(webhook_inbox).values(due_at=now()))


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


@pytest.mark.long
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


def test_an_outage_is_no_event_s_fault(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RetryPolicy, "wait_after", lambda *_: None)
    sandbox = listening.sandbox
    sandbox.move(with_application(listening)[0])
    sandbox.wait_for_webhooks(20)
    sandbox.set_faults("500=1.0")
    for _ in range(MOST_ATTEMPTS + 1):
        report = drained(listening)
        assert (report.handled, report.failed, report.parked) == (0, 0, 0)
        assert report.waiting > 0
        assert "out of order" in (report.error or "")
        assert drained(listening).requests == 0  # they are due again in a minute, not at once
        make_due(listening)
    with listening.session() as session, session.reading() as tx:
        assert {(each.state, each.attempts) for each in tx.sql.execute(select(webhook_inbox))} == {
            ("pending", 0)
        }
        assert {each.error for each in tx.sql.execute(select(webhook_inbox))} == {report.error}
    sandbox.set_faults()
    assert drained(listening).handled == report.waiting


def refusing(bad: str, error: LeverError) -> Callable[..., Coroutine[Any, Any, RefreshReport]]:
    """Refresh as always, except for one opportunity, which Lever refuses."""

    async def refresh(
        lever: LeverClient, session: Session, ids: Collection[str], **how: Any
    ) -> RefreshReport:
        if bad in ids:
            raise error
        return await refresh_opportunities(lever, session, ids, **how)

    return refresh


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    "error",
    [
        RequestRejectedError("Lever answered HTTP 400", "report it"),
        PermissionMissingError("Lever answered HTTP 403", "grant it", "opportunities:read:admin"),
    ],
    ids=["refused", "hidden from the key"],
)
def test_one_that_always_fails_holds_up_no_other_and_is_parked_in_the_end(
    listening: Listening, monkeypatch: pytest.MonkeyPatch, error: LeverError
) -> None:
    sandbox = listening.sandbox
    bad, *good = with_application(listening)[:6]
    for each in (bad, *good):
        sandbox.emit("candidateStageChange", {"opportunityId": each})
    sandbox.wait_for_webhooks(20)
    monkeypatch.setattr(draining, "refresh_opportunities", refusing(bad, error))
    first = drained(listening)
    assert (first.handled, first.failed, first.parked) == (len(good), 1, 0)
    assert drained(listening) == DrainReport()  # it is not due yet
    for _ in range(MOST_ATTEMPTS - 1):
        make_due(listening)
        last = drained(listening)
        assert last.failed == 1
    assert last.parked == 1
    with listening.session() as session, session.writing() as tx:
        (row,) = tx.sql.execute(select(webhook_inbox).where(webhook_inbox.c.state == "parked"))
        assert row.attempts == MOST_ATTEMPTS
        assert row.error == str(error)
        assert inbox.unpark(tx) == 1
    monkeypatch.undo()
    assert drained(listening).handled == 1


def test_settings_that_can_not_be_combined_are_told_and_cost_no_event(listening: Listening) -> None:
    listening.sandbox.move(with_application(listening)[0])
    with pytest.raises(SettingsError, match="LEVER_ONLY_CREATED"):
        drained(listening, only_created=True, candidate_cutoff="90d")
    assert drained(listening).handled > 0


def test_one_that_names_nothing_is_parked_at_once(listening: Listening) -> None:
    listening.sandbox.emit("interviewCreated", {"interviewId": "alone"})
    assert drained(listening).parked == 1
    assert drained(listening) == DrainReport()


@pytest.mark.long
def test_after_a_kill_the_next_draining_handles_what_is_left(listening: Listening) -> None:
    sandbox = listening.sandbox
    for each in sandbox.ids("opportunities"):
        sandbox.move(each)
    assert sandbox.wait_for_webhooks(30)
    sandbox.reset_requests()
    with listening.session() as session:
        settings = session.settings
    arguments = [sandbox.key, sandbox.url, listening.account.database, str(listening.account.folder)]
    sandbox.set_faults("latency=100")
    process = subprocess.Popen([sys.executable, "-m", killed.__name__, *arguments])
    try:
        deadline = time.monotonic() + 60
        while sandbox.requests().total < 60 and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    sandbox.set_faults()
    with Session.open(settings) as session:
        waiting = pending(session.store, session.name)
    assert waiting > 0
    report = drained(listening)
    assert report.handled == waiting
    tables, expected = live(listening.account.database), live(fresh(listening).database)
    for model in ("candidates", "applications", "interviews", "offers"):
        assert tables[model] == expected[model], model


@pytest.mark.long
def test_in_any_order_and_any_number_they_lead_to_the_same(listening: Listening) -> None:
    sandbox = listening.sandbox
    for each in with_application(listening)[:10]:
        sandbox.move(each)
        sandbox.add_interview(each)
        sandbox.move(each)
    sandbox.wait_for_webhooks(20)
    for each in {each.id for each in sandbox.deliveries()}:
        sandbox.redeliver(each)
    assert drained(listening, limit=7).waiting > 0
    while drained(listening, limit=7).waiting:
        pass
    tables, expected = live(listening.account.database), live(fresh(listening).database)
    for model in ("candidates", "applications", "interviews"):
        assert tables[model] == expected[model], model


@pytest.mark.long
def test_an_interview_costs_two_requests(listening: Listening) -> None:
    sandbox = listening.sandbox
    opportunity = with_application(listening)[0]
    interview = sandbox.add_interview(opportunity)
    drained(listening)
    sandbox.edit("interviews", interview["id"], {"location": "Room 7"})
    report = drained(listening)
    assert report.requests == 2
    row = next(
        each for each in listening.account.tables()["interviews"] if each["remote_id"] == interview["id"]
    )
    assert row["location"]["raw"] == "Room 7"


def test_the_user_s_urls_are_told_of_it(listening: Listening) -> None:
    listening.sandbox.move(with_application(listening)[0])
    url = "https://example.com/changed"
    with listening.session(notice_urls=url) as session:
        enqueue(session.store, session.settings)
        with session.writing() as tx:
            (before,) = outbox.take_due(tx, again_at=now())
            outbox.delivered(tx, before, 200)
    drained(listening, notice_urls=url)
    with listening.session() as session, session.reading() as tx:
        notice = outbox.last(tx, before.target, outbox.State.PENDING)
    assert notice is not None
    assert "applications" in notice.models
    assert "jobs" not in notice.models


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

"""Refreshing single opportunities leaves what a sync would leave, and stands in no sync's way."""

import asyncio
from collections.abc import Iterator

import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.sync.refresh.targeted import RefreshReport, refresh_opportunities
from lever_assets.sync.session import Session
from lever_assets_tests.meddling import Asked, Reply, meddling
from lever_assets_tests.sync.tables import DELTA, Account, empty_database, live


@pytest.fixture
def few() -> Iterator[Sandbox]:
    """More interviews than may go at once."""
    with running_sandbox(SandboxConfig(opportunities=40, seed=7, rate=0)) as running:
        yield running


def _refresh(session: Session, *ids: str) -> RefreshReport:
    async def alone() -> RefreshReport:
        async with session.account.client(session.settings) as lever:
            return await refresh_opportunities(lever, session, ids)

    return asyncio.run(alone())


@pytest.mark.long
def test_what_changed_is_in_the_tables_at_once_as_a_fresh_sync_has_it(account: Account) -> None:
    account.sync()
    touched = account.sandbox.touch(share=0.1, seed=11)
    with account.session() as session:
        report = _refresh(session, *touched, touched[0])
    fresh = Account(account.sandbox, account.folder, empty_database(account.folder))
    fresh.sync()

    assert set(report.read) == set(touched)
    assert len(report.read) == len(touched)
    mine, theirs = live(account.database), live(fresh.database)
    for model in ("candidates", "applications", "candidate_tags", "interviews", "offers"):
        assert mine[model] == theirs[model], model
    assert {row["id"] for row in theirs["tags"]} <= {row["id"] for row in mine["tags"]}


def test_a_sync_after_it_finds_nothing_changed(account: Account) -> None:
    account.sync()
    touched = account.sandbox.touch(share=0.1, seed=12)
    with account.session() as session:
        _refresh(session, *touched)
    before = live(account.database)
    account.sandbox.reset_requests()
    report = account.sync(DELTA)

    assert all(each.counts.updated == 0 for each in report.derived if each.model == "candidates")
    # What is below them was read with them.
    assert account.sandbox.requests().of("/opportunities/:id/interviews") == 0
    assert live(account.database)["candidates"] == before["candidates"]


def test_an_opportunity_that_is_gone_is_marked_with_all_that_hangs_on_it(account: Account) -> None:
    account.sync()
    interview = next(row for row in live(account.database)["interviews"] if row["application_id"])
    application = next(
        row for row in live(account.database)["applications"] if row["id"] == interview["application_id"]
    )
    candidate = next(
        row for row in live(account.database)["candidates"] if row["id"] == application["candidate_id"]
    )
    account.sandbox.delete("opportunities", candidate["remote_id"])
    with account.session() as session:
        report = _refresh(session, candidate["remote_id"])

    assert report.gone == (candidate["remote_id"],)
    left = live(account.database)
    for model, row in (("candidates", candidate), ("applications", application), ("interviews", interview)):
        assert row["id"] not in [each["id"] for each in left[model]], model
    assert len(left["candidates"]) > 1


def test_a_sync_that_is_under_way_is_no_hindrance(account: Account) -> None:
    account.sync()
    (touched, *_) = account.sandbox.touch(share=0.05, seed=13)
    with account.session() as session, session.alone():
        assert _refresh(session, touched).read == (touched,)


def test_what_the_settings_leave_out_does_not_come_in_by_this_door(account: Account) -> None:
    touched = account.sandbox.touch(share=0.1, seed=14)
    for limit in ({"only_created": True}, {"candidate_cutoff": "2100-01-01"}):
        with account.session(**limit) as session:
            assert set(_refresh(session, *touched).read) == set(touched)
        assert live(account.database)["candidates"] == []
        assert live(account.database)["applications"] == []


@pytest.mark.long
def test_what_the_lists_lack_for_many_is_kept_due_and_told(small: Account) -> None:
    small.sync()
    before = live(small.database)["interviews"]
    assert len(before) > 25

    def empty(asked: Asked, reply: Reply) -> Reply:
        return reply.of([]) if asked.path.endswith("/interviews") else reply

    with meddling(small.sandbox.url) as meddler:
        meddler.change = empty
        with small.session(base_url=meddler.url) as session:
            report = _refresh(session, *small.sandbox.ids("opportunities"))
    assert any("interviews that are stored" in each for each in report.warnings)
    assert live(small.database)["interviews"] == before
    small.make_failed_reads_due()
    small.sync(DELTA)
    assert live(small.database)["interviews"] == before
    assert small.held_back("interviews") == 0


def test_what_one_list_lacks_is_gone_at_once(account: Account) -> None:
    account.sync()
    interview = account.sandbox.ids("interviews")[0]
    opportunity = str((account.sandbox.get("interviews", interview) or {})["opportunityId"])
    account.sandbox.delete("interviews", interview)
    with account.session() as session:
        assert _refresh(session, opportunity).warnings == ()
    assert interview not in {row["remote_id"] for row in live(account.database)["interviews"]}

"""Single reads in a sync and after an action: what can't be believed changes nothing, and stays due."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import JsonValue
from sqlalchemy import update

from lever_assets.store import due
from lever_assets.store.tables import mapping_errors
from lever_assets.store.transaction import now
from lever_assets.sync.polling import poll
from lever_assets.sync.refresh.targeted import RefreshReport, refresh_opportunities
from lever_assets.sync.session import Scope
from lever_assets_tests.meddling import NOT_FOUND, Asked, Meddler, Reply, meddling
from lever_assets_tests.sync.tables import DELTA, Account, live, raw_ids


@pytest.fixture
def meddler(small: Account) -> Iterator[Meddler]:
    with meddling(small.sandbox.url) as between:
        yield between


def with_application(account: Account) -> tuple[str, str]:
    """Return Lever's ids of an opportunity and of its application."""
    for each in account.sandbox.ids("opportunities"):
        record: dict[str, Any] = account.sandbox.get("opportunities", each) or {}
        if record["applications"]:
            return each, record["applications"][0]
    raise AssertionError


def waiting(account: Account, table: str = "raw_opportunities") -> list[str]:
    with account.session() as session, session.reading() as tx:
        return [each.remote_id for each in due.listed(tx, table)]


def minutes_pass(account: Account) -> None:
    with account.session() as session, session.writing() as tx:
        tx.sql.execute(
            update(mapping_errors)
            .where(mapping_errors.c.due_at.is_not(None))
            .values(due_at=now() - timedelta(seconds=1))
        )


def refresh(account: Account, opportunity: str, url: str) -> RefreshReport:
    async def alone() -> RefreshReport:
        with account.session(base_url=url) as session:
            async with session.account.client(session.settings) as lever:
                return await refresh_opportunities(lever, session, [opportunity])

    return asyncio.run(alone())


def polled(account: Account, url: str) -> str:
    with account.session(base_url=url, watch_budget=0) as session:
        return poll(session).why


FORBIDDEN: JsonValue = {"code": "Forbidden", "message": "interviews:read:admin is missing"}
ODD: dict[str, tuple[int, JsonValue]] = {
    "a list": (200, {"data": []}),
    "another record": (200, {"data": {"id": "another", "applications": []}}),
    "404": (404, NOT_FOUND),
    "400": (400, {"message": "no"}),
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("status", "body"), ODD.values(), ids=list(ODD))
def test_a_record_that_is_read_again_and_can_not_be_believed_stays_and_stays_due(
    small: Account, meddler: Meddler, status: int, body: JsonValue
) -> None:
    small.sync()
    opportunity, application = with_application(small)

    def change(asked: Asked, reply: Reply) -> Reply:
        return reply.giving(status, body) if asked.path == f"/opportunities/{opportunity}" else reply

    meddler.change = change
    small.sandbox.delete("applications", application)
    small.sync(DELTA, base_url=meddler.url)
    assert opportunity in raw_ids(small.database, "opportunities")
    assert waiting(small) == [opportunity]

    meddler.change = None
    minutes_pass(small)
    small.sync(DELTA, base_url=meddler.url)
    assert opportunity in raw_ids(small.database, "opportunities")
    assert waiting(small) == []


def test_a_single_404_that_is_said_twice_is_believed_by_the_next_sync(
    small: Account, meddler: Meddler
) -> None:
    small.sync()
    opportunity, _ = with_application(small)
    small.sandbox.account.delete("opportunities", opportunity, None, None)  # no list tells of it
    assert refresh(small, opportunity, small.sandbox.url).doubtful == (opportunity,)
    small.sync(DELTA)
    assert opportunity in raw_ids(small.database, "opportunities")
    minutes_pass(small)
    small.sync(DELTA)
    assert opportunity not in raw_ids(small.database, "opportunities")
    assert waiting(small) == []


def test_a_complete_list_ends_the_doubt_either_way(small: Account, meddler: Meddler) -> None:
    small.sync()
    here, gone = small.sandbox.ids("opportunities")[:2]

    def change(asked: Asked, reply: Reply) -> Reply:
        return reply.giving(404, NOT_FOUND) if asked.path.startswith("/opportunities/") else reply

    meddler.change = change
    for each in (here, gone):
        assert refresh(small, each, meddler.url).doubtful == (each,)
    small.sandbox.account.delete("opportunities", gone, None, None)
    small.sync(Scope())
    assert waiting(small) == []
    assert here in raw_ids(small.database, "opportunities")
    assert gone not in raw_ids(small.database, "opportunities")


def test_a_list_below_that_a_refresh_could_not_read_keeps_what_is_stored_and_is_due(
    small: Account, meddler: Meddler
) -> None:
    opportunity, _ = with_application(small)
    small.sandbox.add_interview(opportunity)
    small.sync()
    before = live(small.database)

    def change(asked: Asked, reply: Reply) -> Reply:
        return reply.giving(400, {"message": "no"}) if asked.path.endswith("/interviews") else reply

    meddler.change = change
    assert refresh(small, opportunity, meddler.url).read == (opportunity,)
    assert live(small.database) == before
    assert waiting(small, "raw_interviews") == [opportunity]
    assert refresh(small, opportunity, small.sandbox.url).read == (opportunity,)
    assert waiting(small, "raw_interviews") == []


@pytest.mark.long
def test_a_list_below_that_is_denied_is_read_when_the_right_returns_and_starts_no_delta(
    small: Account, meddler: Meddler
) -> None:
    opportunity, _ = with_application(small)
    small.sandbox.add_interview(opportunity)
    small.sync()
    interview = next(
        each
        for each in small.sandbox.ids("interviews")
        if (small.sandbox.get("interviews", each) or {})["opportunityId"] == opportunity
    )

    def change(asked: Asked, reply: Reply) -> Reply:
        return reply.giving(403, FORBIDDEN) if asked.path.endswith("/interviews") else reply

    meddler.change = change
    small.sync(base_url=meddler.url)
    small.sandbox.edit("interviews", interview, {"subject": "Moved"})
    for _ in range(3):
        refresh(small, opportunity, meddler.url)
        minutes_pass(small)
    assert waiting(small, "raw_interviews") == []  # no monitor is told for what the key may not read
    assert "interviews of" not in polled(small, meddler.url)
    meddler.change = None
    small.sync(DELTA, watch_budget=0)
    assert "Moved" in str(live(small.database)["interviews"])
    assert waiting(small, "raw_interviews") == []


def test_a_candidate_that_changes_is_asked_at_once_about_what_could_not_be_read_below(
    small: Account, meddler: Meddler
) -> None:
    opportunity, _ = with_application(small)
    small.sync()

    def change(asked: Asked, reply: Reply) -> Reply:
        return reply.giving(400, {"message": "no"}) if asked.path.endswith("/interviews") else reply

    meddler.change = change
    refresh(small, opportunity, meddler.url)
    meddler.change = None
    small.sync(DELTA, watch_budget=0)
    assert waiting(small, "raw_interviews") == [opportunity]  # two minutes have not passed
    small.sandbox.edit(
        "opportunities", opportunity, {"headline": "Elsewhere", "updatedAt": small.sandbox.workday.now()}
    )
    small.sync(DELTA, watch_budget=0)
    assert waiting(small, "raw_interviews") == []

"""Interviews and offers that may change without `updatedAt` moving are read again, within a budget."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from lever_assets.sync.polling import poll
from lever_assets_tests.sync.tables import DELTA, Account, raw_ids


def coming_interview(account: Account, days: float = 3) -> dict[str, Any]:
    """Put an interview a few days ahead and return it."""
    sandbox = account.sandbox
    at = datetime.now(UTC) + timedelta(days=days)
    return sandbox.edit(
        "interviews",
        sandbox.ids("interviews")[0],
        {"date": int(at.timestamp() * 1000), "canceledAt": None},
    )


def subject(account: Account, remote_id: str) -> str:
    return next(str(row["title"]) for row in account.tables()["interviews"] if row["remote_id"] == remote_id)


def test_a_coming_interview_that_changed_in_silence_arrives_with_a_delta(account: Account) -> None:
    interview = coming_interview(account)
    account.sync()
    account.sandbox.edit("interviews", interview["id"], {"subject": "At another time"})
    account.sync(DELTA)
    assert subject(account, interview["id"]) != "At another time"  # it was read only just now

    account.sync(DELTA, watch_minutes=0)
    assert subject(account, interview["id"]) == "At another time"


def test_an_interview_long_past_is_not_watched(account: Account) -> None:
    interview = coming_interview(account, days=-30)
    account.sync()
    account.sandbox.edit("interviews", interview["id"], {"subject": "Long past"})
    account.sync(DELTA, watch_minutes=0)
    assert subject(account, interview["id"]) != "Long past"


def test_the_budget_bounds_what_a_delta_reads_of_the_watched(account: Account) -> None:
    sandbox = account.sandbox
    ahead = int((datetime.now(UTC) + timedelta(days=1)).timestamp() * 1000)
    for ident in sandbox.ids("interviews"):
        sandbox.edit("interviews", ident, {"date": ahead, "canceledAt": None})
    account.sync()
    watched = {
        (sandbox.get("interviews", each) or {})["opportunityId"]
        for each in raw_ids(account.database, "interviews")
    }
    assert len(watched) > 4
    sandbox.reset_requests()
    account.sync(DELTA, watch_minutes=0, watch_budget=4)
    assert sandbox.requests().of("/opportunities/:id/interviews") == 4


def test_a_poll_says_when_the_watched_are_due(account: Account) -> None:
    coming_interview(account)
    account.sync()
    time.sleep(0.01)
    with account.session(watch_minutes=0) as session:
        due = poll(session)
    assert due.changed
    assert "watched" in due.why
    assert due.requests == 0

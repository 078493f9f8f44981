"""A reconcile finds what Lever never announced, says so, and mends it."""

from typing import Any

import pytest
from sqlalchemy import select

from lever_assets.store import Store
from lever_assets.store.tables import drift
from lever_assets.sync.session import Scope
from lever_assets_tests.sync.tables import DELTA, Account, empty_database, live

RECONCILE = Scope(reconcile=True)


def found(account: Account) -> set[tuple[str, str, str]]:
    store = Store.open(account.database)
    try:
        with store.reading("lever") as tx:
            return {(row.resource, row.remote_id, row.kind) for row in tx.sql.execute(select(drift))}
    finally:
        store.close()


def by_resource(report: Any) -> dict[str, dict[str, int]]:
    return {each.resource: dict(each.drift) for each in report.landed if each.drift}


def test_what_changed_without_notice_is_found_and_mended(account: Account) -> None:
    account.sync()
    sandbox = account.sandbox
    stale, hidden = sandbox.ids("opportunities")[:2]
    sandbox.edit("opportunities", stale, {"name": "Renamed In Silence"})
    sandbox.account.delete("opportunities", hidden, None, None)
    interview = next(
        each
        for each in sandbox.ids("interviews")
        if (sandbox.get("interviews", each) or {}).get("opportunityId") not in {stale, hidden}
    )
    sandbox.edit("interviews", interview, {"subject": "Moved in silence"})
    account.sync(DELTA)
    fresh = Account(sandbox, account.folder, empty_database(account.folder))
    fresh.sync()
    assert live(account.database) != live(fresh.database)

    report = account.sync(RECONCILE)
    assert live(account.database) == live(fresh.database)
    expected = {
        ("opportunities", stale, "stale"),
        ("opportunities", hidden, "gone"),
        ("interviews", interview, "stale"),
    }
    assert found(account) == expected
    assert by_resource(report) == {"opportunities": {"gone": 1, "stale": 1}, "interviews": {"stale": 1}}


def test_a_reconcile_without_drift_reports_none_and_changes_nothing(account: Account) -> None:
    account.sync()
    account.sandbox.touch(share=0.2, seed=2)
    account.sync(DELTA)
    before = account.tables()
    report = account.sync(RECONCILE)

    assert account.tables() == before
    assert found(account) == set()
    assert by_resource(report) == {}


def test_what_changed_since_the_last_delta_is_no_drift(account: Account) -> None:
    account.sync()
    touched = account.sandbox.touch(share=0.1, seed=4)
    report = account.sync(RECONCILE)

    assert touched
    assert next(each for each in report.landed if each.resource == "opportunities").counts.updated
    assert found(account) == set()


@pytest.mark.long
def test_a_reconcile_reads_no_more_below_the_opportunities_than_its_budget(account: Account) -> None:
    account.sync()
    account.sandbox.reset_requests()
    account.sync(RECONCILE, reconcile_budget=7)

    assert account.sandbox.requests().of("/opportunities/:id/interviews") == 7
    account.sync(RECONCILE, reconcile_budget=1000)
    account.sandbox.reset_requests()
    account.sync(RECONCILE, reconcile_budget=7)
    assert account.sandbox.requests().of("/opportunities/:id/interviews") == 7

"""Requisitions have no filter by change: they are read whole, and what changed is found by comparing."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from lever_assets.sandbox.schema import Record
from lever_assets.store.tables import RAW
from lever_assets.sync.checkpoints import PASS, pass_over
from lever_assets.sync.polling import poll
from lever_assets.sync.resuming import take_up_pass
from lever_assets.sync.session import Scope
from lever_assets.sync.windows import Bounds
from lever_assets_tests.sync.tables import DELTA, Account, empty_database, live, raw_ids

WEEK = Scope(Bounds(lower=datetime(2026, 3, 2, tzinfo=UTC), upper=datetime(2026, 3, 9, tzinfo=UTC)))


@pytest.fixture
def opportunities() -> int:
    return 12


@pytest.fixture(params=["ignored", "refused"], autouse=True)
def filter_by_change(request: pytest.FixtureRequest, account: Account) -> None:
    """Lever has no such filter; it says so, or passes over it."""
    if request.param == "refused":
        account.sandbox.set_quirks("requisitions-filter-refused")


def why(account: Account) -> str:
    account.sandbox.reset_requests()
    with account.session(watch_budget=0) as session:
        told = poll(session)
    assert account.sandbox.requests().total <= 6
    return told.why


def oldest(account: Account) -> Record:
    requisition = account.sandbox.get("requisitions", account.sandbox.ids("requisitions")[0])
    assert requisition is not None
    return requisition


def stored(account: Account, requisition: str) -> Record:
    table = RAW["requisitions"]
    with account.session() as session, session.reading() as tx:
        found: Record = tx.sql.execute(
            select(table.c.data).where(table.c.remote_id == requisition)
        ).scalar_one()
    return found


def test_no_delta_is_due_when_none_has_changed(account: Account) -> None:
    account.sync()
    assert why(account).startswith("Nothing has changed")
    account.sync(DELTA)
    assert why(account).startswith("Nothing has changed")


@pytest.mark.sampled(2)
@pytest.mark.parametrize("moved", [True, False], ids=["its updatedAt moved", "its updatedAt did not"])
def test_a_changed_one_is_noticed_and_read_by_the_delta(account: Account, moved: bool) -> None:
    account.sync()
    own = oldest(account)["id"]
    changes = {"name": "Renamed"} | ({"updatedAt": account.sandbox.now()} if moved else {})
    account.sandbox.edit("requisitions", own, changes)
    assert why(account) == "Some requisitions have changed."

    account.sync(DELTA)
    assert stored(account, own)["name"] == "Renamed"
    assert why(account).startswith("Nothing has changed")


def test_a_new_one_is_noticed_and_read_by_the_delta(account: Account) -> None:
    account.sync()
    account.sandbox.create(
        "requisitions", oldest(account) | {"id": "new-1", "createdAt": account.sandbox.now()}
    )
    assert why(account) == "Some requisitions have changed."
    account.sync(DELTA)
    assert "new-1" in raw_ids(account.database, "requisitions")
    assert why(account).startswith("Nothing has changed")


@pytest.mark.sampled(2)
@pytest.mark.parametrize("scope", [DELTA, WEEK, Scope(reconcile=True)], ids=["delta", "window", "reconcile"])
def test_whatever_is_asked_for_the_list_is_read_whole_and_what_is_gone_is_found(
    account: Account, scope: Scope
) -> None:
    account.sync()
    own = oldest(account)["id"]
    account.sandbox.delete("requisitions", own)
    account.sandbox.reset_requests()
    account.sync(scope)
    assert own not in raw_ids(account.database, "requisitions")
    assert account.sandbox.requests().of("/requisitions") == 1
    assert account.sandbox.requests().by_status.get(400, 0) == 0


@pytest.mark.sampled(1)
def test_a_database_that_knew_them_by_windows_is_taken_over(account: Account) -> None:
    account.sync()
    own = oldest(account)["id"]
    account.sandbox.edit("requisitions", own, {"name": "Renamed before"})
    week = pass_over("requisitions", WEEK.bounds.key)
    with account.session() as session, session.writing() as tx:
        begun = take_up_pass(tx, week)
        PASS.keep(tx, begun.moved("a token", None), week)
    account.sync(DELTA)
    assert stored(account, own)["name"] == "Renamed before"
    fresh = Account(account.sandbox, account.folder, empty_database(account.folder))
    fresh.sync()
    assert live(account.database) == live(fresh.database)

"""A change of how a connection stands is told once, in order, to those who want to hear of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from lever_assets.connect.connections import (
    enable,
    remove,
    rename,
)
from lever_assets.connect.states import REFUSED
from lever_assets.lever import LeverError
from lever_assets.notices.delivering import delay_after, deliver, with_due
from lever_assets.notices.enqueueing import enqueue, integration_of, take_leave
from lever_assets.orchestration.readiness import why_not
from lever_assets.settings import Settings
from lever_assets.store.checkpoints import put_state
from lever_assets.store.tables import notice_outbox
from lever_assets.sync.polling import poll
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.notices.conftest import Later
from lever_assets_tests.notices.place import ACME, END_USER, ON_SQLITE, Place, types

DAYS = timedelta(days=3, minutes=1)


def states(notices: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the states that are told, which are all that is."""
    assert set(types(notices)) <= {"integration-state-changed"}
    return [(each["data"]["state"], each["data"]["setup_status"]) for each in notices]


def test_the_life_of_a_connection_is_told(here: Place, later: Later) -> None:
    named = {"id": ACME, "tool": "lever", "category": "ATS", "end_user": END_USER}
    [created] = here.told()
    assert (created["type"], created["data"]) == ("integration-created", named)
    assert here.told() == []

    with here.session() as session:
        sync(session, Scope())
    changed, data = here.told()
    updated_at = changed["data"].pop("updated_at")
    assert changed["data"] == {
        "integration_id": ACME,
        "integration_tool": "lever",
        "integration_category": "ATS",
        "end_user": END_USER,
        "qa_status": "PASSED",
        "setup_status": "COMPLETED",
        "state": "ACTIVE",
    }
    assert updated_at.endswith("Z")
    assert (data["type"], data["data"]["integration_id"]) == ("data-changed", ACME)

    here.sandbox.set_faults("401=1.0")
    with here.session() as session, pytest.raises(LeverError):
        poll(session)
    [raised] = here.told()
    issue = raised["data"]["issue"]
    assert (raised["type"], raised["data"]["change"], issue["status"]) == (
        "issue-status-changed",
        "raised",
        "OPEN",
    )
    assert issue["type"] == "integration.authentication_failed"
    assert issue["resolved_at"] is None
    assert raised["data"]["integration"] == named
    assert states(refused_again(here, later)) == [("INVALID", "COMPLETED")]

    here.sandbox.set_faults()
    here.connect()
    state, resolved = here.told()
    assert states([state]) == [("ACTIVE", "COMPLETED")]
    assert (resolved["data"]["change"], resolved["data"]["issue"]["id"]) == ("resolved", issue["id"])
    assert resolved["data"]["issue"]["resolved_at"] > issue["first_observed_at"]

    enable(here.store, "acme", enabled=False)
    assert states(here.told()) == [("INACTIVE", "COMPLETED")]
    rename(here.store, "acme", "acme_ltd")
    assert here.told("acme_ltd") == []
    enable(here.store, "acme_ltd", enabled=True)
    [active] = here.told("acme_ltd")
    assert (active["data"]["state"], active["data"]["integration_id"]) == ("ACTIVE", ACME)

    with here.store.reading("acme_ltd") as tx:
        integration = integration_of(tx)
    farewell = lambda tx: take_leave(tx, here.settings, integration)  # noqa: E731
    remove(here.store, "acme_ltd", erase=True, farewell=farewell)
    assert with_due(here.store) == ["acme_ltd"]
    deliver(here.store, here.settings.of("acme_ltd"))
    deleted = here.hook.notices[-1]
    assert deleted["type"] == "integration-deleted"
    assert deleted["data"].pop("deleted_at").endswith("Z")
    assert deleted["data"] == named
    with here.store.reading("") as tx:
        assert tx.sql.execute(select(func.count()).select_from(notice_outbox)).scalar_one() == 0
    assert with_due(here.store) == []
    assert len({each["id"] for each in here.hook.notices}) == len(here.hook.notices)


def test_several_who_find_the_same_change_tell_it_once(here: Place) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: enqueue(here.store, here.settings.of("acme")), range(4)))
    assert sorted(found) == [0, 0, 0, 1]


def refused_again(here: Place, later: Later) -> list[dict[str, Any]]:
    """Be refused days later, too; returns what is told then, which is nothing before."""
    later(DAYS)
    assert here.told() == []  # nobody has asked since: one refusal is not three days of them
    with here.session() as session, pytest.raises(LeverError):
        sync(session, Scope(delta=True))
    return here.told()


@ON_SQLITE
@pytest.mark.parametrize("kept", ["as it is", "as an earlier version kept it"])
def test_one_refusal_and_days_without_a_question_are_no_days_of_refusals(
    here: Place, later: Later, kept: str
) -> None:
    with here.session() as session:
        sync(session, Scope())
    here.sandbox.set_faults("401=1.0")
    with here.session() as session, pytest.raises(LeverError):
        poll(session)
    here.sandbox.set_faults()
    if kept != "as it is":
        with here.store.writing("acme") as tx:
            refused = REFUSED.read(tx)
            assert refused is not None
            put_state(tx, REFUSED.kind, {"since": refused.since.isoformat(), "told": refused.told})
    later(DAYS)

    with here.session() as session:
        assert why_not(session) is None
        sync(session, Scope(delta=True))
    with here.store.reading("acme") as tx:
        assert REFUSED.read(tx) is None


@ON_SQLITE
def test_a_permission_that_is_taken_away_is_raised_by_name_and_resolved(here: Place, later: Later) -> None:
    with here.session() as session:
        sync(session, Scope())
    here.told()
    here.sandbox.set_quirks("denied=offers")
    later(timedelta(minutes=55))
    watch(here)
    raised = here.told()
    assert [(each["data"]["change"], each["data"]["issue"]["title"]) for each in raised] == [
        ("raised", "A permission is missing in Lever: offers:read:admin")
    ]
    assert raised[0]["data"]["issue"]["type"] == "integration.permission_missing"
    here.sandbox.set_quirks()
    later(timedelta(minutes=55))
    watch(here)
    assert [each["data"]["change"] for each in here.told()] == ["resolved"]


def watch(here: Place) -> None:
    quiet = here.settings.model_copy(update={"watch_budget": 0, "snapshot_minutes": 600})
    with Session.open(quiet.of("acme")) as session:
        for _ in range(6):
            poll(session)


@ON_SQLITE
def test_as_long_as_nobody_wants_it_only_changed_data_is_told(here: Place) -> None:
    quiet = here.settings.model_copy(update={"notice_types": Settings().notice_types})
    assert Settings().notice_types == ("data-changed",)
    assert enqueue(here.store, quiet.of("acme")) == 0
    enable(here.store, "acme", enabled=False)
    assert enqueue(here.store, quiet.of("acme")) == 0
    assert here.told() == []  # what happened then is known, and is not made up for


def test_states_wait_in_order_and_none_takes_the_place_of_another(here: Place, later: Later) -> None:
    here.hook.statuses[:] = [500]
    assert types(here.told()) == ["integration-created"]
    for enabled in (False, True, False):
        enable(here.store, "acme", enabled=enabled)
        assert here.told() == []
    later(delay_after(1) + timedelta(seconds=1))
    arrived = here.told()
    assert types(arrived) == ["integration-created", *["integration-state-changed"] * 3]
    assert states(arrived[1:]) == [
        ("INACTIVE", "FINAL_SYNC_PENDING"),
        ("ACTIVE", "FINAL_SYNC_PENDING"),
        ("INACTIVE", "FINAL_SYNC_PENDING"),
    ]


@ON_SQLITE
def test_a_url_that_does_not_take_such_notices_gets_changed_data_all_the_same(
    here: Place, later: Later
) -> None:
    here.hook.statuses[:] = [400, 400, 400]
    for number in (1, 2, 3):
        assert types(here.told()) == ["integration-created"]
        assert here.told() == []
        if number < 3:
            later(delay_after(number) + timedelta(seconds=1))
    with here.session() as session:
        sync(session, Scope())
    assert types(here.told()) == ["data-changed"]
    later(timedelta(minutes=5))
    assert types(here.told()) == ["integration-created", "integration-state-changed"]


@ON_SQLITE
def test_another_connection_waits_for_nobody(here: Place) -> None:
    here.connect("other")
    here.hook.statuses[:] = [500]
    assert types(here.told()) == ["integration-created"]
    [created] = here.told("other")
    assert created["data"]["end_user"] == {
        "organization_name": "other",
        "creator_email": None,
        "origin_id": None,
    }


@ON_SQLITE
def test_an_account_that_is_not_connected_is_told_of_nothing(here: Place) -> None:
    assert here.told("lever") == []


def test_a_type_that_there_is_not_is_named() -> None:
    with pytest.raises(ValueError, match="write some of data-changed, integration-created, "):
        Settings(notice_types="integration-moved")
    assert "integration-deleted" in Settings(notice_types="All").notice_types

"""Whether a delta is due is found out with a few requests."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import update

from lever_assets.lever import AuthenticationError, LeverError
from lever_assets.store import ledger
from lever_assets.store.tables import UNIFIED, child_reads
from lever_assets.store.watching import longest_unread
from lever_assets.sync.checkpoints import WATCHED
from lever_assets.sync.polling import Poll, poll
from lever_assets.sync.refresh.targeted import refresh_opportunities
from lever_assets.sync.resuming import Run, keep_read, take_up_run
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope
from lever_assets.sync.windows import Bounds
from lever_assets_tests.sync.tables import DELTA, Account


@pytest.fixture
def opportunities() -> int:
    return 60


def ask(account: Account) -> Poll:
    account.sandbox.reset_requests()
    with account.session(watch_budget=0) as session:
        told = poll(session)
    assert account.sandbox.requests().total == told.requests <= 6
    return told


def test_an_account_that_was_never_read_is_not_polled(account: Account) -> None:
    told = ask(account)
    assert not told.changed
    assert "full sync" in told.why
    assert told.requests == 0


def test_nothing_changed(account: Account) -> None:
    account.sync()
    told = ask(account)
    assert not told.changed
    assert told.requests == 6
    assert told.why.startswith("Nothing has changed since")


def test_while_lever_refuses_the_key_no_run_is_due(account: Account) -> None:
    account.sync()
    account.sandbox.set_faults("401=1.0")
    with pytest.raises(AuthenticationError):
        ask(account)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=3)):
        with pytest.raises(AuthenticationError):  # though the short lists are old by now
            ask(account)
        account.sandbox.set_faults()
        with account.session(watch_budget=0) as session:
            assert not poll(session).changed
        assert "short lists" in ask(account).why


def test_a_changed_opportunity_is_noticed_until_a_delta_has_read_it(account: Account) -> None:
    account.sync()
    account.sandbox.touch(share=0.02, seed=1)
    told = ask(account)
    assert told.changed
    assert told.why == "Some opportunities have changed."
    account.sync(DELTA)
    assert not ask(account).changed


def test_a_deletion_is_noticed_until_a_delta_has_read_it(account: Account) -> None:
    account.sync()
    account.sandbox.delete("opportunities", account.sandbox.ids("opportunities")[3])
    told = ask(account)
    assert told.changed
    assert told.why == "Some opportunities were deleted."
    account.sync(DELTA)
    assert not ask(account).changed


def test_a_record_from_the_future_does_not_call_for_a_delta_again_and_again(account: Account) -> None:
    future = int((datetime.now(UTC) + timedelta(days=400)).timestamp() * 1000)
    account.sandbox.edit("opportunities", account.sandbox.ids("opportunities")[0], {"updatedAt": future})
    account.sync()
    account.sync(DELTA)
    assert not ask(account).changed


@pytest.mark.long
def test_a_sync_that_was_stopped_before_all_was_read_is_a_reason(account: Account) -> None:
    account.sync()
    account.sandbox.touch(share=0.5, seed=2)
    account.sandbox.set_faults("malformed=1.0,endpoint=GET /opportunities/:id/interviews")
    with pytest.raises(LeverError):
        account.sync(DELTA)
    account.sandbox.set_faults()
    told = ask(account)
    assert told.changed
    assert told.why == "A sync was stopped before it had read the interviews of all opportunities."
    account.sync(DELTA)
    assert not ask(account).changed


@pytest.mark.long
def test_a_sync_that_was_stopped_before_all_was_mapped_is_a_reason(account: Account) -> None:
    account.sync()
    account.sandbox.touch(share=0.5, seed=2)
    with account.session() as session:
        sync(session, DELTA, models=[])
    told = ask(account)
    assert told.changed
    assert told.why == "A sync was stopped before all that it had read was in the tables."
    account.sync(DELTA)
    assert not ask(account).changed


def test_a_window_that_was_stopped_is_no_reason_for_ever(account: Account) -> None:
    account.sync()
    some_days = Scope(bounds=Bounds(lower=datetime.now(UTC) - timedelta(days=7)))
    with account.session() as session, session.writing() as tx:
        keep_read(tx, take_up_run(tx, some_days, Run.of("users", "stages")), "users")
    account.sync(DELTA)
    assert not ask(account).changed


def test_what_a_drain_or_an_action_took_in_calls_for_no_delta(account: Account) -> None:
    account.sync()
    opportunity = account.sandbox.ids("opportunities")[0]
    account.sandbox.edit("opportunities", opportunity, {"headline": "Unannounced"})

    async def refresh() -> None:
        with account.session() as session:
            async with session.account.client(session.settings) as lever:
                await refresh_opportunities(lever, session, [opportunity])

    asyncio.run(refresh())
    assert not ask(account).changed


def test_parents_that_vanished_do_not_keep_others_from_being_read(account: Account) -> None:
    account.sync()
    with account.session() as session, session.writing() as tx:
        soon = datetime.now(UTC) + timedelta(days=3)
        tx.sql.execute(update(UNIFIED["interviews"]).values(starting_at=soon, canceled=False))
        tx.sql.execute(update(child_reads).values(read_at=datetime.now(UTC) - timedelta(hours=1)))
        WATCHED.forget_every(tx)  # of the hour before
    unread = watched(account)
    assert len(unread) > 2
    for opportunity in unread[:2]:
        account.sandbox.account.delete("opportunities", opportunity, None, None)  # Lever does not say so
    account.sync(DELTA, watch_budget=2)
    assert watched(account) == unread[2:]


def watched(account: Account) -> list[str]:
    """Return whose watched interviews were read more than half an hour ago."""
    with account.session() as session, session.reading() as tx:
        found = longest_unread(
            tx,
            "opportunities",
            "interviews",
            read_before=tx.instant - timedelta(minutes=30),
            limit=100,
            moving_at=tx.instant,
        )
    return [opportunity for opportunity, _ in found]


def test_changes_of_candidates_that_are_left_out_are_seen_once(account: Account) -> None:
    mine = account.sandbox.ids("opportunities")[0]
    with account.session() as session, session.writing() as tx:
        ledger.record_created(tx, "candidates", mine, action_id="made")
    account.sync(only_created=True)
    account.sandbox.edit("opportunities", mine, {"headline": "New", "updatedAt": account.sandbox.now()})
    account.sync(DELTA, only_created=True)
    account.sandbox.touch(share=0.9, seed=4)
    account.sync(DELTA, only_created=True)
    with account.session(only_created=True, watch_budget=0) as session:
        assert not poll(session).changed

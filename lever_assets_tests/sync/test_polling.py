"""Whether a delta is due is found out with a few requests."""

from datetime import UTC, datetime, timedelta

import pytest

from lever_assets.lever import MalformedError
from lever_assets.sync.polling import Poll, poll
from lever_assets_tests.sync.tables import DELTA, Account


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


def test_an_unfinished_sync_is_a_reason(account: Account) -> None:
    account.sync()
    account.sandbox.touch(share=0.5, seed=2)
    account.sandbox.set_faults("malformed=1.0")
    with pytest.raises(MalformedError):
        account.sync(DELTA)
    account.sandbox.set_faults()
    told = ask(account)
    assert told.changed
    assert told.why == "A sync was not finished."

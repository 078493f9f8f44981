"""A delta of n changed rows keeps n changes; what changes nothing keeps none."""

from sqlalchemy import func, select

from lever_assets.store import Store
from lever_assets.store.tables import changes
from lever_assets.sync.run import replay
from lever_assets_tests.sync.tables import DELTA, Account


def count(account: Account) -> int:
    store = Store.open(account.database)
    try:
        with store.reading() as conn:
            return conn.execute(select(func.count()).select_from(changes)).scalar_one()
    finally:
        store.close()


def test_a_delta_keeps_one_change_for_each_row_that_changed(account: Account) -> None:
    account.sync()
    rows = sum(len(each) for each in account.tables().values())
    assert count(account) == rows
    account.sandbox.touch(share=0.2, seed=3)
    report = account.sync(DELTA)

    changed = sum(each.counts.inserted + each.counts.updated + each.counts.deleted for each in report.derived)
    assert changed > 10
    assert count(account) == rows + changed


def test_a_second_sync_and_a_replay_keep_none(account: Account) -> None:
    account.sync()
    before = count(account)
    account.sync()
    with account.session() as session:
        replay(session)
    assert count(account) == before


def test_it_can_be_switched_off(account: Account) -> None:
    account.sync(change_history=False)
    account.sandbox.touch(share=0.2, seed=3)
    account.sync(DELTA, change_history=False)
    assert count(account) == 0

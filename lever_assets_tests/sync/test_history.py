"""A delta of n changed rows keeps n changes; what changes nothing keeps none."""

import re
from pathlib import Path

from sqlalchemy import func, select, text

from lever_assets.sandbox import Sandbox
from lever_assets.store import Store
from lever_assets.store.tables import changes
from lever_assets.sync.run import replay
from lever_assets.unified.catalogue import BY_NAME, ERASABLE
from lever_assets_tests.sync.tables import DELTA, Account


def count(account: Account) -> int:
    store = Store.open(account.database)
    try:
        with store.reading("lever") as tx:
            return tx.sql.execute(select(func.count()).select_from(changes)).scalar_one()
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


def test_what_the_documentation_says_is_so(sandbox: Sandbox, tmp_path: Path, database_url: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "history-and-retention.md").read_text(encoding="utf-8")
    Account(sandbox, tmp_path, database_url).sync()
    store = Store.open(database_url)
    try:
        with store.reading("lever") as tx:
            examples = re.findall(r"```sql\n(.*?)```", page, flags=re.DOTALL)
            found = [tx.sql.execute(text(each)).all() for each in examples]
    finally:
        store.close()
    assert len(found) == 3
    assert all(found)
    rows = re.findall(r"^\| ([a-z_, ]+) \| ([a-z_, ]+) \|$", page, flags=re.MULTILINE)
    told = {model: tuple(columns.split(", ")) for models, columns in rows for model in models.split(", ")}
    assert {model: told[model] for model in ERASABLE} == {model: BY_NAME[model].erased for model in ERASABLE}

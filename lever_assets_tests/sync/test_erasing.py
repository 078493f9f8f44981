"""What is personal of records that are gone is erased in time, and of anonymised people at once."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from lever_assets.sandbox import Sandbox
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import Store
from lever_assets.store.tables import UNIFIED, metadata
from lever_assets.sync.erasing import ErasureReport, erase_due
from lever_assets.sync.run import replay
from lever_assets.unified.personal import PERSONAL
from lever_assets_tests.sync.tables import DELTA, Account, empty_database, live


def somebody(sandbox: Sandbox) -> dict[str, Any]:
    """Return an opportunity with a name, an application and an interview or an offer."""
    busy = {(sandbox.get("interviews", each) or {})["opportunityId"] for each in sandbox.ids("interviews")}
    records = [sandbox.get("opportunities", each) or {} for each in sandbox.ids("opportunities")]
    return next(
        each for each in records if each["id"] in busy and each["applications"] and len(each["name"]) > 5
    )


def everything(database: str, *leave_out: str) -> str:
    """Return all that is in the database as one text."""
    store = Store.open(database)
    try:
        with store.reading() as conn:
            return json.dumps(
                {
                    name: [list(row) for row in conn.execute(select(table))]
                    for name, table in metadata.tables.items()
                    if name not in leave_out
                },
                default=str,
                ensure_ascii=False,
            )
    finally:
        store.close()


def erased(account: Account, days: str = "0") -> ErasureReport:
    with account.session(retention_days=days) as session:
        return erase_due(session)


def own_words(person: dict[str, Any]) -> list[str]:
    return [person["name"], *person["emails"], *(each["value"] for each in person["phones"])]


def test_a_deleted_candidate_is_erased_with_all_that_hangs_on_it(account: Account) -> None:
    person = somebody(account.sandbox)
    account.sync()
    account.sandbox.edit(
        "opportunities", person["id"], {"headline": "Changed", "updatedAt": account.sandbox.now()}
    )
    account.sync(DELTA)
    account.sandbox.delete("opportunities", person["id"])
    account.sync(DELTA)
    assert all(each in everything(account.database) for each in own_words(person))

    report = erased(account)
    assert report.rows["candidates"] == report.payloads["opportunities"] == 1
    assert report.rows["interviews"] >= 1
    left = everything(account.database)
    assert not [each for each in own_words(person) if each in left]
    row = next(each for each in account.tables()["candidates"] if each["remote_id"] == person["id"])
    assert all(row[column] is None for column in PERSONAL["candidates"])
    assert row["remote_created_at"] is not None


def test_nothing_is_erased_before_its_time_or_twice(account: Account) -> None:
    account.sync()
    account.sandbox.delete("opportunities", somebody(account.sandbox)["id"])
    account.sync(DELTA)
    assert erased(account, "14") == erased(account, "off") == ErasureReport({}, {})
    assert erased(account).rows
    before = account.tables()
    assert erased(account) == ErasureReport({}, {})
    with account.session() as session:
        replay(session)
    assert account.tables() == before


def test_one_that_comes_back_is_whole_again(account: Account) -> None:
    account.sync()
    before = live(account.database)["candidates"]
    person = somebody(account.sandbox)
    account.sandbox.delete("opportunities", person["id"])
    account.sync(DELTA)
    erased(account)
    account.sandbox.create("opportunities", person)
    account.sync()
    after = {row["remote_id"]: row for row in live(account.database)["candidates"]}
    assert after[person["id"]] == next(row for row in before if row["remote_id"] == person["id"])


def test_an_anonymised_candidate_is_erased_at_once(account: Account) -> None:
    person = somebody(account.sandbox)
    account.sync()
    account.sandbox.edit(
        "opportunities", person["id"], {"headline": "Changed", "updatedAt": account.sandbox.now()}
    )
    account.sync(DELTA)
    account.sandbox.anonymise(person["id"])
    account.sync(DELTA)

    left = everything(account.database)
    assert not [each for each in own_words(person) if each in left]
    fresh = Account(account.sandbox, account.folder, empty_database(account.folder))
    fresh.sync()
    assert live(account.database) == live(fresh.database)
    with account.session() as session:
        replay(session)
    assert live(account.database) == live(fresh.database)


@pytest.mark.parametrize("value", ["", "-1", "never", "1.5"])
def test_a_time_that_can_not_be_read_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LEVER_RETENTION_DAYS", value)
    if value:
        with pytest.raises(SettingsError, match="LEVER_RETENTION_DAYS"):
            Settings.load()
    else:
        assert Settings.load().retention == 14


def test_every_personal_column_exists() -> None:
    for model, columns in PERSONAL.items():
        assert set(columns) <= set(UNIFIED[model].c.keys())

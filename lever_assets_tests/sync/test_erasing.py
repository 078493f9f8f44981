"""What is personal of records that are gone is erased in time, and of anonymised people at once."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from lever_assets.policy.anonymity import reduced
from lever_assets.sandbox import Sandbox
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import Store, due, ledger
from lever_assets.store.addresses import addresses_in, all_erased, keep_erased, named_by
from lever_assets.store.changes import Change, since
from lever_assets.store.mapping_errors import ERASED_REASON
from lever_assets.store.tables import RAW, metadata
from lever_assets.store.transaction import now
from lever_assets.sync.refresh.targeted import refresh_opportunities
from lever_assets.sync.resuming import Run
from lever_assets.sync.retention.anonymised import erase_around
from lever_assets.sync.retention.expired import ErasureReport, erase_due
from lever_assets.sync.retention.past_actions import is_about_the_erased
from lever_assets.sync.run import replay, sync
from lever_assets.sync.session import Scope
from lever_assets.unified.catalogue import BY_NAME
from lever_assets.unified.models import JsonObject
from lever_assets_tests.store.builders import at
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
        with store.reading("lever") as tx:
            return json.dumps(
                {
                    name: [list(row) for row in tx.sql.execute(select(table))]
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


@pytest.mark.long
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
    assert all(row[column] is None for column in BY_NAME["candidates"].erased)
    assert row["remote_created_at"] is not None


@pytest.mark.long
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
    applications = [account.sandbox.get("applications", each) or {} for each in person["applications"]]
    account.sandbox.delete("opportunities", person["id"])
    account.sync(DELTA)
    erased(account)
    account.sandbox.create("opportunities", person)
    for each in applications:
        account.sandbox.create("applications", each, person["id"])
    account.sync()
    after = {row["remote_id"]: row for row in live(account.database)["candidates"]}
    assert after[person["id"]] == next(row for row in before if row["remote_id"] == person["id"])


def refreshed(account: Account, opportunity: str) -> None:
    """Read one opportunity again, and nothing below it."""
    with account.session() as session:

        async def read() -> None:
            async with session.account.client(session.settings) as lever:
                await refresh_opportunities(lever, session, [opportunity], below=())

        asyncio.run(read())


def payloads(database: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return what the live raw records hold, by table."""
    store = Store.open(database)
    try:
        with store.reading("lever") as tx:
            return {
                name: sorted(
                    (row.remote_id, json.dumps(row.data, sort_keys=True))
                    for row in tx.sql.execute(select(table).where(table.c.deleted_at.is_(None)))
                )
                for name, table in RAW.items()
            }
    finally:
        store.close()


def history(database: str, remote_id: str) -> list[Change]:
    store = Store.open(database)
    try:
        with store.reading("lever") as tx:
            return [each for each in since(tx, 0, limit=9999) if each.remote_id == remote_id]
    finally:
        store.close()


def test_an_anonymised_candidate_is_erased_at_once(
    sandbox: Sandbox, tmp_path: Path, database_url: str
) -> None:
    account = Account(sandbox, tmp_path, database_url)
    person = somebody(sandbox)
    account.sync()
    sandbox.edit("opportunities", person["id"], {"headline": "Changed", "updatedAt": sandbox.now()})
    sandbox.move(person["id"])
    account.sync(DELTA)
    sandbox.anonymise(person["id"])
    sandbox.edit("opportunities", person["id"], {"nickname": "Countess"})
    account.sync(DELTA)

    left = everything(account.database)
    assert not [each for each in (*own_words(person), "Countess") if each in left]
    fresh = Account(sandbox, tmp_path, empty_database(tmp_path))
    fresh.sync()
    assert live(account.database) == live(fresh.database)
    assert payloads(account.database) == payloads(fresh.database)
    with account.session() as session:
        replay(session)
    assert live(account.database) == live(fresh.database)


def test_an_anonymised_candidate_is_still_found_in_lever(account: Account) -> None:
    person = somebody(account.sandbox)
    account.sync()
    before = {row["remote_id"]: row["remote_url"] for row in live(account.database)["candidates"]}
    account.sandbox.edit(
        "opportunities", person["id"], {"urls": {**person["urls"], "own": "https://ada.dev"}}
    )
    account.sandbox.anonymise(person["id"])
    account.sync()
    after = {row["remote_id"]: row for row in live(account.database)["candidates"]}[person["id"]]
    assert after["remote_url"] == before[person["id"]] == person["urls"]["show"]
    assert after["remote_data"]["/opportunities"]["urls"] == person["urls"]
    assert after["last_name"] is None


@pytest.mark.long
def test_the_history_of_an_anonymised_candidate_keeps_its_states(account: Account) -> None:
    person = somebody(account.sandbox)
    account.sync()
    account.sandbox.move(person["id"])
    account.sync(DELTA)
    application = person["applications"][0]

    def told() -> list[Change]:
        return [each for each in history(account.database, application) if each.model == "applications"]

    before = told()[-1].columns or {}
    account.sandbox.anonymise(person["id"])
    account.sync(DELTA)
    after = told()[1].columns or {}
    assert after["current_stage_id"] == before["current_stage_id"] != {}
    assert all(after[name] == {} for name in set(after) & {*BY_NAME["applications"].erased})


@pytest.mark.long
def test_what_was_gone_before_somebody_was_anonymised_is_erased_too(account: Account) -> None:
    sandbox = account.sandbox
    person = somebody(sandbox)
    title = f"{person['name']} meets everybody"
    gone = sandbox.add_interview(person["id"], subject=title)
    sandbox.edit("opportunities", person["id"], {"updatedAt": sandbox.now()})
    account.sync(retention_days="off")
    sandbox.delete("interviews", gone["id"])
    sandbox.edit("opportunities", person["id"], {"updatedAt": sandbox.now() + 1000})
    account.sync(DELTA, retention_days="off")
    assert title in everything(account.database)

    sandbox.advance(2000)
    sandbox.anonymise(person["id"])
    account.sync(DELTA, retention_days="off")
    left = everything(account.database)
    assert not [each for each in (title, *own_words(person)) if each in left]
    assert [each.kind for each in history(account.database, gone["id"])] == ["created", "deleted", "erased"]
    assert erased(account, "off") == ErasureReport({}, {})


def test_what_goes_when_somebody_is_anonymised_is_erased_too(account: Account) -> None:
    sandbox = account.sandbox
    person = somebody(sandbox)
    title = f"{person['name']} meets everybody"
    interview = sandbox.add_interview(person["id"], subject=title)
    account.sync(retention_days="off")
    assert title in everything(account.database)
    sandbox.delete("interviews", interview["id"])
    sandbox.anonymise(person["id"])
    account.sync(DELTA, retention_days="off")
    assert title not in everything(account.database)


def test_what_lever_said_of_somebody_is_erased_when_they_are_anonymised(account: Account) -> None:
    person = somebody(account.sandbox)
    account.sync()
    with account.session() as session:
        with session.writing() as tx:
            reasons = {person["id"]: f"Lever refuses the request: {person['name'].lower()}"}
            due.put_off(tx, "raw_interviews", "opportunities", reasons)
        with session.writing() as tx:
            erase_around(tx, session, [person["id"]])

        with session.reading() as tx:
            (left,) = due.listed(tx)
    assert (left.attempts, left.reason) == (1, ERASED_REASON)


def test_what_is_not_read_again_is_erased_too(account: Account) -> None:
    sandbox = account.sandbox
    person = somebody(sandbox)
    title = f"{person['name']} meets everybody"
    sandbox.add_interview(person["id"], subject=title)
    account.sync()
    sandbox.anonymise(person["id"])
    refreshed(account, person["id"])
    assert title in everything(account.database)
    with account.session() as session:
        sync(session, Scope(), run=Run.of(), models=["interviews"])
    left = everything(account.database)
    assert not [each for each in (title, *own_words(person)) if each in left]


def test_a_job_that_is_gone_keeps_its_columns_but_not_lever_s_record(account: Account) -> None:
    account.sync()
    posting = account.sandbox.ids("postings")[0]
    before = next(each for each in account.tables()["jobs"] if each["remote_id"] == posting)
    account.sandbox.delete("postings", posting)
    account.sync(DELTA)
    report = erased(account)
    assert report.rows["jobs"] == report.payloads["postings"] == 1
    after = next(each for each in account.tables()["jobs"] if each["remote_id"] == posting)
    assert after["remote_data"] is None
    assert (after["name"], after["status"]) == (before["name"], before["status"])


@settings(max_examples=50, deadline=None)
@given(
    resource=st.sampled_from(["opportunities", "applications", "interviews", "offers", "files"]),
    extra=st.dictionaries(st.text("abcdef", min_size=1), st.text()),
)
def test_of_an_anonymised_record_only_what_is_known_to_tell_nothing_stays(
    resource: str, extra: dict[str, str]
) -> None:
    known: JsonObject = {"id": "1", "createdAt": 5}
    record: JsonObject = {**known, **extra, "name": "Ada", "applications": [{"id": "2", "name": "Ada"}]}
    plain = reduced(resource, record)
    assert "Ada" not in json.dumps(plain)
    assert plain["id"] == "1"
    assert set(plain) <= {"id", "createdAt", "applications"}
    assert reduced(resource, plain) == plain


@pytest.mark.parametrize("value", ["", "-1", "never", "1.5"])
def test_a_time_that_can_not_be_read_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LEVER_RETENTION_DAYS", value)
    if value:
        with pytest.raises(SettingsError, match="LEVER_RETENTION_DAYS"):
            Settings.load()
    else:
        assert Settings.load().retention == 14


@pytest.mark.sampled(1)
@pytest.mark.parametrize("way", ["gone", "anonymised"])
def test_an_action_on_somebody_who_is_there_stays_when_another_with_the_same_address_goes(
    account: Account, way: str
) -> None:
    sandbox, person = account.sandbox, somebody(account.sandbox)
    twin = next(each for each in sandbox.ids("opportunities") if each != person["id"])
    sandbox.edit("opportunities", twin, {"emails": person["emails"]})
    account.sync()
    address = person["emails"][0]
    request: JsonObject = {"candidate": {"email_address": address}}
    with account.session() as session, session.writing() as tx:
        hashes = addresses_in(session.name, request)
        entry = ledger.open_entry(tx, "create", "k", input_hash="h", request=request, addresses=hashes)
    kept = []
    for each in (twin, person["id"]):
        sandbox.delete("opportunities", each) if way == "gone" else sandbox.anonymise(each)
        account.sync(DELTA)
        with account.session() as session, session.reading() as tx:
            row = ledger.get(tx, entry.id)
        assert row is not None
        kept.append(row.request)
    assert kept == [request, {}]


def test_who_was_erased_is_forgotten_by_syncs_alone(account: Account) -> None:
    account.sync()
    long_ago, lately = datetime.now(UTC) - timedelta(days=31), datetime.now(UTC) - timedelta(days=29)
    with account.session() as session, session.writing() as tx:
        keep_erased(at(tx, long_ago), ["old"])
        keep_erased(at(tx, lately), ["young"])
    account.sync(DELTA)
    with account.session() as session, session.reading() as tx:
        assert all_erased(tx).keys() == {"young"}


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "anonymised"])
def test_an_action_that_was_under_way_is_erased_when_it_is_over(account: Account, gone: bool) -> None:
    account.sync()
    opportunity = account.sandbox.ids("opportunities")[0]
    request: JsonObject = {"candidate_id": f"remote:{opportunity}", "text": "Secret about Jane"}
    with account.session() as session, session.writing() as tx:
        entry = ledger.open_entry(tx, "add_note", "key", input_hash="h", request=request)
        until = tx.instant + timedelta(minutes=5)
        assert ledger.claim(tx, entry, "somebody", run_id=None, until=until)
    if gone:
        account.sandbox.delete("opportunities", opportunity)
    else:
        account.sandbox.anonymise(opportunity)
    account.sync(DELTA)
    for owner_is_busy in (True, False):
        with account.session(retention_days="0") as session:
            erase_due(session)
            with session.writing() as tx:
                kept = ledger.get(tx, entry.id)
                ledger.release(tx, entry.id, "somebody")
        assert kept is not None
        assert (kept.request == request) is owner_is_busy


def is_known(account: Account, identity: str) -> bool:
    """Tell whether what names an id of Lever's is about somebody who was erased."""
    with account.session() as session, session.reading() as tx:
        hashes, long_ago = named_by(session.name, [identity]), now() - timedelta(days=1)
        return is_about_the_erased(tx, ids=(), addresses=hashes, since=long_ago)


def test_whoever_was_erased_is_known_by_the_contact_and_by_an_id_in_any_spelling(
    sandbox: Sandbox, tmp_path: Path, database_url: str
) -> None:
    account = Account(sandbox, tmp_path, database_url)
    account.sync()
    person, other = somebody(sandbox), sandbox.ids("opportunities")[-1]
    of_both = (sandbox.get("opportunities", other) or {})["contact"]
    sandbox.anonymise(person["id"])
    account.sync(DELTA)
    assert is_known(account, person["id"].upper())
    assert is_known(account, f"remote:{person['id']}")
    assert is_known(account, person["contact"])
    assert not is_known(account, of_both)


def test_a_contact_who_is_there_under_another_opportunity_is_not_forgotten(account: Account) -> None:
    one, other = account.sandbox.ids("opportunities")[:2]
    contact = (account.sandbox.get("opportunities", one) or {})["contact"]
    account.sandbox.edit("opportunities", other, {"contact": contact})
    account.sync()
    account.sandbox.delete("opportunities", one)
    account.sync(DELTA)
    erased(account)
    assert is_known(account, one)
    assert not is_known(account, contact)

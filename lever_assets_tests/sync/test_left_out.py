"""What a setting leaves out is told apart from what Lever deleted, and is there again when it is wanted."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store import Store
from lever_assets.store.tables import RAW, changes, drift
from lever_assets.sync.retention.expired import ErasureReport, erase_due
from lever_assets.sync.session import Scope
from lever_assets.sync.status import status
from lever_assets_tests.sync.tables import DELTA, Account, empty_database, live
from lever_assets_tests.sync.test_coverage import changed_since, middle, note_created

PERSONAL = ("candidates", "applications", "interviews", "offers")
LIMITS = ("cutoff", "only_created")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A small account that the test may change."""
    with running_sandbox(SandboxConfig(opportunities=30, seed=36, rate=0)) as running:
        yield running


@pytest.fixture
def on_either(sandbox: Sandbox, tmp_path: Path, database_url: str) -> Account:
    """The account and an empty database of either kind."""
    return Account(sandbox, tmp_path, database_url)


def limited(account: Account, by: str) -> dict[str, Any]:
    """Return the settings of a limit that keeps some of the candidates."""
    if by == "cutoff":
        return {"candidate_cutoff": middle(account.sandbox)}
    note_created(account, *account.sandbox.ids("opportunities")[5:12])
    return {"only_created": True}


def rows(account: Account, model: str) -> dict[str, dict[str, Any]]:
    return {row["remote_id"]: row for row in account.tables()[model]}


def told(account: Account, model: str) -> dict[str, list[str]]:
    """Return what the history tells of each record of a model, in order."""
    store = Store.open(account.database)
    try:
        with store.reading("lever") as tx:
            query = select(changes.c.remote_id, changes.c.kind).where(changes.c.model == model)
            found: dict[str, list[str]] = {}
            for row in tx.sql.execute(query.order_by(changes.c.id)):
                found.setdefault(row.remote_id, []).append(row.kind)
            return found
    finally:
        store.close()


@pytest.mark.sampled(1)
@pytest.mark.parametrize("by", LIMITS)
def test_what_is_left_out_is_marked_with_the_setting_and_not_as_deleted(on_either: Account, by: str) -> None:
    on_either.sync()
    settings = limited(on_either, by)
    deleted = on_either.sandbox.ids("opportunities")[-1]
    on_either.sandbox.delete("opportunities", deleted)
    report = on_either.sync(DELTA, **settings)

    for model in PERSONAL:
        marks = Counter(
            row["left_out"] for row in rows(on_either, model).values() if row["remote_deleted_at"]
        )
        assert marks[by] > 0
    people = rows(on_either, "candidates")
    assert people[deleted]["remote_deleted_at"]
    assert people[deleted]["left_out"] is None
    assert all(row["left_out"] is None for row in people.values() if not row["remote_deleted_at"])
    kinds = told(on_either, "candidates")
    assert kinds[deleted] == ["created", "deleted"]
    assert all(kinds[each][:2] == ["created", "left_out"] for each, row in people.items() if row["left_out"])
    counted = next(each.counts for each in report.derived if each.model == "candidates")
    assert (counted.deleted, counted.left_out) == (1, sum(bool(row["left_out"]) for row in people.values()))


@pytest.mark.sampled(1)
@pytest.mark.parametrize("by", LIMITS)
def test_what_was_left_out_and_is_wanted_again_is_there_as_in_a_fresh_database(
    on_either: Account, by: str
) -> None:
    on_either.sync()
    whole = live(on_either.database)
    on_either.sync(DELTA, **limited(on_either, by))
    on_either.sync(DELTA)

    assert live(on_either.database) == whole
    assert not [row for model in PERSONAL for row in rows(on_either, model).values() if row["left_out"]]
    assert "restored" in {kind for kinds in told(on_either, "interviews").values() for kind in kinds}


@pytest.mark.sampled(1)
@pytest.mark.parametrize("by", LIMITS)
def test_one_that_is_left_out_and_then_deleted_in_lever_is_told_as_deleted(
    on_either: Account, by: str
) -> None:
    on_either.sync()
    settings = limited(on_either, by)
    on_either.sync(DELTA, **settings)
    people = rows(on_either, "candidates").items()
    out = [each for each, row in people if row["left_out"] and row["first_name"]]  # none is anonymised
    on_either.sandbox.delete("opportunities", out[0])
    on_either.sync(DELTA, **settings)
    assert told(on_either, "candidates")[out[0]] == ["created", "left_out", "deleted"]
    assert rows(on_either, "candidates")[out[0]]["left_out"] is None

    on_either.sandbox.account.delete("opportunities", out[1], None, None)  # Lever does not say so
    on_either.sync(DELTA)
    assert told(on_either, "candidates")[out[1]] == ["created", "left_out", "deleted"]
    assert not [row for model in PERSONAL for row in rows(on_either, model).values() if row["left_out"]]


@pytest.mark.long
def test_a_limit_in_the_place_of_another_is_told(account: Account) -> None:
    account.sync()
    account.sync(DELTA, **limited(account, "cutoff"))
    settings = limited(account, "only_created")
    account.sync(DELTA, **settings)
    fresh = Account(account.sandbox, account.folder, empty_database(account.folder))
    note_created(fresh, *account.sandbox.ids("opportunities")[5:12])
    fresh.sync(**settings)

    assert live(account.database) == live(fresh.database)
    for model in PERSONAL:
        assert {row["left_out"] for row in rows(account, model).values()} - {None} == {"only_created"}


def test_status_counts_what_is_left_out_beside_what_is_deleted(account: Account) -> None:
    account.sync()
    for each in account.sandbox.ids("opportunities")[:2]:
        account.sandbox.delete("opportunities", each)
    cutoff = middle(account.sandbox)
    account.sync(DELTA, candidate_cutoff=cutoff)
    with account.session() as session:
        found = status(session.store, session.name)
    kept = len(changed_since(account.sandbox, cutoff))
    for counted in (
        next(each for each in found.resources if each.resource == "opportunities"),
        next(each for each in found.models if each.model == "candidates"),
    ):
        assert (counted.live, counted.deleted, counted.left_out) == (kept, 2, 28 - kept)


def test_what_is_left_out_is_no_drift(account: Account) -> None:
    account.sync()
    account.sync(Scope(reconcile=True), **limited(account, "cutoff"))
    with account.session() as session, session.reading() as tx:
        assert tx.sql.execute(select(drift)).all() == []
        left = select(RAW["opportunities"]).where(RAW["opportunities"].c.left_out == "cutoff")
        assert tx.sql.execute(left).all()


def test_nobody_without_a_last_change_within_the_cutoff_is_kept_by_when_they_were_created(
    account: Account,
) -> None:
    old, new = account.sandbox.ids("opportunities")[:2]
    long_ago = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp() * 1000)
    account.sandbox.edit("opportunities", old, {"updatedAt": None, "createdAt": long_ago})
    account.sandbox.edit("opportunities", new, {"updatedAt": None, "createdAt": account.sandbox.now()})
    account.sync(candidate_cutoff=date(2021, 1, 1))
    people = {each for each, row in rows(account, "candidates").items() if not row["remote_deleted_at"]}
    assert new in people
    assert old not in people


def erase(account: Account, **settings: Any) -> ErasureReport:
    with account.session(retention_days="0", **settings) as session:
        return erase_due(session)


def archived(record: dict[str, Any]) -> bool:
    return record["archived"] is not None


@pytest.mark.sampled(1)
@pytest.mark.parametrize("by", LIMITS)
def test_only_who_is_in_no_live_application_is_erased_for_being_left_out(on_either: Account, by: str) -> None:
    sandbox = on_either.sandbox
    records = {each: sandbox.get("opportunities", each) or {} for each in sandbox.ids("opportunities")}
    ended = [each for each, record in records.items() if archived(record) and record["name"]]
    known = next(each for each in records.values() if not archived(each))["contact"]
    again = ended[0]
    sandbox.edit("opportunities", again, {"contact": known})
    on_either.sync()
    settings = limited(on_either, by)
    on_either.sync(DELTA, **settings)
    report = erase(on_either, **settings)

    people = rows(on_either, "candidates")
    out = {each for each, row in people.items() if row["left_out"] and records[each]["name"]}
    spared = {each for each in out if people[each]["first_name"]}
    live_contacts = {each["contact"] for each in records.values() if not archived(each)}
    expected = {each for each in out if records[each]["contact"] in live_contacts or each == again}
    assert spared == expected
    assert out - spared
    assert again in out
    store = Store.open(on_either.database)
    with store.reading("lever") as tx:
        c = RAW["opportunities"].c
        kept = {row.remote_id: row.data for row in tx.sql.execute(select(c.remote_id, c.data))}
    store.close()
    assert all(kept[each].keys() == {"id"} for each in out - spared)
    assert all("stage" in kept[each] for each in spared)
    assert report.payloads["opportunities"] >= report.rows["candidates"] > 0  # some were anonymised before
    assert erase(on_either, **settings).rows == {}

    on_either.sync(DELTA)
    fresh = Account(sandbox, on_either.folder, empty_database(on_either.folder))
    fresh.sync()
    # What we created is read otherwise: see the columns of the candidates that it names.
    assert {name: len(found) for name, found in live(on_either.database).items()} == {
        name: len(found) for name, found in live(fresh.database).items()
    }


@pytest.mark.long
def test_who_was_deleted_in_lever_is_erased_though_another_application_is_live(account: Account) -> None:
    account.sync()
    opportunity = next(
        each
        for each in account.sandbox.ids("opportunities")
        if not archived(account.sandbox.get("opportunities", each) or {})
    )
    account.sandbox.delete("opportunities", opportunity)
    account.sync(DELTA)
    assert erase(account).rows["candidates"] == 1
    assert rows(account, "candidates")[opportunity]["first_name"] is None

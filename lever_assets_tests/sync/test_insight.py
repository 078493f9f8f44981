"""The insight models are filled from what is read anyway, and follow it."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, select, text

from lever_assets.policy.exclusion import NOTHING_EXCLUDED, Exclusion
from lever_assets.sandbox import Sandbox
from lever_assets.settings import SettingsError
from lever_assets.store.tables import UNIFIED, changes, mapping_errors, sync_state
from lever_assets.sync.prepare import prepare
from lever_assets.sync.refresh.targeted import refresh_opportunities
from lever_assets.sync.retention.expired import erase_due
from lever_assets.sync.run import replay
from lever_assets.unified.catalogue import INSIGHT_MODELS
from lever_assets.unified.ids import unified_id
from lever_assets_tests.sync.tables import DELTA, EVERYTHING, Account, Tables, live, unified_tables
from lever_assets_tests.sync.test_erasing import everything

INSIGHT = [model.name for model in INSIGHT_MODELS]
COLUMNS = {
    "candidates": ("current_stage_id", "person_id"),
    "applications": ("hired_at",),
    "interviews": ("candidate_id",),
}


def of(model: str, remote: str) -> str:
    return unified_id("lever", model, remote)


def lever_at(sandbox: Sandbox) -> httpx.Client:
    return httpx.Client(base_url=sandbox.url, auth=(sandbox.key, ""))


def move(sandbox: Sandbox, opportunity: str, stage: str) -> None:
    with lever_at(sandbox) as lever:
        assert lever.put(f"/opportunities/{opportunity}/stage", json={"stage": stage}).status_code == 200


def visits(account: Account, opportunity: str) -> list[dict[str, Any]]:
    rows = live(account.database)["application_stage_changes"]
    mine = [row for row in rows if row["candidate_id"] == of("candidates", opportunity)]
    return sorted(mine, key=lambda row: row["position"])


def person(account: Account, contact: str) -> dict[str, Any] | None:
    found = {row["remote_id"]: row for row in live(account.database)["people"]}
    return found.get(contact)


def insight(tables: Tables) -> Tables:
    return {name: tables.get(name, []) for name in INSIGHT}


def changed(before: Tables, after: Tables) -> dict[str, int]:
    """Return how many rows are not as they were, by model."""

    def rows(tables: Tables, name: str) -> set[str]:
        return {repr(row) for row in tables.get(name, [])}

    counts = {name: len(rows(after, name) - rows(before, name)) for name in after}
    return {name: count for name, count in counts.items() if count}


def test_they_tell_what_the_account_has(anywhere: Account) -> None:
    sandbox = anywhere.sandbox
    anywhere.sync()

    found = live(anywhere.database)
    opportunities = [sandbox.get("opportunities", each) or {} for each in sandbox.ids("opportunities")]
    listed = [change for each in opportunities for change in each["stageChanges"]]
    assert len(found["application_stage_changes"]) == len(listed) > len(opportunities)
    assert {row["remote_id"] for row in found["people"]} == {each["contact"] for each in opportunities}
    assert {row["remote_id"] for row in found["requisitions"]} == set(sandbox.ids("requisitions")) != set()
    assert found["job_requisitions"]
    assert len(found["application_origins"]) == len(found["applications"])
    owners = {row["candidate_id"] for row in found["candidate_owners"] if row["role"] == "OWNER"}
    assert owners == {of("candidates", each["id"]) for each in opportunities if each["owner"]}
    candidates = {row["remote_id"]: row for row in found["candidates"]}
    for each in opportunities:
        row = candidates[each["id"]]
        assert row["current_stage_id"] == of("application_stages", each["stage"])
        assert row["person_id"] == of("people", each["contact"])
    assert found["interviews"]
    assert all(row["candidate_id"] for row in found["interviews"])
    hired = {row["id"] for row in found["applications"] if row["outcome"] == "HIRED"}
    assert {row["id"] for row in found["applications"] if row["hired_at"]} == hired


def test_they_cost_no_request(small: Account, few: Sandbox) -> None:
    small.sync(insight=False)
    without = few.requests().total
    few.reset_requests()
    Account(few, small.folder / "another", f"sqlite:///{small.folder / 'another.db'}").sync()

    assert few.requests().total == without


def test_one_move_changes_just_its_rows(anywhere: Account) -> None:
    sandbox = anywhere.sandbox
    moved = sandbox.add_opportunity(postings=[sandbox.ids("postings")[0]])["id"]
    anywhere.sync()
    anywhere.sync(DELTA)
    before, tables = visits(anywhere, moved), live(anywhere.database)
    stages = [
        each for each in sandbox.ids("stages") if each != (sandbox.get("opportunities", moved) or {})["stage"]
    ]

    move(sandbox, moved, stages[0])
    anywhere.sync(DELTA)

    *earlier, last, new = visits(anywhere, moved)
    assert [row["id"] for row in (*earlier, last)] == [row["id"] for row in before]
    assert earlier == before[:-1]
    assert last["left_at"] == new["entered_at"]
    assert (new["from_stage_id"], new["to_stage_id"]) == (
        last["to_stage_id"],
        of("application_stages", stages[0]),
    )
    assert new["left_at"] is None
    told = changed(tables, live(anywhere.database))
    assert told == {"candidates": 1, "applications": 1, "application_stage_changes": 2}
    sandbox.archive(moved, sandbox.ids("archive_reasons")[0])
    anywhere.sync(DELTA)
    assert visits(anywhere, moved)[-1]["left_at"] is not None


def test_a_stage_change_that_has_no_place_is_counted_until_it_has(small: Account) -> None:
    sandbox = small.sandbox
    small.sync()
    moved = sandbox.ids("opportunities")[0]
    whole: Any = (sandbox.get("opportunities", moved) or {})["stageChanges"]
    odd = [*whole, {**whole[0], "updatedAt": None}]
    sandbox.edit("opportunities", moved, {"stageChanges": odd, "updatedAt": sandbox.now()})
    [warning] = small.sync(DELTA).warnings
    assert warning.startswith("1 records of application_stage_changes were mapped without a field")
    assert len(visits(small, moved)) == len(whole)
    with small.session() as session, session.reading() as tx:
        [kept] = tx.sql.execute(select(mapping_errors.c.model, mapping_errors.c.reason)).all()
    assert kept.model == "application_stage_changes"
    assert kept.reason == f"stageChanges: 1 of {len(odd)} have no stage or no instant, and are left out"
    before = {row["id"] for row in visits(small, moved)}
    lost = [{**whole[0], "updatedAt": None}, *whole[1:]]
    sandbox.edit("opportunities", moved, {"stageChanges": lost, "updatedAt": sandbox.now()})
    small.sync(DELTA)
    assert {row["id"] for row in visits(small, moved)} == before  # what was not read is not gone
    sandbox.edit("opportunities", moved, {"stageChanges": whole[1:], "updatedAt": sandbox.now()})
    assert small.sync(DELTA).warnings == ()
    assert len(visits(small, moved)) == len(whole) - 1
    sandbox.edit("opportunities", moved, {"stageChanges": whole, "updatedAt": sandbox.now()})
    small.sync(DELTA)
    assert {row["id"] for row in visits(small, moved)} == before


def test_a_replay_gives_what_the_first_sync_gave(anywhere: Account) -> None:
    anywhere.sync()
    before = unified_tables(anywhere.database)
    with anywhere.session() as session:
        replay(session)

    assert unified_tables(anywhere.database) == before


def test_a_change_is_kept_in_the_history(small: Account) -> None:
    moved = small.sandbox.add_opportunity()["id"]
    small.sync()
    move(small.sandbox, moved, small.sandbox.ids("stages")[0])
    small.sync(DELTA)

    with small.session() as session, session.reading() as tx:
        c = changes.c
        query = select(c.kind).where(c.model == "application_stage_changes").order_by(c.id.desc()).limit(2)
        assert sorted(tx.sql.execute(query).scalars()) == ["created", "updated"]


def two_of_one(sandbox: Sandbox) -> tuple[str, str, str]:
    """Make a person with two opportunities; return these and the contact."""
    first = sandbox.add_opportunity(name="Ada Lovelace", emails=["ada@example.com"])
    contact = str(first["contact"])
    second = sandbox.add_opportunity(emails=["ada@example.com"])
    assert second["contact"] == contact
    sandbox.edit("opportunities", second["id"], {"name": "Ada King", "updatedAt": sandbox.now() + 5})
    return first["id"], second["id"], contact


def named(row: dict[str, Any] | None) -> str | None:
    return None if row is None else f"{row['first_name']} {row['last_name']}"


def test_a_person_is_as_the_newest_opportunity_tells(anywhere: Account) -> None:
    sandbox = anywhere.sandbox
    first, second, contact = two_of_one(sandbox)
    anywhere.sync()
    assert named(person(anywhere, contact)) == "Ada King"
    theirs = [
        row for row in live(anywhere.database)["candidates"] if row["person_id"] == of("people", contact)
    ]
    assert {row["remote_id"] for row in theirs} == {first, second}

    sandbox.edit("opportunities", first, {"updatedAt": sandbox.now() + 3_000_000, "name": "Ada Byron"})
    anywhere.sync(DELTA)
    assert named(person(anywhere, contact)) == "Ada Byron"

    sandbox.delete("opportunities", first)
    anywhere.sync(DELTA)
    assert named(person(anywhere, contact)) == "Ada King"

    sandbox.delete("opportunities", second)
    anywhere.sync(DELTA)
    assert person(anywhere, contact) is None
    assert live(anywhere.database) == anywhere.fresh()


def test_who_is_merged_into_another_leaves_no_person_behind(anywhere: Account) -> None:
    sandbox = anywhere.sandbox
    kept = sandbox.add_opportunity(name="Grace Hopper")
    merged = sandbox.add_opportunity(name="Grace Murray")
    anywhere.sync()
    assert person(anywhere, merged["contact"])

    edit = {"contact": kept["contact"], "updatedAt": sandbox.now() + 1}
    sandbox.edit("opportunities", merged["id"], edit)
    anywhere.sync(DELTA)

    assert person(anywhere, merged["contact"]) is None
    assert named(person(anywhere, kept["contact"])) == "Grace Murray"
    assert live(anywhere.database) == anywhere.fresh()


def test_the_older_opportunity_that_moves_away_leaves_the_person_as_they_are(anywhere: Account) -> None:
    sandbox = anywhere.sandbox
    first, _, contact = two_of_one(sandbox)
    other = sandbox.add_opportunity(name="Alan Turing")["contact"]
    anywhere.sync()

    edit = {"contact": other, "updatedAt": sandbox.now() + 10, "name": "Alan Mathison"}
    sandbox.edit("opportunities", first, edit)
    anywhere.sync(DELTA)

    assert (named(person(anywhere, contact)), named(person(anywhere, other))) == ("Ada King", "Alan Mathison")
    assert live(anywhere.database) == anywhere.fresh()


def test_a_single_refresh_maps_them_too(small: Account) -> None:
    sandbox = small.sandbox
    moved = sandbox.add_opportunity(name="Ada Lovelace")
    small.sync()
    move(sandbox, moved["id"], sandbox.ids("stages")[0])
    sandbox.edit("opportunities", moved["id"], {"name": "Ada King", "contact": "another"})

    with small.session() as session:

        async def read() -> None:
            async with session.account.client(session.settings) as lever:
                await refresh_opportunities(lever, session, [moved["id"]])

        asyncio.run(read())

    assert len(visits(small, moved["id"])) == 2
    assert person(small, moved["contact"]) is None
    assert named(person(small, "another")) == "Ada King"


def test_switched_off_they_hold_nothing_and_on_again_all_at_no_request(anywhere: Account) -> None:
    sandbox = anywhere.sandbox
    anywhere.sync()
    before = live(anywhere.database)

    report = anywhere.sync(DELTA, insight=False)
    off = unified_tables(anywhere.database)
    assert [name for name in INSIGHT if off[name]] == []
    assert any("LEVER_INSIGHT is off" in each for each in report.restored)
    assert {each.model for each in report.derived}.isdisjoint(INSIGHT)
    usual = {name: rows for name, rows in live(anywhere.database).items() if name not in INSIGHT}
    assert usual == {name: rows for name, rows in before.items() if name not in INSIGHT}
    with (
        anywhere.session(insight=False) as session,
        pytest.raises(SettingsError, match="LEVER_INSIGHT is off"),
    ):
        replay(session, ["people"])

    sandbox.reset_requests()
    anywhere.sync(DELTA, insight=False)
    quiet = sandbox.requests().total
    sandbox.reset_requests()
    report = anywhere.sync(DELTA)
    assert any("LEVER_INSIGHT is on" in each for each in report.restored)
    assert live(anywhere.database) == before
    assert sandbox.requests().total == quiet


def test_what_is_kept_of_the_setting_is_what_it_was() -> None:
    off = Exclusion(insight=False)
    assert off.stated == ("-insight",)
    assert Exclusion.known_among(off.stated) == off
    assert Exclusion.known_among(()) == NOTHING_EXCLUDED
    assert off.models >= set(INSIGHT)
    assert not NOTHING_EXCLUDED.models & set(INSIGHT)


def test_they_go_with_what_they_are_beside(small: Account) -> None:
    small.sync(exclude=("jobs", "candidates.phone_numbers", "candidates.first_name", "candidates.last_name"))
    found = live(small.database)

    assert not found["requisitions"]
    assert not found["job_requisitions"]
    assert found["people"]
    assert {row["phone_numbers"] for row in found["people"]} == {None}
    assert {(row["first_name"], row["last_name"]) for row in found["people"]} == {(None, None)}
    opportunity = small.sandbox.get("opportunities", small.sandbox.ids("opportunities")[0]) or {}
    assert opportunity["name"]
    assert opportunity["name"] not in everything(small.database)
    with (
        small.session(exclude=("candidates",)) as session,
        pytest.raises(SettingsError, match="and people with"),
    ):
        replay(session, ["people"])


def make_older(account: Account) -> None:
    """Take out what this version added, as a database of the version before lacks it."""
    with account.session() as session, session.writing() as tx:
        for name in INSIGHT:
            tx.sql.execute(text(f"DROP VIEW IF EXISTS current_{name}"))
        for name in COLUMNS:
            tx.sql.execute(text(f"DROP VIEW IF EXISTS current_{name}"))
        for name in INSIGHT:
            tx.sql.execute(text(f"DROP TABLE {name}"))
            tx.sql.execute(delete(changes).where(changes.c.model == name))
            tx.sql.execute(delete(sync_state).where(sync_state.c.key == f"model:{name}"))
        for name, columns in COLUMNS.items():
            for column in columns:
                for index in UNIFIED[name].indexes:
                    if column in index.columns:
                        tx.sql.execute(text(f"DROP INDEX {index.name}"))
                tx.sql.execute(text(f"ALTER TABLE {name} DROP COLUMN {column}"))
        tx.sql.execute(text("UPDATE schema_version SET fingerprint = 'of the version before'"))


def test_an_older_database_is_filled_without_a_request(anywhere: Account) -> None:
    anywhere.sync()
    anywhere.sync(DELTA)
    before = live(anywhere.database)
    anywhere.sandbox.reset_requests()
    anywhere.sync(DELTA)
    quiet = anywhere.sandbox.requests().total
    make_older(anywhere)
    anywhere.sandbox.reset_requests()

    anywhere.sync(DELTA)

    assert live(anywhere.database) == before
    assert anywhere.sandbox.requests().total == quiet


def test_what_a_setting_took_out_before_they_were_there_is_read_again(anywhere: Account) -> None:
    left_out = ("candidates.remote_data", "candidates.custom_fields", "candidates.integration_fields")
    anywhere.sync(exclude=left_out)
    before = live(anywhere.database)
    assert before["application_stage_changes"]
    with anywhere.session(exclude=left_out, insight=False) as session:  # as the version before kept records
        prepare(session)
        with session.writing() as tx:
            kept = tx.sql.execute(select(sync_state.c.key).where(sync_state.c.key.like("exclude%"))).scalars()
            for key in list(kept):
                c = sync_state.c
                tx.sql.execute(sync_state.update().where(c.key == key).values(value=list(left_out)))
    make_older(anywhere)

    anywhere.sync(DELTA, exclude=left_out)

    assert live(anywhere.database) == before


@pytest.fixture(params=["deleted", "anonymised", "left out"])
def going(request: pytest.FixtureRequest) -> str:
    way: str = request.param
    return way


def test_erasure_reaches_people(anywhere: Account, going: str) -> None:
    words = ("Zephyrine", "Quixby", "zq@example.com", "+1 555 0142")
    sandbox = anywhere.sandbox
    made = sandbox.add_opportunity(
        name=" ".join(words[:2]), emails=[words[2]], phones=[{"type": "mobile", "value": words[3]}]
    )
    settings: dict[str, Any] = {"retention_days": "0"}
    anywhere.sync()
    sandbox.edit("opportunities", made["id"], {"updatedAt": sandbox.now() + 1, "name": f"{words[0]} Other"})
    anywhere.sync(DELTA)
    assert named(person(anywhere, made["contact"])) == f"{words[0]} Other"
    assert all(each in everything(anywhere.database) for each in words)
    if going == "deleted":
        sandbox.delete("opportunities", made["id"])
    elif going == "anonymised":
        sandbox.anonymise(made["id"])
    else:
        sandbox.archive(made["id"], sandbox.ids("archive_reasons")[0])
        anywhere.sync(DELTA)
        settings["candidate_cutoff"] = "2030-01-01"

    anywhere.sync(EVERYTHING if going == "left out" else DELTA, **settings)
    with anywhere.session(**settings) as session:
        erase_due(session)

    left = everything(anywhere.database)
    assert [each for each in words if each in left] == []
    assert visits(anywhere, made["id"]) or going != "anonymised"


def test_a_requisition_that_is_gone_is_erased(small: Account) -> None:
    gone = small.sandbox.ids("requisitions")[0]
    small.sandbox.edit("requisitions", gone, {"internalNotes": "Ask Zephyrine first"})
    small.sync()
    assert "Zephyrine" in everything(small.database)
    small.sandbox.delete("requisitions", gone)
    small.sync_accepting_deletions()
    with small.session(retention_days="0") as session:
        erase_due(session)

    assert "Zephyrine" not in everything(small.database)
    assert gone not in {row["remote_id"] for row in live(small.database)["requisitions"]}

"""Which fields an account has: what is told of them is so, and tells of nobody."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from sqlalchemy import text

from lever_assets.lever.records import RequisitionField
from lever_assets.mapping.context import Context
from lever_assets.mapping.rules.known_fields import KNOWN
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store import Store
from lever_assets.store.field_definitions import FieldCount, FieldDefinition, definitions
from lever_assets.sync.checkpoints import FIELDS_COUNTED
from lever_assets.sync.field_definitions import WITH_FIELDS, definitions_now, described
from lever_assets.sync.run import replay
from lever_assets_tests.lever import builders as build
from lever_assets_tests.sync.tables import DELTA, Account, copy_of, live

CTX = Context("lever")
AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def lever() -> Iterator[Sandbox]:
    """An account in which every field is filled somewhere."""
    with running_sandbox(SandboxConfig(opportunities=60, seed=36, rate=0)) as running:
        yield running


@pytest.fixture
def account(lever: Sandbox, tmp_path: Path, synced: Path) -> Account:
    """The account, synced."""
    return copy_of(synced, lever, tmp_path)


def kept(account: Account, model: str) -> list[FieldDefinition]:
    """What the table says of a model's fields."""
    with closing(Store.open(account.database)) as store, store.reading("lever") as tx:
        return definitions(tx, model)


def let_time_pass(account: Account) -> None:
    """Let it be long ago that the fields were counted."""
    with closing(Store.open(account.database)) as store, store.writing("lever") as tx:
        earlier = {
            model: replace(each, at=each.at - timedelta(days=1))
            for model, each in FIELDS_COUNTED.every(tx).items()
        }
        assert earlier
        FIELDS_COUNTED.keep_each(tx, earlier)


def test_a_sync_tells_every_field_and_how_often_it_is_filled(account: Account) -> None:
    tables = live(account.database)
    for model in WITH_FIELDS:
        found = {each.id: each for each in kept(account, model)}
        fields = [each for row in tables[model] for each in row["integration_fields"]]
        assert found.keys() == {each["id"] for each in fields}
        for own, each in found.items():
            filled = [one for one in fields if one["id"] == own and one["value"] is not None]
            assert (each.filled, each.seen) == (len(filled), len(tables[model])), each.key
            assert all((one["key"], one["label"]) == (each.key, each.label) for one in filled)
    assert {each.key for each in kept(account, "candidates")} == KNOWN["candidates"].keys()


def test_a_field_made_for_requisitions_is_told_as_lever_defines_it(account: Account) -> None:
    found = {each.key: each for each in kept(account, "jobs") if each.is_custom}
    assert {key: each.type for key, each in found.items()} == {
        "budget": "object",
        "cost_center": "text",
        "headcount_plan": "number",
        "hire_type": "dropdown",
        "rec_start_date": "date",
    }
    assert {each.origin for each in found.values()} == {"requisition_fields"}
    assert [key for key, each in found.items() if each.is_required] == ["cost_center"]
    assert found["hire_type"].examples == ("Growth", "Backfill")
    offers = {each.key: each for each in kept(account, "offers")}
    assert (offers["equity_options"].is_custom, offers["salary_amount"].is_custom) == (True, False)
    assert (offers["equity_options"].type, offers["anticipated_start_date"].type) == ("number", "date")


def texts(value: Any) -> Iterator[str]:
    """Each text and number in a value, as text."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts(each)
    elif value is not None:
        yield str(value)


def test_no_value_of_a_person_s_record_is_an_example(account: Account) -> None:
    tables = live(account.database)
    for model in ("candidates", "offers"):
        held = {
            each
            for row in tables[model]
            for one in row["integration_fields"]
            if one["key"] != "origin"  # these words are Lever's, whoever is there
            for each in texts(one["value"])
        }
        assert len(held) > 50
        examples = {text for each in kept(account, model) for text in each.examples}
        assert not examples & held
    free = [each for each in kept(account, "jobs") if each.type == "text" and each.is_custom]
    assert [each.examples for each in free] == [()]


def test_what_changes_and_goes_is_counted_when_it_is_time(account: Account, lever: Sandbox) -> None:
    before = {each.key: each for each in kept(account, "candidates")}
    people = [(each, lever.get("opportunities", each) or {}) for each in lever.ids("opportunities")]
    first, second = [each for each, person in people if person.get("headline")][:2]
    at = int(datetime.now(UTC).timestamp() * 1000)
    lever.edit("opportunities", first, {"headline": None, "updatedAt": at})
    lever.delete("opportunities", second)
    account.sync(DELTA)
    with account.session() as session, session.reading() as tx:
        now = {each.key: each for each in definitions_now(tx, session.mapping, "candidates")}
    assert now["headline"].filled == before["headline"].filled - 2
    assert now["headline"].seen == before["headline"].seen - 1

    let_time_pass(account)
    account.sync(DELTA)
    later = {
        each.key: replace(each, updated_at=now[each.key].updated_at) for each in kept(account, "candidates")
    }
    assert later == now

    counted = kept(account, "candidates")
    let_time_pass(account)
    account.sync(DELTA)
    assert kept(account, "candidates") == counted  # nothing changed: nothing was counted


def test_a_new_field_that_nothing_fills_is_told_too(account: Account, lever: Sandbox) -> None:
    options: JsonValue = [{"text": "Yes"}, {"text": " "}, {"id": 7}, None, "No", "No"]
    lever.create(
        "requisition_fields", build.requisition_field(id="new", text="New", type="dropdown", options=options)
    )
    try:
        let_time_pass(account)
        account.sync(DELTA)
    finally:
        lever.delete("requisition_fields", "new")
    (found,) = [each for each in kept(account, "jobs") if each.key == "new"]
    assert (found.label, found.type, found.filled) == ("New", "dropdown", 0)
    assert found.examples == ("Yes", "No")


def test_what_is_excluded_has_no_definitions(account: Account) -> None:
    account.sync(DELTA, exclude=("offers", "jobs.integration_fields"))
    assert [model for model in WITH_FIELDS if kept(account, model)] == ["candidates"]
    account.sync(DELTA, exclude=("offers",))
    assert [model for model in WITH_FIELDS if kept(account, model)] == ["jobs", "candidates"]


def test_a_table_that_was_dropped_by_hand_is_filled_again(account: Account) -> None:
    before = kept(account, "jobs")
    with closing(Store.open(account.database)) as store, store.writing("lever") as tx:
        tx.sql.execute(text("DROP TABLE custom_field_definitions"))
    told = account.sync(DELTA).warnings
    assert any("custom_field_definitions; this sync finds again what it held" in each for each in told)
    assert [each.id for each in kept(account, "jobs")] == [each.id for each in before]


@pytest.mark.long
def test_on_postgresql_it_is_the_same(account: Account, postgresql_database: str) -> None:
    there = Account(account.sandbox, account.folder / "there", postgresql_database)
    there.sync()
    account.sync()
    with account.session() as session:
        replay(session, WITH_FIELDS)
    for model in WITH_FIELDS:
        here, other = (
            [replace(each, updated_at=AT) for each in kept(one, model)] for one in (account, there)
        )
        assert here == other


KEYS = st.one_of(st.sampled_from(["team", "origin", "start_date", "made", "headline"]), st.text(max_size=5))


@given(
    model=st.sampled_from(WITH_FIELDS),
    counts=st.lists(
        st.builds(
            lambda key, custom, label, kinds, filled, common: FieldCount(
                f"{custom} {key}", key, custom, label, filled if kinds else 0, kinds, common
            ),
            KEYS,
            st.booleans(),
            st.none() | st.text(max_size=5),
            st.frozensets(st.sampled_from(["text", "number", "boolean", "list", "object"])),
            st.integers(1, 9),
            st.lists(st.text(min_size=1), max_size=3).map(tuple),
        ),
        unique_by=lambda each: each.id,
    ),
    options=st.recursive(
        st.none() | st.integers() | st.text(max_size=4),
        lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.just("text"), inside),
        max_leaves=20,
    ),
)
def test_whatever_is_counted_is_described_once_and_only_with_examples_that_may_be_shown(
    model: str, counts: list[FieldCount], options: Any
) -> None:
    made = RequisitionField.parse({"id": "made", "text": "Made", "type": "dropdown", "options": options})
    fields = {"made": made} if model == "jobs" else {}
    found = described(CTX, model, counts, seen=9, at=AT, made=fields)

    common = {each.id: each.common for each in counts}
    assert len({each.id for each in found}) == len(found)
    assert {each.id for each in counts} <= {each.id for each in found}
    assert {each.key for each in found} >= {*KNOWN.get(model, {}), *fields}
    assert [each.is_custom for each in found] == sorted((each.is_custom for each in found), reverse=True)
    for each in found:
        known = KNOWN.get(model, {}).get(each.key)
        if known is not None and not each.is_custom:
            assert each.examples == (common.get(each.id, ()) if known.common else known.words)
        elif each.key == "made" and each.is_custom and model == "jobs":
            assert set(each.examples) <= set(texts(options)) - {""}
        else:
            assert each.examples == ()
    json.dumps([list(each.examples) for each in found])

"""What is decided of fields is kept with the connection and wins over the file; the next sync maps it."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store import Store
from lever_assets.sync.kept_fields import (
    forget_name,
    keep_name,
    kept_names,
    shown_fields,
    switch_fields,
    with_kept,
)
from lever_assets.sync.run import replay
from lever_assets_tests.sync.tables import DELTA, Account, copy_of, live


@pytest.fixture(scope="module")
def lever() -> Iterator[Sandbox]:
    """An account that no test changes."""
    with running_sandbox(SandboxConfig(opportunities=10, seed=36, rate=0)) as running:
        yield running


@pytest.fixture
def account(lever: Sandbox, tmp_path: Path, synced: Path) -> Account:
    """The account, synced."""
    return copy_of(synced, lever, tmp_path)


def keep(account: Account, model: str, ours: str, theirs: str | None) -> None:
    """Keep a name, or forget it."""
    with account.session() as session, session.writing() as tx:
        if theirs is None:
            forget_name(tx, model, ours)
        else:
            keep_name(tx, model, ours, theirs)


def test_the_next_sync_maps_a_kept_name_and_only_its_model(account: Account) -> None:
    keep(account, "jobs", "cost_centre", "cost_center")
    report = account.sync(DELTA)
    assert [each.model for each in report.derived if each.replayed] == ["jobs"]
    assert [each.model for each in report.derived if each.counts.changed] == ["jobs"]
    for row in live(account.database)["jobs"]:
        there = {each["key"]: each["value"] for each in row["integration_fields"]}
        assert row["custom_fields"] == {"cost_centre": there.get("cost_center")}
    assert any(row["custom_fields"]["cost_centre"] for row in live(account.database)["jobs"])
    assert not [each.model for each in account.sync(DELTA).derived if each.replayed]


def test_a_replay_maps_it_without_a_request(account: Account) -> None:
    account.sandbox.reset_requests()
    keep(account, "candidates", "how", "origin")
    with account.session() as session:
        replay(session, ["candidates"])
    assert {type(row["custom_fields"]["how"]) for row in live(account.database)["candidates"]} == {str}
    keep(account, "candidates", "how", None)
    with account.session() as session:
        replay(session, ["candidates"])
    assert {row["custom_fields"] for row in live(account.database)["candidates"]} == {None}
    assert account.sandbox.requests().total == 0


def test_a_kept_name_wins_over_the_file_and_adds_to_it(account: Account) -> None:
    path = account.folder / "fields.json"
    path.write_text(json.dumps({"jobs": {"a": "team", "b": "team"}, "offers": {"pay": "salary_amount"}}))
    keep(account, "jobs", "a", "country")
    keep(account, "jobs", "c", "tags")
    with account.session(custom_fields=path) as session:
        assert session.mapping.custom_fields == {
            "jobs": {"a": "country", "b": "team", "c": "tags"},
            "offers": {"pay": "salary_amount"},
        }
    keep(account, "jobs", "a", None)
    with account.session(custom_fields=path) as session:
        assert session.mapping.custom_fields["jobs"] == {"a": "team", "b": "team", "c": "tags"}


def test_a_kept_name_that_no_record_answers_to_any_more_is_told(account: Account) -> None:
    keep(account, "jobs", "pay", "salary_band")
    (told,) = account.sync(DELTA).warnings
    assert told.startswith("no record of jobs has the field 'salary_band' (for 'pay')")
    keep(account, "jobs", "pay", "rec_start_date")  # defined, whether any record has it or not
    assert account.sync(DELTA).warnings == ()


def test_of_many_decisions_at_once_none_is_lost(database_url: str) -> None:
    keys = [f"key {number} ü" for number in range(8)]
    with closing(Store.open(database_url)) as store:

        def decide(key: str) -> None:
            with store.writing("lever") as tx:
                keep_name(tx, "jobs", key, key.upper())
            with store.writing("lever") as tx:
                switch_fields(tx, "offers", [key], on=True)

        with ThreadPoolExecutor(len(keys)) as at_once:
            list(at_once.map(decide, keys))
        with store.writing("lever") as tx:
            switch_fields(tx, "offers", keys[:2], on=False)
        with store.reading("lever") as tx:
            assert kept_names(tx) == {"jobs": {key: key.upper() for key in keys}}
            assert shown_fields(tx) == {"offers": frozenset(keys[2:])}
        with store.reading("another") as tx:
            assert (kept_names(tx), shown_fields(tx)) == ({}, {})


NAMES = st.dictionaries(
    st.sampled_from(["jobs", "candidates", "offers"]),
    st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz")),
)


@given(in_file=NAMES, kept=NAMES)
def test_every_name_is_in_force_and_what_is_kept_decides(
    in_file: dict[str, dict[str, str]], kept: dict[str, dict[str, str]]
) -> None:
    names = with_kept(in_file, kept)
    every = {(model, key) for of in (in_file, kept) for model, keys in of.items() for key in keys}
    assert {(model, key) for model, keys in names.items() for key in keys} == every
    for model, key in every:
        theirs = kept.get(model, {}).get(key, in_file.get(model, {}).get(key))
        assert names[model][key] == theirs

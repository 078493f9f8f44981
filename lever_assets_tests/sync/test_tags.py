"""A tag is there as long as Lever lists it or an opportunity has it; only what changed is looked at."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.store import Store, raw
from lever_assets.store.live import LIVE
from lever_assets.store.reads import counts
from lever_assets.store.tables import UNIFIED
from lever_assets.sync.refresh.targeted import refresh_opportunities
from lever_assets.sync.resuming import Run
from lever_assets.sync.run import replay, sync
from lever_assets.unified.catalogue import INSIGHT_MODELS, MODELS
from lever_assets_tests.sync.tables import DELTA, Account

Course = list[tuple[str, int, list[str]]]
TEXTS = ["red", "green", "blue"]
steps = st.lists(
    st.tuples(
        st.sampled_from(["edit", "edit", "edit", "refresh", "delete", "tags", "delta", "delta"]),
        st.integers(0, 4),
        st.lists(st.sampled_from(TEXTS), max_size=2),
    ),
    max_size=9,
)
"""What is done, to which opportunity, and the tags that it then has."""


def take(account: Account, step: str, number: int, tags: list[str]) -> None:
    sandbox = account.sandbox
    ids = sandbox.ids("opportunities")
    opportunity = ids[number % len(ids)]
    if step == "delta":
        account.sync(DELTA)
    elif step == "tags":
        with account.session() as session:
            sync(
                session, DELTA, run=Run.of(), models=["tags"]
            )  # as Dagster may, without the model that says who has which
    elif step == "delete":
        if len(ids) > 2:
            sandbox.delete("opportunities", opportunity)
    else:
        sandbox.edit("opportunities", opportunity, {"tags": tags, "updatedAt": sandbox.now()})
        if step == "refresh":
            asyncio.run(refresh(account, opportunity))


async def refresh(account: Account, opportunity: str) -> None:
    with account.session() as session:
        async with session.account.client(session.settings) as lever:
            await refresh_opportunities(lever, session, [opportunity])


def assert_right(account: Account) -> None:
    """The tags are those that are listed or carried, and as many rows as are kept to be there are there."""
    store = Store.open(account.database)
    try:
        with store.reading("lever") as tx:
            c = UNIFIED["tags"].c
            there = set(tx.sql.execute(select(c.name).where(c.remote_deleted_at.is_(None))).scalars())
            listed = {row.remote_id for row in raw.all_live(tx, "tags")}
            assert there == listed | raw.texts_in_array(tx, "opportunities", "tags")
            assert LIVE.every(tx) == {
                each.table: each.live
                for each in counts(tx, [each.name for each in (*MODELS, *INSIGHT_MODELS)])
            }
    finally:
        store.close()


def follow(account: Account, course: Course) -> None:
    """Take the steps, and look after each sync."""
    account.sync()
    for each in [*course, ("delta", 0, [])]:
        take(account, *each)
        if each[0] == "delta":
            assert_right(account)


@pytest.mark.parametrize("denied", [frozenset[str](), frozenset({"tags"})], ids=["listed", "not listed"])
@settings(max_examples=3, deadline=None, derandomize=True)
@given(course=steps)
def test_tags_are_right_after_any_course(denied: frozenset[str], course: Course) -> None:
    check(denied, course)


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(course=steps, denied=st.sampled_from([frozenset[str](), frozenset({"tags"})]))
def test_tags_are_right_after_many_courses(denied: frozenset[str], course: Course) -> None:
    check(denied, course)


def check(denied: frozenset[str], course: Course) -> None:
    config = SandboxConfig(opportunities=4, seed=3, rate=0, denied=denied)
    with tempfile.TemporaryDirectory() as name, running_sandbox(config) as sandbox:
        folder = Path(name)
        follow(Account(sandbox, folder, f"sqlite:///{folder / 'lever.db'}"), course)


def test_a_tag_that_is_not_listed_stays_as_long_as_another_opportunity_has_it() -> None:
    given: Course = [("edit", 0, ["red"]), ("edit", 1, ["red"]), ("delta", 0, [])]
    taken: Course = [("edit", 0, []), ("delta", 0, []), ("edit", 1, []), ("delta", 0, [])]
    check(frozenset({"tags"}), [*given, *taken])


def test_a_tag_goes_with_the_last_opportunity_that_has_it(anywhere: Account) -> None:
    sandbox = anywhere.sandbox
    first, second = sandbox.ids("opportunities")[:2]
    follow(anywhere, [("edit", 0, ["red"]), ("edit", 1, ["red", "blue"]), ("delta", 0, [])])
    for opportunity, left in ((first, {"red", "blue"}), (second, set())):
        sandbox.edit("opportunities", opportunity, {"tags": [], "updatedAt": sandbox.now()})
        anywhere.sync(DELTA)
        assert_right(anywhere)
        assert names(anywhere) & {"red", "blue"} == left


def names(account: Account) -> set[str | None]:
    return {row["name"] for row in account.tables()["tags"] if row["remote_deleted_at"] is None}


def test_tags_that_are_no_texts_are_told_until_they_are_right_again(anywhere: Account) -> None:
    sandbox = anywhere.sandbox
    odd, other = sandbox.ids("opportunities")[:2]
    anywhere.sync()
    for opportunity, tags in ((odd, "red"), (other, ["green"]), (other, [])):
        sandbox.edit("opportunities", opportunity, {"tags": tags, "updatedAt": sandbox.now()})
        anywhere.sync(DELTA)
        assert in_part(anywhere) == 1
    assert "green" in names(anywhere)  # the odd one may have it
    sandbox.edit("opportunities", odd, {"tags": [], "updatedAt": sandbox.now()})
    anywhere.sync(DELTA)
    assert in_part(anywhere) == 0
    assert_right(anywhere)


def in_part(account: Account) -> int:
    """Return how many records `tags` is mapped from without a field that could not be read."""
    (report,) = (each for each in account.sync(DELTA).derived if each.model == "tags")
    return report.in_part


def test_tags_are_right_where_it_is_not_kept_who_has_them(small: Account) -> None:
    excluded = ("candidate_tags",)
    sandbox = small.sandbox
    opportunity = sandbox.ids("opportunities")[0]
    small.sync(exclude=excluded)
    for tags in (["red"], []):
        sandbox.edit("opportunities", opportunity, {"tags": tags, "updatedAt": sandbox.now()})
        small.sync(DELTA, exclude=excluded)
        assert ("red" in names(small)) == bool(tags)


def test_mapping_all_again_changes_no_tag(small: Account) -> None:
    small.sync()
    sandbox = small.sandbox
    sandbox.edit(
        "opportunities", sandbox.ids("opportunities")[0], {"tags": ["red"], "updatedAt": sandbox.now()}
    )
    small.sync(DELTA)
    before = small.tables()["tags"]
    with small.session() as session:
        replay(session, ["tags"])
    assert small.tables()["tags"] == before

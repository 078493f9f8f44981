"""Each change of a row is kept: what changed, old and new, when and by which run."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lever_assets.store import Store, merge
from lever_assets.store.changes import Change, History, counted, since
from lever_assets.unified.models import UnifiedRow
from lever_assets_tests.store.builders import LEVER, T0, candidate, day, tag


def merged(
    store: Store,
    *rows: tuple[str, UnifiedRow],
    model: str = "candidates",
    sources: tuple[str, ...] = (),
    at: int = 0,
    history: History | None = History("a run"),  # noqa: B008 - frozen
) -> None:
    with store.writing(LEVER, at=day(at)) as tx:
        merge(tx, model, rows, sources=sources, history=history)


def kept(store: Store) -> list[Change]:
    with store.reading(LEVER) as tx:
        return since(tx, 0, limit=1000)


def test_a_row_s_life_is_kept_in_order(store: Store) -> None:
    first = candidate("c1", first_name="Ada", last_name="Byron")
    merged(store, ("c1", first), at=0)
    merged(store, ("c1", candidate("c1", first_name="Ada", last_name="Lovelace")), at=1)
    merged(store, sources=("c1",), at=2)
    merged(store, ("c1", candidate("c1", first_name="Ada", last_name="Lovelace")), at=3)

    told = [(each.kind, each.columns, each.seen_at, each.run_id) for each in kept(store)]
    assert told == [
        ("created", None, T0, "a run"),
        ("updated", {"last_name": {"old": "Byron", "new": "Lovelace"}}, day(1), "a run"),
        ("deleted", None, day(2), "a run"),
        ("restored", None, day(3), "a run"),
    ]
    assert {(each.model, each.row_id, each.remote_id) for each in kept(store)} == {
        ("candidates", first.id, "c1")
    }


def test_what_stays_the_same_is_not_kept(store: Store) -> None:
    for at in range(3):
        merged(store, ("c1", candidate("c1", first_name="Ada")), at=at)
    assert [each.kind for each in kept(store)] == ["created"]


def test_nothing_is_kept_without_a_history(store: Store) -> None:
    merged(store, ("c1", candidate("c1", first_name="Ada")), history=None)
    merged(store, ("c1", candidate("c1", first_name="Eve")), history=None, at=1)
    merged(store, sources=("c1",), history=None, at=2)
    assert kept(store) == []


def test_payloads_are_named_but_not_kept_twice(store: Store) -> None:
    merged(store, ("c1", candidate("c1", remote_data={"/opportunities": {"name": "Ada"}})))
    merged(store, ("c1", candidate("c1", remote_data={"/opportunities": {"name": "Eve"}})), at=1)
    assert kept(store)[-1].columns == {"remote_data": {}}


def test_lists_and_instants_are_kept_as_json(store: Store) -> None:
    merged(store, ("c1", candidate("c1", remote_created_at=T0, confidential=True)))
    merged(store, ("c1", candidate("c1", remote_created_at=day(1), confidential=False)), at=1)
    assert kept(store)[-1].columns == {
        "remote_created_at": {"old": T0.isoformat(), "new": day(1).isoformat()},
        "confidential": {"old": True, "new": False},
    }


def test_a_run_s_changes_are_counted_by_model(store: Store) -> None:
    merged(store, ("c1", candidate("c1")), ("c2", candidate("c2")))
    merged(store, ("t1", tag("t1")), model="tags")
    merged(store, ("t2", tag("t2")), model="tags", history=History("another run"))
    with store.reading(LEVER) as tx:
        assert counted(tx, "a run") == {"candidates": 2, "tags": 1}


def test_changes_are_read_in_pages(store: Store) -> None:
    merged(store, *((f"t{number}", tag(f"t{number}")) for number in range(5)), model="tags")
    with store.reading(LEVER) as tx:
        first = since(tx, 0, limit=3)
        rest = since(tx, first[-1].id, limit=3)
    assert len(first) == 3
    assert len(rest) == 2
    assert len({each.row_id for each in (*first, *rest)}) == 5


letters = st.characters(codec="utf-8", exclude_characters="\0")
names = st.one_of(st.none(), st.text(letters, min_size=1).filter(str.strip))  # a blank text is null
versions_of_a_row = st.lists(
    st.fixed_dictionaries({"first_name": names, "title": names}), min_size=1, max_size=5
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(versions=versions_of_a_row)
def test_the_old_row_and_its_changes_give_the_new_one(
    store: Store, versions: list[Mapping[str, Any]]
) -> None:
    remote_id = f"c{uuid4()}"
    with store.reading(LEVER) as tx:
        before = since(tx, 0, limit=100_000)
    for at, version in enumerate(versions):
        merged(store, (remote_id, candidate(remote_id, **version)), at=at)
    with store.reading(LEVER) as tx:
        found = since(tx, before[-1].id if before else 0, limit=1000)
    state = dict(versions[0])
    for change in (each for each in found if each.kind == "updated"):
        for name, both in (change.columns or {}).items():
            assert isinstance(both, dict)
            assert state[name] == both["old"]
            state[name] = both["new"]
    assert state == dict(versions[-1])

"""Whatever order and however often copies arrive, the tables end up the same."""

from collections.abc import Iterator
from itertools import count as numbers

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lever_assets.store import Arrival, Store, merge
from lever_assets.store.live import LIVE, count_live, live_rows
from lever_assets.store.reads import count
from lever_assets.store.tables import RAW, UNIFIED
from lever_assets.unified.models import UnifiedRow
from lever_assets_tests.store.builders import arrival, day, landed, tag, whole

FEW = settings(max_examples=40, deadline=None)
CONTENT = ("remote_id", "data", "remote_updated_at", "deleted_at")
connections = (f"connection {number}" for number in numbers())

copies = st.lists(
    st.builds(
        lambda remote_id, age: arrival(remote_id, f"content of day {age}", updated_at=day(age)),
        st.sampled_from("abcd"),
        st.integers(0, 5),
    ),
    max_size=15,
)
batches = st.lists(st.integers(1, 5), min_size=1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('properties') / 'lever.db'}")
    yield store
    store.close()


def land_in_batches(store: Store, connection: str, arrivals: list[Arrival], sizes: list[int]) -> None:
    start, turn = 0, 0
    while start < len(arrivals):
        size = sizes[turn % len(sizes)]
        landed(store, *arrivals[start : start + size], connection=connection, now=day(turn))
        start, turn = start + size, turn + 1


@FEW
@given(copies=copies, sizes=batches)
def test_any_order_and_repetition_of_copies_ends_like_the_newest_alone(
    shared: Store, copies: list[Arrival], sizes: list[int]
) -> None:
    one, other = next(connections), next(connections)
    land_in_batches(shared, one, copies, sizes)
    newest = {copy.remote_id: copy for copy in sorted(copies, key=lambda copy: copy.updated_at or day(0))}
    landed(shared, *newest.values(), connection=other)
    assert whole(shared, RAW["users"], *CONTENT, connection=one) == whole(
        shared, RAW["users"], *CONTENT, connection=other
    )


@FEW
@given(copies=copies, sizes=batches, again=batches)
def test_landing_all_copies_again_changes_nothing(
    shared: Store, copies: list[Arrival], sizes: list[int], again: list[int]
) -> None:
    connection = next(connections)
    land_in_batches(shared, connection, copies, sizes)
    kept = (*CONTENT, "version", "changed_at", "first_seen_at")
    before = whole(shared, RAW["users"], *kept, connection=connection)
    land_in_batches(shared, connection, copies, again)
    assert whole(shared, RAW["users"], *kept, connection=connection) == before


sources = st.dictionaries(
    st.sampled_from("abc"), st.dictionaries(st.sampled_from("xyz"), st.integers(0, 2), max_size=3), max_size=3
)
"""Source -> the rows it yields (name -> content), each row belonging to its source alone."""


def rows_of(mapping: dict[str, dict[str, int]], connection: str) -> list[tuple[str, UnifiedRow]]:
    return [
        (source, tag(source + name, f"content {content}", connection))
        for source, yielded in mapping.items()
        for name, content in yielded.items()
    ]


@FEW
@given(history=st.lists(sources, max_size=6))
def test_live_rows_are_what_each_source_yielded_last(
    shared: Store, history: list[dict[str, dict[str, int]]]
) -> None:
    connection = next(connections)
    last: dict[str, dict[str, int]] = {}
    for turn, mapping in enumerate(history):
        with shared.writing(connection, at=day(turn)) as tx:
            merge(tx, "tags", rows_of(mapping, connection), sources=mapping.keys())
        last.update(mapping)
    stored = whole(
        shared, UNIFIED["tags"], "source_key", "remote_id", "name", "remote_deleted_at", connection=connection
    )
    live = {tuple(row[:3]) for row in stored if row[3] is None}
    assert live == {
        (source, source + name, f"content {content}")
        for source, yielded in last.items()
        for name, content in yielded.items()
    }


@FEW
@given(history=st.lists(st.tuples(sources, st.sampled_from([None, "cutoff", "all"])), max_size=6))
def test_the_number_of_live_rows_that_is_kept_is_the_one_that_is_counted(
    shared: Store, history: list[tuple[dict[str, dict[str, int]], str | None]]
) -> None:
    """Some are left out by a setting, some are gone whoever stored them."""
    connection = next(connections)
    with shared.writing(connection) as tx:
        count_live(tx, ["tags"])
    for turn, (mapping, how) in enumerate(history):
        with shared.writing(connection, at=day(turn)) as tx:
            left_out = dict.fromkeys(mapping, "cutoff") if how == "cutoff" else {}
            rows = [] if how == "cutoff" else rows_of(mapping, connection)
            merge(tx, "tags", rows, sources=None if how == "all" else mapping.keys(), left_out=left_out)
            assert live_rows(tx, ["tags"])["tags"] == LIVE.read(tx, "tags") == count(tx, "tags").live


@FEW
@given(history=st.lists(sources, min_size=1, max_size=4))
def test_merging_the_last_state_again_changes_nothing(
    shared: Store, history: list[dict[str, dict[str, int]]]
) -> None:
    connection = next(connections)
    for turn, mapping in enumerate([*history, history[-1]]):
        before = whole(shared, UNIFIED["tags"], connection=connection)
        with shared.writing(connection, at=day(turn)) as tx:
            merge(tx, "tags", rows_of(mapping, connection), sources=mapping.keys())
    assert whole(shared, UNIFIED["tags"], connection=connection) == before


@FEW
@given(rows=st.permutations("abcdef"))
def test_the_order_of_rows_does_not_matter(shared: Store, rows: list[str]) -> None:
    connection = next(connections)
    with shared.writing(connection, at=day(0)) as tx:
        merge(tx, "tags", [(name, tag(name, connection=connection)) for name in rows], sources=rows)
    stored = whole(shared, UNIFIED["tags"], "remote_id", "source_key", connection=connection)
    assert sorted(stored) == [(name, name) for name in "abcdef"]

from datetime import datetime
from decimal import Decimal

from lever_assets.store import Merged, Store, merge
from lever_assets.store.tables import UNIFIED
from lever_assets.unified.catalogue import BY_NAME
from lever_assets.unified.ids import unified_id
from lever_assets.unified.models import Job
from lever_assets_tests.store.builders import LEVER, T0, candidate, day, merged, tag, whole

TAGS = UNIFIED["tags"]
COLUMNS = ("remote_id", "name", "changed_at", "remote_deleted_at", "source_key")


def tags(store: Store) -> list[tuple[object, ...]]:
    return sorted(whole(store, TAGS, *COLUMNS), key=str)


def test_a_new_row_stands_whole(store: Store) -> None:
    row = candidate(
        "o1",
        first_name="Zoë",
        confidential=False,
        email_addresses=[{"email_address": "z@example.com", "type": None}],
        location={"raw": "Zürich"},
        remote_created_at=day(-2),
        remote_data={"/opportunities": {"id": "o1", "n": [1, 2.5, None]}},
    )
    assert merged(store, ("o1", row), model="candidates") == Merged(seen=1, inserted=1)
    [stored] = whole(store, UNIFIED["candidates"])
    values = row.model_dump()
    assert stored[:5] == (row.id, LEVER, "o1", T0, None)
    assert stored[5:-3] == tuple(values[name] for name in list(values)[3:])
    assert stored[-3] == "o1"
    assert stored[-1] is None


def test_the_same_again_changes_nothing(store: Store) -> None:
    merged(store, ("a", tag("a")), ("b", tag("b")), now=T0)
    before = whole(store, TAGS)
    assert merged(store, ("b", tag("b")), ("a", tag("a")), sources=("a", "b"), now=day(1)) == Merged(
        seen=2, unchanged=2
    )
    assert whole(store, TAGS) == before


def test_only_the_row_whose_content_changed_moves(store: Store) -> None:
    merged(store, ("a", tag("a")), ("b", tag("b")), now=T0)
    assert merged(store, ("a", tag("a")), ("b", tag("b", "new")), ("c", tag("c")), now=day(1)) == Merged(
        seen=3, inserted=1, updated=1, unchanged=1
    )
    assert tags(store) == [
        ("a", "a", T0, None, "a"),
        ("b", "new", day(1), None, "b"),
        ("c", "c", day(1), None, "c"),
    ]


def test_a_change_in_the_raw_record_alone_is_a_change(store: Store) -> None:
    for number, now in ((1, T0), (2, day(1))):
        row = candidate("o1", remote_data={"/opportunities": {"n": number}})
        merged(store, ("o1", row), model="candidates", now=now)
    assert whole(store, UNIFIED["candidates"], "changed_at") == [(day(1),)]


def test_what_a_source_no_longer_yields_is_gone_and_can_come_back(store: Store) -> None:
    rows = [("o1", tag("a")), ("o1", tag("b")), ("o2", tag("c"))]
    merged(store, *rows, now=T0)
    assert merged(store, rows[0], sources=("o1",), now=day(1)) == Merged(seen=1, unchanged=1, deleted=1)
    assert tags(store) == [
        ("a", "a", T0, None, "o1"),
        ("b", "b", day(1), day(1), "o1"),
        ("c", "c", T0, None, "o2"),
    ]
    assert merged(store, rows[0], sources=("o1",), now=day(2)) == Merged(seen=1, unchanged=1)
    assert merged(store, *rows[:2], now=day(3)) == Merged(seen=2, updated=1, unchanged=1)
    assert tags(store)[1] == ("b", "b", day(3), None, "o1")


def test_a_source_that_yields_nothing_loses_all_its_rows(store: Store) -> None:
    merged(store, ("o1", tag("a")), ("o2", tag("b")))
    assert merged(store, sources=("o1", "o3"), now=day(1)) == Merged(deleted=1)
    assert [row[3] for row in tags(store)] == [day(1), None]


def test_rows_of_another_connection_are_left_alone(store: Store) -> None:
    theirs = tag("a", connection="another")
    with store.writing("another", at=T0) as tx:
        merge(tx, "tags", [("o1", theirs)], sources=["o1"])
    merged(store, ("o1", tag("a")), now=T0)
    assert merged(store, sources=("o1",), now=day(1)) == Merged(deleted=1)
    assert whole(store, TAGS, "remote_deleted_at", connection="another") == [(None,)]


def test_of_one_id_yielded_twice_the_first_counts(store: Store) -> None:
    assert merged(store, ("o1", tag("a", "first")), ("o2", tag("a", "second"))) == Merged(seen=1, inserted=1)
    assert tags(store) == [("a", "first", T0, None, "o1")]


def test_a_row_taken_over_by_another_source_is_not_deleted_by_the_old_one(store: Store) -> None:
    merged(store, ("o1", tag("a")), now=T0)
    assert merged(store, ("o2", tag("a")), sources=("o1", "o2"), now=day(1)) == Merged(seen=1, unchanged=1)
    assert merged(store, sources=("o1",), now=day(2)) == Merged()
    assert tags(store) == [("a", "a", T0, None, "o2")]
    assert merged(store, sources=("o2",), now=day(3)) == Merged(deleted=1)


def test_many_rows_in_several_batches_count_as_one_merge(store: Store) -> None:
    rows = [(f"o{n % 700}", tag(f"t{n:04}")) for n in range(2500)]
    assert merged(store, *rows, rows[0]) == Merged(seen=2500, inserted=2500)
    kept = rows[::2]
    assert merged(store, *kept, sources=tuple({source for source, _ in rows}), now=day(1)) == Merged(
        seen=1250, unchanged=1250, deleted=1250
    )
    gone = {row[0] for row in tags(store) if row[3] is not None}
    assert gone == {row.remote_id for _, row in rows[1::2]}


def test_equal_amounts_and_instants_are_no_change(store: Store) -> None:
    def job(amount: str, opened: datetime) -> Job:
        plain = dict.fromkeys(Job.model_fields)
        identity = {"id": unified_id(LEVER, "jobs", "p"), "connection": LEVER, "remote_id": "p"}
        own = {"integration_fields": [], "salary_amount_from": Decimal(amount), "opened_at": opened}
        return Job.model_validate({**plain, **identity, **own})

    merged(store, ("p", job("85000.50", T0)), model="jobs")
    assert merged(store, ("p", job("85000.5", T0)), model="jobs", now=day(1)).unchanged == 1
    assert merged(store, ("p", job("85000.51", T0)), model="jobs", now=day(1)).updated == 1
    stored = whole(store, UNIFIED["jobs"], "salary_amount_from", "opened_at")
    assert stored == [(Decimal("85000.51"), T0)]


def test_every_model_can_be_merged_without_rows(store: Store) -> None:
    for model in BY_NAME:
        assert merged(store, sources=("nothing",), model=model) == Merged()


def test_counts_add_up() -> None:
    assert Merged(1, 2, 3, 4, 5) + Merged(10, 20, 30, 40, 50) == Merged(11, 22, 33, 44, 55)

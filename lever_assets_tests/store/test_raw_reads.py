from collections.abc import Iterable

from pydantic import JsonValue

from lever_assets.store import Arrival, Store, land_children, mark_deleted, raw
from lever_assets.store.raw import RawKey, RawRow
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import canonical, fingerprint
from lever_assets.unified.models import JsonObject
from lever_assets_tests.store.builders import LEVER, T0, arrival, day, landed


def delete(store: Store, resource: str, *remote_ids: str) -> None:
    with store.writing(LEVER, at=T0) as tx:
        mark_deleted(tx, resource, remote_ids)


def ids(rows: Iterable[RawRow] | Iterable[RawKey]) -> list[str]:
    return [row.remote_id for row in rows]


def test_records_are_read_whole_deleted_ones_too(store: Store) -> None:
    landed(store, arrival("b", created_at=day(1), updated_at=day(2)), arrival("a"), arrival("c"))
    delete(store, "users", "a")
    with store.reading(LEVER) as tx:
        rows = raw.read(tx, "users", ["b", "a", "nobody"])
        assert raw.read(Transaction(tx.sql, "another"), "users", ["b", "a"]) == []
    assert ids(rows) == ["a", "b"]
    assert [row.deleted for row in rows] == [True, False]
    content: JsonObject = {"id": "b", "content": "x"}
    assert rows[1] == RawRow("b", None, content, fingerprint(canonical(content)), 1, False, day(1), day(2))


def test_changed_keys_are_those_of_later_landings_once_each(store: Store) -> None:
    landed(store, *(arrival(f"u{n:04}") for n in range(2300)))  # 1
    landed(store, arrival("u0001", "new"), arrival("new"))  # 2
    delete(store, "users", "u0002")  # 3
    landed(store, arrival("later"))  # 4
    with store.reading(LEVER) as tx:
        everything = [key.remote_id for batch in raw.changed_keys(tx, "users", 0, 4) for key in batch]
        assert len(everything) == len(set(everything)) == 2302
        since = list(raw.changed_keys(tx, "users", 1, 3))
        assert since == [[RawKey("new", None), RawKey("u0001", None), RawKey("u0002", None)]]
        assert list(raw.changed_keys(tx, "users", 4, 9)) == []
        assert list(raw.changed_keys(Transaction(tx.sql, "another"), "users", 0, 9)) == []


def test_children_are_read_by_parent_in_their_order(store: Store) -> None:
    with store.writing(LEVER, at=T0) as tx:
        land_children(
            tx,
            "interviews",
            {
                "o1": [arrival("b", position=0), arrival("a", position=1)],
                "o2": [arrival("c"), arrival("d")],
                "o3": [],
            },
            parent_hashes={},
        )
    delete(store, "interviews", "d")
    with store.reading(LEVER) as tx:
        found = raw.by_parent(tx, "interviews", ["o1", "o2", "o3", "o4"])
    assert {parent: ids(rows) for parent, rows in found.items()} == {"o1": ["b", "a"], "o2": ["c"]}


def test_live_records_are_paged_by_remote_id(store: Store) -> None:
    landed(store, *(arrival(name) for name in "ecabd"))
    delete(store, "users", "b")
    with store.reading(LEVER) as tx:
        assert ids(raw.live(tx, "users", after=None, limit=2)) == ["a", "c"]
        assert ids(raw.live(tx, "users", after="c", limit=9)) == ["d", "e"]
        assert ids(raw.keys(tx, "users", after=None, limit=3)) == ["a", "b", "c"]
        assert ids(raw.keys(tx, "users", after="c", limit=3)) == ["d", "e"]


def test_a_snapshot_is_read_in_the_order_of_its_list(store: Store) -> None:
    named = [arrival(f"s{9999 - n}", position=n // 2) for n in range(2500)]
    landed(store, *named, arrival("a"), arrival("z"), resource="stages")
    delete(store, "stages", "s9999", "z")
    with store.reading(LEVER) as tx:
        found = ids(raw.all_live(tx, "stages"))
    expected = sorted(named, key=lambda stage: (stage.position or 0, stage.remote_id))
    assert found == [stage.remote_id for stage in expected if stage.remote_id != "s9999"] + ["a"]


def test_all_live_records_without_a_place_are_read_across_batches(store: Store) -> None:
    landed(store, *(arrival(f"u{n:04}") for n in range(2000)))
    with store.reading(LEVER) as tx:
        assert ids(raw.all_live(tx, "users")) == [f"u{n:04}" for n in range(2000)]
        assert ids(raw.all_live(tx, "tags")) == []


def test_texts_in_an_array_are_told_once_each(store: Store) -> None:
    contents: dict[str, object] = {
        "o1": ["rust", "sql", 'quote "', "zoë 🦊"],
        "o2": ["sql", 7, None, ["nested"], {"a": "b"}],
        "o3": "no array",
        "o4": {"text": "in an object"},
        "o5": None,
        "o6": [],
        "gone": ["deleted"],
    }
    landed(store, *(arrival(name, content) for name, content in contents.items()), resource="opportunities")
    landed(store, arrival("o9", ["theirs"]), resource="opportunities", connection="another")
    delete(store, "opportunities", "gone")
    with store.reading(LEVER) as tx:
        texts = raw.texts_in_array(tx, "opportunities", "content", None)
        assert texts == {"rust", "sql", 'quote "', "zoë 🦊"}
        some = raw.texts_in_array(tx, "opportunities", "content", ["sql", "zoë 🦊", "deleted", "none"])
        assert some == {"sql", "zoë 🦊"}
        assert raw.texts_in_array(tx, "opportunities", "content", []) == set()
        assert raw.texts_in_array(tx, "opportunities", "missing", None) == set()


def test_arrays_that_hold_something_else_than_texts_are_found(store: Store) -> None:
    fine: list[JsonValue] = [["rust"], [None, "sql"], [], None]
    odd: list[JsonValue] = ["rust", 5, {"rust": 1}, ["rust", 5], [["rust"]], [{}], True]
    for number, tags in enumerate([*fine, *odd]):
        landed(store, Arrival(f"o{number:02}", {"id": "x", "tags": tags}), resource="opportunities")
    landed(store, Arrival("o98", {"id": "without"}), resource="opportunities")
    landed(store, Arrival("o99", {"tags": 5}), resource="opportunities")
    delete(store, "opportunities", "o99")
    with store.reading(LEVER) as tx:
        found = raw.not_texts(tx, "opportunities", "tags")
    assert found == [f"o{number:02}" for number in range(len(fine), len(fine) + len(odd))]

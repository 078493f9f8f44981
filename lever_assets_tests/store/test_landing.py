from datetime import datetime

from lever_assets.store import Arrival, Landed, Store, land, land_children, mark_deleted, overtaken, sweep
from lever_assets.store.tables import RAW
from lever_assets.store.values import canonical, fingerprint
from lever_assets_tests.store.builders import LEVER, T0, arrival, at, day, landed, whole

USERS = RAW["users"]
CONTENT = ("remote_id", "data", "version", "changed_at", "deleted_at")


def data(remote_id: str, content: object = "x") -> dict[str, object]:
    return {"id": remote_id, "content": content}


def test_a_new_record_stands_as_it_came(store: Store) -> None:
    came = arrival("u1", "Zoë", parent_id="p", created_at=day(-9), updated_at=day(-3), position=4)
    assert landed(store, came, now=T0) == Landed(seen=1, inserted=1)
    assert whole(store, USERS) == [
        (
            LEVER,
            "u1",
            "p",
            day(-9),
            day(-3),
            fingerprint(canonical(data("u1", "Zoë"))),
            4,
            data("u1", "Zoë"),
            1,
            T0,
            T0,
            T0,
            None,
            None,
        )
    ]


def test_the_same_again_moves_nothing_but_when_it_was_seen(store: Store) -> None:
    landed(store, arrival("u1", {"a": 1, "b": 2}), arrival("u2"), now=T0)
    before = whole(store, USERS, *CONTENT)
    again = landed(store, arrival("u1", {"b": 2, "a": 1}), arrival("u2"), now=day(1))
    assert again == Landed(seen=2, unchanged=2)
    assert whole(store, USERS, *CONTENT) == before
    assert whole(store, USERS, "first_seen_at", "last_seen_at") == [(T0, day(1)), (T0, day(1))]


def test_only_what_changed_gets_the_new_version(store: Store) -> None:
    landed(store, arrival("u1"), arrival("u2"))
    assert landed(store, arrival("u1"), arrival("u2", "new"), arrival("u3"), now=day(1)) == Landed(
        seen=3, inserted=1, updated=1, unchanged=1
    )
    assert whole(store, USERS, *CONTENT) == [
        ("u1", data("u1"), 1, T0, None),
        ("u2", data("u2", "new"), 2, day(1), None),
        ("u3", data("u3"), 2, day(1), None),
    ]


def test_an_older_copy_never_overwrites(store: Store) -> None:
    landed(store, arrival("u1", "new", updated_at=day(5)))
    assert landed(store, arrival("u1", "old", updated_at=day(4)), now=day(6)) == Landed(seen=1, outdated=1)
    assert whole(store, USERS, *CONTENT, "last_seen_at") == [("u1", data("u1", "new"), 1, T0, None, day(6))]


def test_a_copy_without_an_instant_counts_as_the_latest_read(store: Store) -> None:
    landed(store, arrival("u1", "first", updated_at=day(5)))
    landed(store, arrival("u1", "second"))
    landed(store, arrival("u1", "third", updated_at=day(1)))
    assert whole(store, USERS, "data", "version") == [(data("u1", "third"), 3)]


def test_of_copies_in_one_batch_the_newest_wins(store: Store) -> None:
    result = landed(
        store,
        arrival("u1", "old", updated_at=day(1)),
        arrival("u1", "new", updated_at=day(3)),
        arrival("u1", "middle", updated_at=day(2)),
        arrival("u2", "first"),
        arrival("u2", "last"),
    )
    assert result == Landed(seen=2, inserted=2)
    assert whole(store, USERS, "data") == [(data("u1", "new"),), (data("u2", "last"),)]


def test_another_place_in_the_list_is_a_change(store: Store) -> None:
    landed(store, arrival("s1", position=0), arrival("s2", position=1), resource="stages")
    landed(store, arrival("s1", position=1), arrival("s2", position=1), resource="stages", now=day(1))
    assert whole(store, RAW["stages"], "remote_id", "position", "changed_at") == [
        ("s1", 1, day(1)),
        ("s2", 1, T0),
    ]


def test_an_arrival_that_names_neither_parent_nor_place_leaves_them(store: Store) -> None:
    landed(store, arrival("i1", parent_id="o1", position=3), resource="interviews")
    landed(store, arrival("i1", "new"), resource="interviews")
    assert whole(store, RAW["interviews"], "parent_id", "position", "version") == [("o1", 3, 2)]


def test_a_deleted_record_that_arrives_lives_again(store: Store) -> None:
    landed(store, arrival("u1"), arrival("u2"))
    with store.writing(LEVER) as tx:
        assert mark_deleted(at(tx, day(1)), "users", ["u1", "nobody"]) == 1
        assert mark_deleted(at(tx, day(2)), "users", ["u1"]) == 0
    assert whole(store, USERS, *CONTENT) == [
        ("u1", data("u1"), 2, day(1), day(1)),
        ("u2", data("u2"), 1, T0, None),
    ]
    assert landed(store, arrival("u1"), now=day(3)) == Landed(seen=1, updated=1)
    assert whole(store, USERS, *CONTENT)[0] == ("u1", data("u1"), 3, day(3), None)


def test_an_older_copy_does_not_bring_a_deleted_record_back(store: Store) -> None:
    landed(store, arrival("u1", updated_at=day(5)))
    with store.writing(LEVER, at=day(6)) as tx:
        mark_deleted(tx, "users", ["u1"])
    landed(store, arrival("u1", "old", updated_at=day(4)), now=day(7))
    assert whole(store, USERS, *CONTENT) == [("u1", data("u1"), 2, day(6), day(6))]


def test_what_a_complete_listing_did_not_show_is_swept(store: Store) -> None:
    landed(store, arrival("u1"), arrival("u2"), arrival("u3"), now=T0)
    landed(store, arrival("u4"), connection="another", now=T0)
    landed(store, arrival("u2"), now=day(1))
    with store.writing(LEVER) as tx:
        gone = [sweep(at(tx, day(n)), "users", not_seen_since=day(1)) for n in (1, 2)]
    assert gone == [2, 0]
    assert whole(store, USERS, "remote_id", "version", "deleted_at") == [
        ("u4", 1, None),
        ("u1", 3, day(1)),
        ("u2", 1, None),
        ("u3", 3, day(1)),
    ]


def test_connections_live_side_by_side(store: Store) -> None:
    landed(store, arrival("u1", "ours"))
    landed(store, arrival("u1", "theirs"), connection="another")
    landed(store, arrival("u1", "theirs, new"), connection="another")
    assert whole(store, USERS, "connection", "data", "version") == [
        ("another", data("u1", "theirs, new"), 2),
        (LEVER, data("u1", "ours"), 1),
    ]


def test_a_large_batch_lands_like_many_small_ones(store: Store) -> None:
    arrivals = [
        arrival(
            f"u{n:03}",
            {"n": n, "text": 'tab\t newline\n backslash \\ quote " \\N ' + "é" * (n % 3)},
            updated_at=day(n),
        )
        for n in range(300)
    ]
    landed(store, *arrivals[:200], connection="large")  # PostgreSQL takes this one by COPY
    assert landed(store, *arrivals, connection="large").inserted == 100
    for start in range(0, 300, 20):
        landed(store, *arrivals[start : start + 20], connection="small")
    columns = [column.name for column in USERS.c if column.name not in {"connection", "version"}]
    assert whole(store, USERS, *columns, connection="large") == whole(
        store, USERS, *columns, connection="small"
    )


def test_nothing_arrives_and_nothing_happens(store: Store) -> None:
    assert landed(store) == Landed()
    with store.writing(LEVER, at=T0) as tx:
        assert land(tx, "users", iter(())) == Landed()
    assert whole(store, USERS) == []


def test_counts_add_up() -> None:
    assert Landed(1, 2, 3, 4, 5, 6) + Landed(10, 20, 30, 40, 50, 60) == Landed(11, 22, 33, 44, 55, 66)


def test_a_list_that_was_asked_for_before_the_stored_one_is_left_out(store: Store) -> None:
    def listed(*arrivals: Arrival, asked: datetime) -> Landed:
        with store.writing(LEVER, at=day(9)) as tx:
            return land_children(tx, "interviews", {"o1": arrivals}, parent_hashes={}, asked_at={"o1": asked})

    listed(arrival("i1"), arrival("i2"), asked=day(2))
    assert listed(arrival("i1"), asked=day(1)) == Landed()
    assert listed(arrival("i1"), asked=day(3)) == Landed(seen=1, unchanged=1, deleted=1)


def test_what_is_older_than_the_stored_copy_is_overtaken(store: Store) -> None:
    landed(store, arrival("u1", updated_at=day(2)), arrival("u2", updated_at=day(2)), now=T0)
    came = [arrival("u1", updated_at=day(1)), arrival("u2", updated_at=day(2)), arrival("u3")]
    with store.reading(LEVER) as tx:
        assert overtaken(tx, "users", came) == {"u1"}

"""How many rows each hour has, by when the record behind them changed in Lever; on both databases."""

from datetime import timedelta

from lever_assets.store import Store, land_children, mark_deleted
from lever_assets.store.selecting import Within
from lever_assets.store.windowed import Hour, by_hour
from lever_assets_tests.store.builders import LEVER, T0, arrival, candidate, day, landed, merged

OPPORTUNITIES = Within("opportunities", None, None, None)
BELOW = Within("interviews", "opportunities", None, None)
LATE = T0.replace(hour=23, minute=59)


def counted(store: Store, table: str, within: Within = OPPORTUNITIES) -> set[Hour]:
    with store.reading(LEVER) as tx:
        return {*by_hour(tx, table, within, T0)}


def test_rows_are_counted_by_the_hour_of_their_record_and_by_when_they_were_written(store: Store) -> None:
    before = T0 - timedelta(days=1)
    landed(
        store,
        arrival("a", updated_at=LATE),
        arrival("b", updated_at=LATE.replace(minute=1)),
        now=before,
        resource="opportunities",
    )
    landed(
        store,
        arrival("b", "new", updated_at=LATE),
        arrival("c", created_at=day(1)),
        arrival("d"),
        arrival("e", created_at=day(1), updated_at=day(2)),
        resource="opportunities",
    )
    landed(store, arrival("other", updated_at=LATE), resource="opportunities", connection="another")
    with store.writing(LEVER, at=T0) as tx:
        mark_deleted(tx, "opportunities", ["e"])
    assert counted(store, "raw_opportunities") == {
        Hour(LATE.replace(minute=0), 2, 1),
        Hour(day(1), 1, 1),
        Hour(None, 1, 1),
    }
    inside = Within("opportunities", None, None, day(1))
    assert counted(store, "raw_opportunities", inside) == {
        Hour(LATE.replace(minute=0), 2, 1),
        Hour(None, 1, 1),
    }
    later = Within("opportunities", None, day(1), None)
    assert counted(store, "raw_opportunities", later) == {Hour(day(1), 1, 1)}


def test_what_is_below_a_record_or_mapped_from_it_goes_with_it(store: Store) -> None:
    landed(store, arrival("a", updated_at=LATE), arrival("b", updated_at=day(3)), resource="opportunities")
    with store.writing(LEVER, at=T0) as tx:
        land_children(
            tx,
            "interviews",
            {"a": [arrival("i1"), arrival("i2")], "b": [arrival("i3", updated_at=LATE)]},
            parent_hashes={},
        )
    merged(store, *((key, candidate(key)) for key in ("a", "b")), sources=("a", "b"), model="candidates")
    assert counted(store, "raw_interviews", BELOW) == {
        Hour(LATE.replace(minute=0), 2, 2),
        Hour(day(3), 1, 1),
    }
    assert counted(store, "candidates") == {Hour(LATE.replace(minute=0), 1, 1), Hour(day(3), 1, 1)}

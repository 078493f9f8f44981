from datetime import datetime, timedelta

from lever_assets.store import Store, due, mapping_errors
from lever_assets_tests.store.builders import LEVER, T0, day

RAW = "raw_interviews"
MINUTE = timedelta(minutes=1)


def fail(store: Store, *parents: str, now: datetime = T0, why: str = "no", connection: str = LEVER) -> None:
    with store.writing(connection, at=now) as tx:
        reasons = dict.fromkeys(parents, why)
        due.put_off(tx, RAW, "opportunities", reasons)


def asked(store: Store, now: datetime) -> list[str]:
    with store.reading(LEVER, at=now) as tx:
        return due.due(tx, RAW, "opportunities")


def test_a_failed_read_is_due_after_two_minutes_then_after_twice_as_long_and_so_on_up_to_a_day(
    store: Store,
) -> None:
    moment = T0
    for minutes in (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440, 1440):
        fail(store, "o1", now=moment)
        assert asked(store, moment + minutes * MINUTE - timedelta(seconds=1)) == []
        moment += minutes * MINUTE
        assert asked(store, moment) == ["o1"]


def test_a_read_may_fail_for_ever(store: Store) -> None:
    assert due.gap_after(10_000) == timedelta(days=1)


def test_what_is_known_of_a_failed_read_is_that_of_the_last_time(store: Store) -> None:
    fail(store, "o1", "o2", why="status 500")
    fail(store, "o1", now=day(1), why="status 403")
    fail(store, "o3", connection="another")
    with store.reading(LEVER) as tx:
        first, second = due.listed(tx, RAW)
        assert due.waiting(tx, RAW) == due.waiting(tx) == due.Waiting(2, T0 + 2 * MINUTE)
        assert due.failed(tx, RAW, "opportunities") == {"o1", "o2"}
    assert first == due.FailedRead(
        RAW, "opportunities", "o1", "status 403", 2, day(1) + 4 * MINUTE, first_seen_at=T0
    )
    assert second.attempts == 1


def test_a_read_that_went_well_is_forgotten_and_begins_anew(store: Store) -> None:
    fail(store, "o1", "o2")
    fail(store, "o1", now=day(1))
    with store.writing(LEVER) as tx:
        assert due.healed(tx, RAW, "opportunities", ["o1", "o9"]) == 1
        assert due.healed(tx, RAW, "opportunities", []) == 0
    assert asked(store, day(9)) == ["o2"]
    fail(store, "o1", now=day(2))
    assert asked(store, day(2) + 2 * MINUTE) == ["o1", "o2"]


def test_what_could_not_be_read_is_no_record_that_could_not_be_mapped(store: Store) -> None:
    wrong = mapping_errors.MappingError(RAW, "interviews", "(none) 1", "without id")
    with store.writing(LEVER, at=T0) as tx:
        mapping_errors.record(tx, [wrong])
    fail(store, "o1")
    with store.writing(LEVER) as tx:
        assert due.waiting(tx, RAW).count == 1
        assert mapping_errors.resolve_all(tx, RAW) == 1
        assert due.waiting(tx, RAW).count == 1
        assert due.waiting(tx, "raw_offers") == due.Waiting(0, None)


def test_an_id_that_no_text_can_hold_is_kept_as_the_database_keeps_it(store: Store) -> None:
    fail(store, "o\x001")
    fail(store, "o\x001", now=day(1))
    (stored,) = asked(store, day(9))
    with store.writing(LEVER) as tx:
        assert due.listed(tx)[0].attempts == 2
        assert due.healed(tx, RAW, "opportunities", [stored]) == 1

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import event

from lever_assets.store import Landed, Store, land_children, mark_deleted
from lever_assets.store import due as failures
from lever_assets.store.children import (
    HISTORY,
    NEVER,
    READ_UP_TO,
    Due,
    count_due,
    delete_orphans,
    due_parents,
    each_due,
    forget_all_reads,
    forget_passed_over,
    forget_reads,
    note_read_up_to,
    note_reads,
    place_of,
)
from lever_assets.store.landing import Arrival
from lever_assets.store.tables import RAW, child_reads
from lever_assets_tests.store.builders import LEVER, T0, arrival, day, landed, whole

INTERVIEWS = RAW["interviews"]


def children(
    store: Store,
    listed: dict[str, list[Arrival]],
    hashes: dict[str, str | None] | None = None,
    now: datetime = T0,
) -> Landed:
    with store.writing(LEVER, at=now) as tx:
        return land_children(tx, "interviews", listed, parent_hashes=hashes or {})


def due(
    store: Store,
    *,
    lower: datetime | None = None,
    upper: datetime | None = None,
    read_before: datetime | None = None,
    at: datetime | None = None,
    limit: int = 100,
    after: str | None = None,
    history: bool = False,
) -> list[str]:
    wanted = Due("opportunities", "interviews", lower, upper, read_before, at, history)
    with store.reading(LEVER) as tx:
        beyond = None if after is None else place_of(tx, "opportunities", after)
        found = due_parents(tx, wanted, limit=limit, after=beyond)
        if limit == 100:
            assert count_due(tx, wanted, after=beyond) == len(found)
    return [each.remote_id for each in found]


def opportunities(
    store: Store, *remote_ids: str, content: str = "x", now: datetime = T0
) -> dict[str, str | None]:
    landed(
        store, *(arrival(remote_id, content) for remote_id in remote_ids), resource="opportunities", now=now
    )
    return {row[0]: row[1] for row in whole(store, RAW["opportunities"], "remote_id", "content_hash")}


def test_a_child_that_its_parents_list_lacks_is_deleted(store: Store) -> None:
    children(store, {"o1": [arrival("i1"), arrival("i2")], "o2": [arrival("i3")]})
    assert children(store, {"o1": [arrival("i2")]}, now=day(1)) == Landed(seen=1, unchanged=1, deleted=1)
    assert whole(store, INTERVIEWS, "remote_id", "parent_id", "version", "deleted_at") == [
        ("i1", "o1", 2, day(1)),
        ("i2", "o1", 1, None),
        ("i3", "o2", 1, None),
    ]
    assert children(store, {"o1": [arrival("i1"), arrival("i2")]}, now=day(2)).updated == 1
    assert whole(store, INTERVIEWS, "remote_id", "deleted_at")[0] == ("i1", None)


def test_a_parent_without_children_loses_those_it_had(store: Store) -> None:
    children(store, {"o1": [arrival("i1")], "o2": [arrival("i2")]})
    assert children(store, {"o1": [], "o2": []}, now=day(1)) == Landed(deleted=2)


def test_a_child_that_moved_to_another_parent_is_not_deleted(store: Store) -> None:
    children(store, {"o1": [arrival("i1")], "o2": []})
    assert children(store, {"o1": [], "o2": [arrival("i1")]}) == Landed(seen=1, updated=1)
    assert whole(store, INTERVIEWS, "remote_id", "parent_id", "deleted_at") == [("i1", "o2", None)]


def test_when_and_for_what_children_were_read_is_kept(store: Store) -> None:
    children(store, {"o1": [], "o2": []}, {"o1": "h1", "o2": None})
    children(store, {"o1": []}, now=day(1))
    assert whole(store, child_reads) == [
        (LEVER, "interviews", "o1", "h1", day(1)),
        (LEVER, "interviews", "o2", None, T0),
    ]


def test_a_parent_is_due_until_its_children_are_read_and_again_when_it_changes(store: Store) -> None:
    hashes = opportunities(store, "o1", "o2")
    assert due(store) == ["o1", "o2"]
    children(store, {"o1": []}, hashes)
    assert due(store) == ["o2"]
    children(store, {"o2": []})  # for an unknown content: to be sure, it stays due
    assert due(store) == ["o2"]
    opportunities(store, "o1", content="new")
    assert due(store) == ["o1", "o2"]


def test_children_of_another_resource_do_not_count_as_read(store: Store) -> None:
    hashes = opportunities(store, "o1")
    with store.writing(LEVER, at=T0) as tx:
        land_children(tx, "offers", {"o1": []}, parent_hashes=hashes)
    assert due(store) == ["o1"]


def test_children_read_too_long_ago_are_due(store: Store) -> None:
    hashes = opportunities(store, "o1", "o2")
    children(store, {"o1": []}, hashes, now=T0)
    children(store, {"o2": []}, hashes, now=day(2))
    assert due(store, read_before=day(1)) == ["o1"]


def test_only_parents_that_changed_within_the_bounds_are_due(store: Store) -> None:
    dated = Arrival("o1", {"id": "o1"}, created_at=T0, updated_at=day(2))
    undated = Arrival("o2", {"id": "o2"}, created_at=day(4), updated_at=None)
    landed(store, dated, undated, resource="opportunities")
    assert due(store, lower=day(2), upper=day(4)) == ["o1"]
    assert due(store, lower=day(3)) == ["o2"]
    assert due(store, upper=day(2)) == []


def put_off(store: Store, hashes: dict[str, str | None], now: datetime = T0) -> None:
    with store.writing(LEVER, at=now) as tx:
        failures.put_off(tx, "raw_interviews", "opportunities", dict.fromkeys(hashes, "no"), hashes=hashes)


def test_a_parent_whose_reading_failed_is_due_when_its_time_has_come(store: Store) -> None:
    hashes = opportunities(store, "o1", "o2")
    put_off(store, {"o1": hashes["o1"]})
    assert due(store, at=T0) == ["o2"]
    assert due(store, at=T0 + timedelta(minutes=2)) == ["o1", "o2"]


def test_a_parent_whose_reading_failed_is_due_again_wherever_it_lies_and_however_well_it_was_read_before(
    store: Store,
) -> None:
    hashes = opportunities(store, "o1")
    children(store, {"o1": []}, hashes)
    assert due(store, at=day(1)) == []
    put_off(store, hashes)
    assert due(store, at=day(1), lower=day(5), upper=day(6)) == ["o1"]


def test_a_parent_that_changed_since_its_reading_failed_is_due_at_once(store: Store) -> None:
    put_off(store, opportunities(store, "o1"))
    assert due(store, at=T0) == []
    opportunities(store, "o1", content="new")
    assert due(store, at=T0) == ["o1"]


def settled(store: Store) -> bool:
    """Let it be kept that nothing is left, and tell whether it was."""
    with store.writing(LEVER, at=T0) as tx:
        note_read_up_to(tx, "interviews", "opportunities")
        return READ_UP_TO.read(tx, "interviews") == tx.current_version()


def test_nothing_is_left_when_all_were_read_or_failed(store: Store) -> None:
    hashes = opportunities(store, "o1", "o2")
    children(store, {"o1": []}, hashes)
    assert not settled(store)
    put_off(store, {"o2": hashes["o2"]})
    assert settled(store)


def test_what_was_left_over_nothing_is_due_when_it_changes_fails_or_its_reading_is_forgotten(
    store: Store,
) -> None:
    hashes = opportunities(store, "o1", "o2", "o3", "o4")
    children(store, {"o1": [], "o2": [], "o3": [], "o4": []}, hashes)
    assert settled(store)
    assert due(store, at=day(1)) == []
    opportunities(store, "o1", content="new")
    put_off(store, {"o2": hashes["o2"]})
    assert due(store, at=T0) == ["o1"]
    assert due(store, at=day(1)) == ["o1", "o2"]
    assert due(store, at=day(1), after="o1") == ["o2"]
    assert due(store, at=day(1), limit=1) == ["o1"]
    with store.writing(LEVER, at=T0) as tx:
        forget_reads(tx, "interviews", ["o3"])
    assert due(store, at=day(1)) == ["o1", "o2"]
    assert due(store, at=day(1), history=True) == ["o1", "o3"]
    with store.writing(LEVER, at=T0) as tx:
        forget_all_reads(tx, "interviews")
    assert due(store, at=day(1), history=True) == ["o1", "o3", "o4"]


def test_what_is_forgotten_before_anybody_read_below_parents_begins_no_history(store: Store) -> None:
    with store.writing(LEVER, at=T0) as tx:
        forget_all_reads(tx, "applications")  # they come inside their opportunity: no reading would end it
        forget_reads(tx, "applications", ["o1"])
        assert HISTORY.read(tx, "applications") is None


def test_who_was_passed_over_is_due_when_that_is_forgotten(store: Store) -> None:
    hashes = opportunities(store, "o1")
    with store.writing(LEVER, at=T0) as tx:
        note_reads(tx, "interviews", {"o1": (NEVER, hashes["o1"])})
    assert settled(store)
    assert due(store, at=day(1)) == []
    with store.writing(LEVER, at=T0) as tx:
        forget_passed_over(tx, "interviews")
    assert due(store, at=day(1)) == []
    assert due(store, at=day(1), history=True) == ["o1"]


def test_a_parent_that_comes_back_is_due_although_nothing_was_left(store: Store) -> None:
    hashes = opportunities(store, "o1")
    children(store, {"o1": []}, hashes)
    with store.writing(LEVER, at=T0) as tx:
        mark_deleted(tx, "opportunities", ["o1"])
        delete_orphans(tx, "interviews", "opportunities")
    assert settled(store)
    opportunities(store, "o1")
    assert due(store, at=day(1)) == ["o1"]


def test_whoever_asks_for_all_that_was_read_before_looks_at_everybody(store: Store) -> None:
    hashes = opportunities(store, "o1", "o2")
    children(store, {"o1": [], "o2": []}, hashes)
    assert settled(store)
    assert due(store, at=T0, read_before=day(1)) == ["o1", "o2"]


def test_a_mark_from_beyond_the_last_landing_counts_as_none(store: Store) -> None:
    opportunities(store, "o1")
    with store.writing(LEVER, at=T0) as tx:
        READ_UP_TO.keep(tx, 10**15, "interviews")
    assert due(store, at=T0) == ["o1"]


def test_whoever_asks_for_everything_asks_for_what_failed_too(store: Store) -> None:
    put_off(store, opportunities(store, "o1"))
    assert due(store, at=T0, read_before=T0) == ["o1"]


def test_what_failed_below_a_parent_that_is_gone_is_forgotten(store: Store) -> None:
    put_off(store, opportunities(store, "o1", "o2"))
    with store.writing(LEVER, at=T0) as tx:
        mark_deleted(tx, "opportunities", ["o1"])
        delete_orphans(tx, "interviews", "opportunities")
        assert failures.failed(tx, "raw_interviews", "opportunities") == {"o2"}


def test_deleted_parents_and_those_of_other_connections_are_not_due(store: Store) -> None:
    opportunities(store, "o1")
    landed(store, arrival("o2"), resource="opportunities", connection="another")
    with store.writing(LEVER) as tx:
        tx.sql.execute(
            RAW["opportunities"]
            .update()
            .where(RAW["opportunities"].c.remote_id == "o1")
            .values(deleted_at=T0)
        )
    assert due(store) == []


def test_due_parents_are_paged_by_code_point(store: Store) -> None:
    names = ["B", "a", "ä", "Z", "-", "b"]
    hashes = opportunities(store, *names)
    assert due(store, limit=4) == ["-", "B", "Z", "a"]
    assert due(store, limit=4, after="a") == ["b", "ä"]
    wanted = Due("opportunities", "interviews")
    with store.reading(LEVER) as tx:
        [first] = due_parents(tx, wanted, limit=1, after=None)
    assert first[:2] == ("-", hashes["-"])
    assert [each.remote_id for each in each_due(partial(store.reading, LEVER), wanted, batch=2)] == sorted(
        names
    )


def test_what_was_read_of_each_parent_is_looked_up_in_a_table_that_was_never_counted(store: Store) -> None:
    """PostgreSQL went through all that was read for each parent, until it counted the table later on."""
    names = [f"o{number:03}" for number in range(300)]
    hashes = opportunities(store, *names)
    children(store, {each: [] for each in names[:200]}, hashes)
    asked: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
        asked.append((statement, given))

    event.listen(store.engine, "before_cursor_execute", note)
    assert len(due(store, at=T0, limit=50)) == 50
    event.remove(store.engine, "before_cursor_execute", note)
    with store.reading(LEVER) as tx:
        if tx.sql.dialect.name == "postgresql":
            [(statement, given)] = [each for each in asked if "child_reads" in each[0]]
            explained = tx.sql.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", given)
            assert sum(rows_read(explained.scalar_one(), "child_reads")) <= len(names)


def rows_read(plan: Any, table: str) -> Iterator[float]:
    """Yield how many rows of a table each step of a plan has read."""
    if isinstance(plan, list):
        for each in plan:
            yield from rows_read(each, table)
    elif isinstance(plan, dict):
        if plan.get("Relation Name") == table:
            yield plan["Actual Rows"] * plan["Actual Loops"]
        for each in plan.values():
            yield from rows_read(each, table)

"""A transaction holds wholly or not at all, and landings become visible in the order of their versions."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Event
from time import sleep

import pytest
from sqlalchemy.exc import DBAPIError

from lever_assets.store import Store, land, merge, raw
from lever_assets.store.errors import ReadOnlyError
from lever_assets.store.tables import RAW, UNIFIED, sync_state
from lever_assets.store.transaction import now
from lever_assets.unified.models import UnifiedRow
from lever_assets_tests.store.builders import LEVER, T0, arrival, day, landed, merged, tag, whole


class StoppedError(Exception):
    """What goes wrong in the middle."""


@pytest.mark.parametrize("size", [3, 200])
def test_an_exception_in_the_middle_leaves_nothing_half_merged(store: Store, size: int) -> None:
    landed(store, arrival("u1", "before"))
    merged(store, ("u1", tag("before")))
    tables = (RAW["users"], UNIFIED["tags"], sync_state)
    before = [whole(store, table) for table in tables]

    def stop_in_the_middle() -> None:
        with store.writing(LEVER, at=day(1)) as tx:
            land(tx, "users", [arrival(f"u{n}") for n in range(size)])
            rows = [(f"u{n}", tag(f"t{n}")) for n in range(size)]
            merge(tx, "tags", rows, sources=["u1"])
            raise StoppedError

    with pytest.raises(StoppedError):
        stop_in_the_middle()
    assert [whole(store, table) for table in tables] == before
    assert landed(store, *(arrival(f"u{n}") for n in range(size))).seen == size


def test_an_exception_while_rows_are_being_made_leaves_nothing(store: Store) -> None:
    def rows() -> Iterator[tuple[str, UnifiedRow]]:
        for number in range(1500):
            yield "o", tag(f"t{number}")
        raise StoppedError

    with pytest.raises(StoppedError), store.writing(LEVER, at=T0) as tx:
        merge(tx, "tags", rows(), sources=["o"])
    assert whole(store, UNIFIED["tags"]) == []


KILLED = """
import os, signal, sys
from lever_assets.store import Store
from lever_assets_tests.store.builders import *
from lever_assets.store import land
store = Store.open(sys.argv[1])
landed(store, arrival("kept"))
with store.writing(LEVER) as tx:
    land(tx, "users", [arrival(f"u{n}") for n in range(200)])
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_leaves_what_it_had_committed_and_no_more(database_url: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, database_url], check=False)
    assert done.returncode == -signal.SIGKILL
    store = Store.open(database_url)
    assert whole(store, RAW["users"], "remote_id", "version") == [("kept", 1)]
    assert landed(store, arrival("next")).inserted == 1
    assert whole(store, RAW["users"], "remote_id", "version") == [("kept", 1), ("next", 2)]
    store.close()


def test_a_reader_sees_one_state_and_is_not_held_up_by_a_writer(store: Store) -> None:
    landed(store, arrival("u1"))
    with store.reading(LEVER) as before:
        assert len(raw.live(before, "users", after=None, limit=9)) == 1
        with store.writing(LEVER, at=T0) as tx:
            land(tx, "users", [arrival("u2")])
            with store.reading(LEVER) as meanwhile:
                assert len(raw.live(meanwhile, "users", after=None, limit=9)) == 1
        assert len(raw.live(before, "users", after=None, limit=9)) == 1
    assert len(whole(store, RAW["users"])) == 2


def test_a_reader_can_not_write(store: Store) -> None:
    with pytest.raises(ReadOnlyError), store.reading(LEVER, at=T0) as tx:
        land(tx, "users", [arrival("u1")])
    landed(store, arrival("u1"))


def test_a_mistake_of_ours_stays_what_it_is(store: Store) -> None:
    with pytest.raises(DBAPIError), store.writing(LEVER) as tx:
        tx.sql.exec_driver_sql("SELEKT nonsense")


def test_versions_count_up_by_connection(store: Store) -> None:
    with store.reading(LEVER) as tx:
        assert tx.current_version() == 0
    for expected in (1, 2):
        with store.writing(LEVER) as tx:
            assert tx.version == expected
            assert tx.current_version() == expected
    with store.writing("another") as tx:
        assert tx.version == 1
    with store.reading(LEVER) as tx:
        assert tx.current_version() == 2


def test_what_waited_for_another_landing_is_not_dated_before_its_end(store: Store) -> None:
    """Nor is it when nothing has ever landed: the first lock makes what it locks."""
    held, waited_for = Event(), Event()

    def hold() -> datetime:
        with store.writing(LEVER) as tx:
            tx.hold_landings()
            held.set()
            waited_for.wait(10)
            sleep(0.2)  # the other is at it
            return now()

    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(hold)
        held.wait(10)
        waited_for.set()
        with store.writing(LEVER) as tx:
            tx.hold_landings()
            begun = tx.instant
        assert begun >= ended.result(timeout=10)


def test_a_transaction_is_renewed_unless_its_instant_was_given(store: Store) -> None:
    with store.writing(LEVER) as tx:
        first = tx.instant
        tx.renew()
        assert tx.instant > first
    with store.writing(LEVER, at=T0) as tx:
        tx.renew()
        tx.hold_landings()
        assert tx.instant == T0


def test_versions_become_visible_in_order_with_all_that_landed(store: Store) -> None:
    def write(worker: int) -> list[int]:
        taken = []
        for number in range(10):
            with store.writing(LEVER, at=T0) as tx:
                version = tx.version
                land(tx, "users", [arrival(f"u{worker}-{number}")])
                taken.append(version)
        return taken

    def follow(_: int) -> list[str]:
        seen: list[str] = []
        watermark = 0
        while watermark < 30:
            with store.reading(LEVER) as tx:
                version = tx.current_version()
                for batch in raw.changed_keys(tx, "users", watermark, version):
                    seen += [key.remote_id for key in batch]
                watermark = version
        return seen

    with ThreadPoolExecutor(4) as pool:
        followed = pool.submit(follow, 0)
        taken = [version for worker in pool.map(write, range(3)) for version in worker]
        assert sorted(taken) == list(range(1, 31))
        assert sorted(followed.result(timeout=60)) == sorted(f"u{w}-{n}" for w in range(3) for n in range(10))


def test_a_copy_that_was_overtaken_while_it_waited_does_not_overwrite(postgresql_database: str) -> None:
    store = Store.open(postgresql_database)

    def land_old() -> object:
        with store.writing(LEVER, at=T0) as tx:
            tx.version = 9  # for which nobody waits
            return land(tx, "users", [arrival("u1", "old", updated_at=day(1))])

    with ThreadPoolExecutor(1) as pool:
        with store.writing(LEVER, at=T0) as tx:
            tx.version = 8
            land(tx, "users", [arrival("u1", "new", updated_at=day(2))])
            waiting = pool.submit(land_old)
            while not tx.sql.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar_one():
                assert not waiting.done()
        result = waiting.result(timeout=60)
    assert str(result).startswith("Landed(seen=1, inserted=0, updated=0, unchanged=0, deleted=0, outdated=1")
    assert whole(store, RAW["users"], "data", "version") == [({"id": "u1", "content": "new"}, 8)]
    store.close()

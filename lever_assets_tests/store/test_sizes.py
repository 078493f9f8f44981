"""How large the database is: what is taken on the disk, and how that grew by what was kept of it."""

from datetime import UTC, datetime, timedelta

import pytest

from lever_assets.store import Arrival, Store, land
from lever_assets.store.checkpoints import put_state
from lever_assets.store.sizes import DATABASE, Growth, database_size, grown, is_to_be_noted, note_size
from lever_assets.store.transaction import NOBODY

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def _size(store: Store) -> int:
    with store.reading("lever") as tx:
        return database_size(tx)


def test_what_lands_makes_it_larger(store: Store) -> None:
    before = _size(store)
    with store.writing("lever") as tx:
        land(tx, "opportunities", [Arrival(f"{n}", {"id": f"{n}", "text": "x" * 3000}) for n in range(300)])
    more = _size(store) - before
    # PostgreSQL compresses such a text; indexes and rows are there all the same.
    assert more > (900_000 if store.engine.dialect.name == "sqlite" else 20_000)


def test_in_postgresql_tables_of_others_do_not_count(store: Store) -> None:
    if store.engine.dialect.name != "postgresql":
        pytest.skip("a SQLite file is one's own")
    before = _size(store)
    with store.writing("lever") as tx:
        tx.sql.exec_driver_sql("CREATE TABLE of_others AS SELECT generate_series(1, 10000) AS number")
    assert _size(store) == before


def test_growth_is_told_once_a_day_has_passed(store: Store) -> None:
    with store.writing("lever", AT) as tx:
        assert is_to_be_noted(tx, DATABASE)
        assert grown(tx, DATABASE, 1000) == Growth(1000)
        note_size(tx, DATABASE, 1000)
        assert not is_to_be_noted(tx, DATABASE)
    with store.reading("lever", AT + timedelta(hours=23)) as tx:
        assert is_to_be_noted(tx, DATABASE)
        assert grown(tx, DATABASE, 1500) == Growth(1500)
    with store.reading("another", AT + timedelta(days=4)) as tx:  # the file is that of all accounts
        assert grown(tx, DATABASE, 3000) == Growth(3000, 500, 4)
        assert grown(tx, DATABASE, 200) == Growth(200, -200, 4)


def test_only_the_last_month_counts_and_is_kept(store: Store) -> None:
    for day in range(40):
        with store.writing("lever", AT + timedelta(days=day)) as tx:
            note_size(tx, DATABASE, day * 100)
    with store.reading("lever", AT + timedelta(days=39)) as tx:
        assert grown(tx, DATABASE, 3900) == Growth(3900, 100, 30)
        kept = DATABASE.read(tx.of(NOBODY))
    assert kept is not None
    assert len(kept) == 31


def test_what_a_clock_ahead_of_ours_or_a_hand_has_kept_tells_nothing(store: Store) -> None:
    with store.writing("lever", AT + timedelta(days=9)) as tx:
        note_size(tx, DATABASE, 1000)
    with store.reading("lever", AT) as tx:
        assert is_to_be_noted(tx, DATABASE)
        assert grown(tx, DATABASE, 2000) == Growth(2000)
    with store.writing("lever", AT + timedelta(days=12)) as tx:
        put_state(tx.of(NOBODY), "sizes", [{"at": 7, "bytes": "many"}])
        assert grown(tx, DATABASE, 2000) == Growth(2000)

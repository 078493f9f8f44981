"""Which of two copies is kept: the one that was read later, and Lever's word only where reads overlap."""

from datetime import datetime
from itertools import product

import pytest
from sqlalchemy import literal, select

from lever_assets.store import Store
from lever_assets.store.landing import ReadAt
from lever_assets.store.tables import RAW
from lever_assets.store.values import UtcDateTime
from lever_assets_tests.store.builders import arrival, day, landed, whole

USERS = RAW["users"]


def kept(store: Store) -> object:
    ((data,),) = whole(store, USERS, "data")
    return data["content"]


def test_a_read_that_began_after_the_copy_was_seen_wins_whatever_its_instant(store: Store) -> None:
    landed(store, arrival("u1", "stored", updated_at=day(5)), now=day(6))
    result = landed(store, arrival("u1", "read later", updated_at=day(4)), asked_at=day(7), now=day(8))
    assert (result.updated, kept(store)) == (1, "read later")


def test_of_reads_that_overlap_the_later_change_is_kept(store: Store) -> None:
    landed(store, arrival("u1", "stored", updated_at=day(5)), now=day(6))
    result = landed(store, arrival("u1", "older", updated_at=day(4)), asked_at=day(5), now=day(7))
    assert (result.outdated, kept(store)) == (1, "stored")
    result = landed(store, arrival("u1", "newer", updated_at=day(6)), asked_at=day(6), now=day(8))
    assert (result.updated, kept(store)) == (1, "newer")


def test_a_change_ahead_of_the_clock_holds_off_no_read(store: Store) -> None:
    landed(store, arrival("u1", "never true", updated_at=day(300)), now=day(6))
    landed(store, arrival("u1", "overlapping", updated_at=day(4)), asked_at=day(5), now=day(7))
    assert kept(store) == "overlapping"


def test_of_copies_of_one_batch_a_change_ahead_of_the_clock_does_not_win(store: Store) -> None:
    copies = [arrival("u1", "never true", updated_at=day(300)), arrival("u1", "last", updated_at=day(2))]
    landed(store, *copies, asked_at=day(5), now=day(7))
    assert kept(store) == "last"


@pytest.mark.parametrize("asked_at", [None, day(2), day(4)])
def test_the_database_judges_as_we_do(store: Store, asked_at: datetime | None) -> None:
    reading = ReadAt(asked_at, now=day(5))
    instants = (None, day(1), day(3), day(6))
    with store.reading("lever") as tx:
        for updated_at, stored, seen_at in product(instants, instants, (day(1), day(3))):
            judged = reading.is_older_sql(
                *(literal(each, UtcDateTime) for each in (updated_at, stored, seen_at))
            )
            said = tx.sql.execute(select(judged)).scalar_one()
            assert bool(said) is reading.is_older(updated_at, stored, seen_at), (updated_at, stored, seen_at)

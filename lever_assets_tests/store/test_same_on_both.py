"""The same inputs leave identical tables in SQLite and in PostgreSQL."""

from collections.abc import Iterator
from decimal import Decimal
from random import Random

import pytest

from lever_assets.store import Store, land, land_children, merge, sweep
from lever_assets.store.tables import RAW, UNIFIED, child_reads
from lever_assets.unified.ids import unified_id
from lever_assets.unified.models import Job
from lever_assets_tests.store.builders import LEVER, arrival, candidate, day, tag, whole


@pytest.fixture
def both(sqlite_database: str, postgresql_database: str) -> Iterator[tuple[Store, Store]]:
    stores = Store.open(sqlite_database), Store.open(postgresql_database)
    yield stores
    for store in stores:
        store.close()


def job(remote_id: str, chance: Random) -> Job:
    plain = dict.fromkeys(Job.model_fields)
    return Job.model_validate(
        plain
        | {
            "id": unified_id(LEVER, "jobs", remote_id),
            "connection": LEVER,
            "remote_id": remote_id,
            "name": chance.choice(["Zoë's job", "", "漢字\x00", "a" * 3000]),
            "confidential": chance.choice([True, False, None]),
            "salary_amount_from": Decimal(chance.randrange(10**12)) / 100,
            "integration_fields": [],
            "opened_at": day(chance.randrange(400)),
            "remote_data": {"n": chance.random(), "deep": [{"b": None, "a": [1, 2]}]},
        }
    )


def a_history(store: Store, seed: int) -> None:
    """Landings, sweeps and merges drawn from a seed; small batches and such that PostgreSQL takes by COPY."""
    chance = Random(seed)
    for turn in range(8):
        now = day(turn)
        size = chance.choice([3, 120])
        with store.writing(LEVER, at=now) as tx:
            arrivals = [
                arrival(f"o{chance.randrange(200)}", chance.randrange(3), updated_at=day(chance.randrange(5)))
                for _ in range(size)
            ]
            land(tx, "opportunities", arrivals)
            listed = {f"o{n}": [arrival(f"i{chance.randrange(90)}", turn)] for n in range(size)}
            land_children(tx, "interviews", listed, parent_hashes={"o1": "h"})
            if turn == 5:
                sweep(tx, "opportunities", not_seen_since=day(3))
            for model, make in (
                ("jobs", lambda key: job(key, chance)),
                ("tags", tag),
                ("candidates", candidate),
            ):
                sources = [f"s{chance.randrange(150)}" for _ in range(size)]
                rows = [(source, make(source)) for source in sources if chance.random() < 0.8]
                merge(tx, model, rows, sources=sources)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_history_leaves_the_same_tables(both: tuple[Store, Store], seed: int) -> None:
    for store in both:
        a_history(store, seed)
    for table in (*RAW.values(), *UNIFIED.values(), child_reads):
        first, second = (whole(store, table) for store in both)
        assert first == second, table.name
        if table.name in {"raw_opportunities", "raw_interviews", "jobs", "tags", "candidates", "child_reads"}:
            assert len(first) > 50, table.name

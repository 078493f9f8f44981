"""What the next run costs when little has changed, and whether it changes no more than that."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection, func, or_, select

from benchmarks.account import Served, served
from benchmarks.databases import Database, Kind, database
from benchmarks.figures import figure, heading, megabytes
from benchmarks.measuring import Measured
from benchmarks.syncing import Outcome, run_sync
from lever_assets.store import Store
from lever_assets.store.dialects import among
from lever_assets.store.tables import UNIFIED

_SHARE = 0.01


def run(opportunities: int, kind: Kind) -> None:
    """Print the costs of a first full sync, a full one after 1 % changed, and a delta after another 1 %."""
    heading(f"Second run of {opportunities:,} opportunities, {_SHARE:.0%} changed, no rate limit, {kind}")
    with served(opportunities) as lever, database(kind) as into:
        _print("first, full", run_sync(lever, into))
        _again("full again", lever, into, delta=False, seed=1)
        _again("delta", lever, into, delta=True, seed=2)


def _again(name: str, lever: Served, into: Database, *, delta: bool, seed: int) -> None:
    touched = lever.touch(_SHARE, seed)
    began = datetime.now(UTC)
    done = run_sync(lever, into, delta=delta)
    _print(f"{name}, {len(touched):,} touched", done)
    figure("opportunities that changed here", done.result.landed["opportunities"].updated)
    store = Store.open(into.url)
    try:
        with store.reading("lever") as tx:
            for model, rows, beyond in _changed(tx.sql, began, touched):
                figure(f"  {model}", rows, f"(not on what was touched: {beyond})")
    finally:
        store.close()


def _print(name: str, done: Measured[Outcome]) -> None:
    print(f"  {name}")
    figure("requests", done.result.requests)
    figure("seconds of CPU", done.cpu)
    figure("seconds, wall", done.wall)
    figure("peak memory in MB", megabytes(done.memory))
    figure("unified rows that changed", done.result.changed)


def _changed(conn: Connection, since: datetime, touched: Collection[str]) -> Iterator[tuple[str, int, int]]:
    """Yield each model with its rows that changed since an instant, and how many nothing touched explains.

    Candidates, applications and their tags are mapped from an opportunity; a tag is explained by one that
    carries it.
    """
    carried = UNIFIED["candidate_tags"].c
    on_touched = select(carried.tag_id).where(among(conn, carried.source_key, touched))
    for model, table in UNIFIED.items():
        explained = or_(among(conn, table.c.source_key, touched), table.c.id.in_(on_touched))
        query = select(func.count(), func.count().filter(~explained)).where(table.c.changed_at >= since)
        rows, beyond = conn.execute(query).one()
        if rows:
            yield model, rows, beyond

"""What a delta costs in which nothing changed: in a process that goes on, as Dagster's does."""

import time
from statistics import median

from benchmarks.account import Served, served
from benchmarks.databases import Database, Kind, database
from benchmarks.figures import figure, heading
from benchmarks.measuring import measured
from benchmarks.syncing import settings_for
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session

_WARMED_UP = 5
_DELTAS = 30


def run(opportunities: int, kind: Kind) -> None:
    """Print the CPU and the requests of such a delta: the median of some, after a full sync."""
    heading(f"A delta in which nothing changed, {opportunities:,} opportunities, no rate limit, {kind}")
    with served(opportunities) as lever, database(kind) as into:
        measured(_deltas, lever, into, 1)
        before = lever.requests()["total"]
        used = measured(_deltas, lever, into, _WARMED_UP + _DELTAS).result[_WARMED_UP:]
        requests = lever.requests()["total"] - before
    figure("milliseconds of CPU, median", median(used) * 1000)
    figure("the least and the most", f"{min(used) * 1000:.0f}-{max(used) * 1000:.0f}")
    figure("requests", requests // (_WARMED_UP + _DELTAS))


def _deltas(lever: Served, into: Database, how_many: int) -> list[float]:
    """Return the seconds of CPU of each of so many deltas in a row; the first ever reads everything."""
    settings = settings_for(lever, into)
    used = []
    with Session.open(settings) as session:
        for _ in range(how_many):
            began = time.process_time()
            sync(session, Scope(delta=True))
            used.append(time.process_time() - began)
    return used

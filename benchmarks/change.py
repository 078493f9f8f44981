"""What deltas and replays cost in accounts of several sizes: in a process that goes on, as Dagster's does."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from benchmarks.account import Served, served
from benchmarks.databases import Database, Kind, database
from benchmarks.figures import figure, heading
from benchmarks.measuring import measured
from benchmarks.statements import counted_statements
from benchmarks.syncing import run_sync, settings_for
from lever_assets.cli.collecting import fewer_collections
from lever_assets.sync.run import replay, sync
from lever_assets.sync.session import Scope, Session

_DELTA = Scope(delta=True)
_TIMES = 7
_FEW = 10
_SHARE = 0.01


@dataclass(frozen=True)
class Cost:
    """Seconds of CPU, how many statements the database was asked, and how many rows were mapped."""

    cpu: float
    statements: int
    rows: int = 0


def run(sizes: tuple[int, ...], kind: Kind) -> None:
    """Print them for each size, medians of some; the sandbox is in another process."""
    heading(f"Deltas and replays, no rate limit, {kind}")
    for size in sizes:
        with served(size) as lever, database(kind) as into:
            run_sync(lever, into)
            found = measured(_costs, lever, into, size).result
        print(f"  {size:,} opportunities")
        for name, cost in found.items():
            speed = f", {cost.rows / cost.cpu:,.0f} rows a second" if cost.rows else ""
            figure(name, f"{cost.cpu:.3f}", f"s CPU, {cost.statements:,} statements{speed}")


def _costs(lever: Served, into: Database, size: int) -> dict[str, Cost]:
    settings = settings_for(lever, into)

    def delta() -> int:
        sync(session, _DELTA)
        return 0

    def changed(share: float, seed: int) -> Callable[[], int]:
        lever.touch(share, seed)
        return delta

    def mapped(*models: str) -> int:
        return sum(each.counts.seen for each in replay(session, models or None))

    with fewer_collections(), Session.open(settings) as session:
        for seed in range(3):  # until all that a process makes once is made
            _cost(changed(_FEW / size, seed))
        _cost(delta)
        return {
            "nothing changed": _middle(_cost(delta) for _ in range(_TIMES)),
            f"{_FEW} changed": _middle(_cost(changed(_FEW / size, 10 + each)) for each in range(_TIMES)),
            f"{_SHARE:.0%} changed": _cost(changed(_SHARE, 100)),
            "replay of candidates": _cost(lambda: mapped("candidates")),
            "replay of all": _cost(mapped),
        }


def _middle(costs: Iterator[Cost]) -> Cost:
    some = list(costs)
    return Cost(median(each.cpu for each in some), round(median(each.statements for each in some)))


def _cost(work: Callable[[], int]) -> Cost:
    with counted_statements() as statements:
        began = time.process_time()
        rows = work()
        return Cost(time.process_time() - began, statements.count, rows)

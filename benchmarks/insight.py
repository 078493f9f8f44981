"""What the insight models and the marts add to a full sync, in turns with one that goes without them."""

from collections.abc import Iterator
from statistics import median

from benchmarks.account import Served, served
from benchmarks.databases import Database, Kind, database
from benchmarks.figures import figure, heading
from benchmarks.measuring import Measured, measured
from benchmarks.syncing import settings_for
from lever_assets.cli.collecting import fewer_collections
from lever_assets.insight.finishing import bring_up_marts
from lever_assets.settings import Settings
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session

_WITHOUT, _MODELS, _ALL = "without", "the models", "the models and the marts"


def run(opportunities: int, kind: Kind, runs: int) -> None:
    """Print the medians of some runs of each, each into a new database."""
    heading(f"Full sync of {opportunities:,} opportunities without and with insight, {kind}")
    found: dict[str, list[tuple[float, int]]] = {}
    with served(opportunities) as lever:
        for what, once, server in _in_turns(lever, kind, runs):
            cpu = once.cpu + server
            found.setdefault(what, []).append((cpu, once.result))
            print(f"  {what}: {cpu:.1f} s CPU, {once.result:,} requests", flush=True)
    base = median(cpu for cpu, _ in found[_WITHOUT])
    for what, runs_of in found.items():
        cpu = median(cpu for cpu, _ in runs_of)
        figure(f"seconds of CPU, {what}", cpu, f"({cpu / base - 1:+.1%}, {runs_of[0][1]:,} requests)")


def _in_turns(lever: Served, kind: Kind, runs: int) -> Iterator[tuple[str, Measured[int], float]]:
    for _ in range(runs):
        for what in (_WITHOUT, _MODELS, _ALL):
            with database(kind) as into:
                before = into.server_cpu()
                once = measured(_sync, _settings(lever, into, what), marts=what == _ALL)
                yield what, once, into.server_cpu() - before


def _settings(lever: Served, into: Database, what: str) -> Settings:
    return settings_for(lever, into).model_copy(update={"insight": what != _WITHOUT})


def _sync(settings: Settings, *, marts: bool) -> int:
    """Sync, and return how many requests that took."""
    with fewer_collections(), Session.open(settings) as session:
        report = sync(session, Scope())
        if marts:
            bring_up_marts(session)
    return sum(each.traffic.requests for each in report.landed)

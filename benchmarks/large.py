"""A large account from end to end: the first sync as it grows, then deltas and a replay on what it left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

from benchmarks.account import Served, served
from benchmarks.databases import Database, Kind, database
from benchmarks.figures import figure, heading, megabytes
from benchmarks.measuring import measured
from benchmarks.statements import counted_statements
from benchmarks.syncing import run_sync, settings_for
from lever_assets.cli.collecting import fewer_collections
from lever_assets.sync.run import replay, sync
from lever_assets.sync.session import Scope, Session

_TEN_THOUSAND = 10_000
_LINES = 5
_FEW = 100
_SHARE = 0.01
_REPLAYED = "candidates"


@dataclass(frozen=True)
class _Work:
    """What was done once more: how many rows were mapped, what Lever and the database were asked."""

    rows: int
    requests: int
    statements: int


def run(opportunities: int, kind: Kind) -> None:
    """Print each step of the first sync as it grows and ends; time, memory, size; then what comes after."""
    heading(f"{opportunities:,} opportunities end to end, no rate limit, {kind}")
    with served(opportunities) as lever, database(kind) as into:
        made = f"({megabytes(lever.file.stat().st_size):,.0f} MB)"
        figure("seconds to make the account", lever.seconds, made)
        _first(lever, into, opportunities)
        _after(lever, into, opportunities)


def _first(lever: Served, into: Database, opportunities: int) -> None:
    every = ceil(opportunities / _LINES / _TEN_THOUSAND) * _TEN_THOUSAND
    before = into.server_cpu()
    done = run_sync(lever, into, lines_every=every)
    figure("requests", done.result.requests)
    figure("unified rows", done.result.rows)
    figure("seconds, wall", done.wall)
    figure("seconds of CPU", done.cpu)
    figure("seconds of CPU for each 10,000", done.cpu * _TEN_THOUSAND / opportunities)
    _in_the_server(into, before)
    figure("peak memory in MB", megabytes(done.memory))
    figure("database in MB", megabytes(into.size()))
    figure("hours at 10 requests a second", f"{done.result.requests / 36_000:.1f}")


def _after(lever: Served, into: Database, opportunities: int) -> None:
    """Each in a fresh process, so with Python's start; the first delta sees to what a long sync left due."""
    _again("the first delta, nothing changed", lever, into, _delta)
    _again("a delta, nothing changed", lever, into, _delta)
    few = lever.touch(_FEW / opportunities, seed=1)
    _again(f"a delta, {len(few):,} changed", lever, into, _delta)
    share = lever.touch(_SHARE, seed=2)
    _again(f"a delta, {_SHARE:.0%} changed ({len(share):,})", lever, into, _delta)
    _again(f"a replay of {_REPLAYED}", lever, into, _replay)
    figure("database in MB", megabytes(into.size()))


def _again(name: str, lever: Served, into: Database, work: Callable[[Served, Database], _Work]) -> None:
    print(f"  {name}", flush=True)
    before = into.server_cpu()
    done = measured(work, lever, into)
    figure("  seconds, wall", done.wall)
    figure("  seconds of CPU", f"{done.cpu:.2f}")
    _in_the_server(into, before)
    figure("  peak memory in MB", megabytes(done.memory))
    figure("  requests", done.result.requests)
    figure("  statements", done.result.statements)
    figure("  unified rows", done.result.rows)


def _in_the_server(into: Database, before: float) -> None:
    if into.server is not None:
        figure("  seconds of CPU in the server", into.server_cpu() - before, "(beside these)")


def _delta(lever: Served, into: Database) -> _Work:
    with _opened(lever, into) as session, counted_statements() as statements:
        report = sync(session, Scope(delta=True))
    return _Work(sum(each.counts.seen for each in report.derived), report.requests, statements.count)


def _replay(lever: Served, into: Database) -> _Work:
    with _opened(lever, into) as session, counted_statements() as statements:
        rows = sum(each.counts.seen for each in replay(session, [_REPLAYED]))
    return _Work(rows, 0, statements.count)


@contextmanager
def _opened(lever: Served, into: Database) -> Iterator[Session]:
    with fewer_collections(), Session.open(settings_for(lever, into)) as session:
        yield session

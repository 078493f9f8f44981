"""Ours and dlt side by side, in pairs: a full sync, deltas in which nothing changed, deltas of 1 %.

Ours is the command line, as a user runs it. dlt is `peers/dlt_lever.py`, a pipeline that reads the same
account, in a Python of its own.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from statistics import median

from benchmarks.account import Served, served
from benchmarks.databases import Database, Kind, database
from benchmarks.figures import figure, heading, megabytes
from benchmarks.peers.installed import installed, version
from benchmarks.spawned import Cost, bare_environment, spawned

_SCRIPT = Path(__file__).parent / "peers" / "dlt_lever.py"
_SHARE = 0.01
_WARMING_UP = 10
_WHOLE = ("users", "stages", "archive_reasons", "tags", "sources", "requisition_fields", "requisitions")
_ONCE = ("postings", "interviews", "offers")


class File(StrEnum):
    """The databases in a file that dlt can load into."""

    DUCKDB = "duckdb"
    SQLITE = "sqlite"


@dataclass(frozen=True)
class Beside:
    """Where both load to: PostgreSQL, or ours into SQLite and dlt into a file; `folder` is where dlt is."""

    kind: Kind
    file: File
    folder: Path | None

    def __str__(self) -> str:
        return str(self.kind) if self.kind is Kind.POSTGRESQL else f"{self.kind}, dlt into {self.file}"


@dataclass(frozen=True)
class _Run:
    """One run of either: its cost, seconds of CPU of a database's server, and what was asked, by endpoint."""

    cost: Cost
    server: float
    asked: Mapping[str, int]

    @property
    def cpu(self) -> float:
        """Seconds of CPU, the server's included."""
        return self.cost.cpu + self.server


@dataclass(frozen=True)
class _Pair:
    ours: _Run
    theirs: _Run

    @property
    def ratio(self) -> float:
        """Our CPU by theirs."""
        return self.ours.cpu / self.theirs.cpu


@dataclass(frozen=True)
class _Bench:
    """Empty databases for both, beside one account."""

    lever: Served
    ours: Database
    theirs: Database
    python: Path
    destination: str

    def pair(self, *words: str, changed: int) -> _Pair:
        """Run a sync of ours, then dlt's pipeline, which has to find so many opportunities that changed.

        AssertionError if it loads another number of them, or another number of what there is to load besides.
        """
        ours = self._run(lambda: self._sync(*words), self.ours)
        theirs = self._run(self._pipeline, self.theirs)
        loaded = json.loads(theirs.cost.said.splitlines()[-1])
        expected = {name: self.lever.count(name) for name in _WHOLE} | {"opportunities": changed}
        if changed == self.lever.count("opportunities"):
            expected |= {name: self.lever.count(name) for name in _ONCE}
        for name, count in expected.items():
            if loaded.get(name, 0) != count:
                raise AssertionError(f"dlt loaded {loaded.get(name, 0)} {name}, and there are {count}")
        return _Pair(ours, theirs)

    def _sync(self, *words: str) -> Cost:
        environment = {
            **bare_environment(),
            "LEVER_API_KEY": self.lever.key,
            "LEVER_BASE_URL": self.lever.url,
            "LEVER_DATA_DIR": str(self.ours.folder),
            "LEVER_DATABASE_URL": self.ours.url,
            "LEVER_RATE_LIMIT": "0",
        }
        return spawned([sys.executable, "-m", "lever_assets", "sync", *words], environment)

    def _pipeline(self) -> Cost:
        environment = {
            **bare_environment(),
            "LEVER_API_KEY": self.lever.key,
            "LEVER_BASE_URL": self.lever.url,
            # It would send word of each run to its makers.
            "RUNTIME__DLTHUB_TELEMETRY": "false",
        }
        command = [str(self.python), str(_SCRIPT), self.destination, str(self.theirs.folder)]
        return spawned(command, environment)

    def _run(self, work: Callable[[], Cost], into: Database) -> _Run:
        asked, server = self.lever.requests()["by_endpoint"], into.server_cpu()
        cost = work()
        after = self.lever.requests()["by_endpoint"]
        more = {name: count - asked.get(name, 0) for name, count in after.items()}
        return _Run(cost, into.server_cpu() - server, {name: count for name, count in more.items() if count})


def run(beside: Beside, opportunities: int, runs: int, deltas: int) -> None:
    """Print each pair as it ends, then their medians.

    Each of the `runs` begins with empty databases: a pair of full syncs, then so many pairs of deltas.
    """
    python = installed("dlt", beside.folder)
    heading(f"Beside dlt {version('dlt')}: {opportunities:,} opportunities, no rate limit, {beside}")
    with served(_WARMING_UP) as lever, _bench(lever, python, beside) as bench:
        bench.pair("--full", changed=_WARMING_UP)  # so that all is compiled
        bench.pair("--delta", changed=0)
    found: dict[str, list[_Pair]] = {}
    with served(opportunities) as lever:
        for number in range(runs):
            with _bench(lever, python, beside) as bench:
                for name, pair in _pairs(bench, opportunities, range(number * deltas, (number + 1) * deltas)):
                    found.setdefault(name, []).append(pair)
                    _print(f"{name} {len(found[name])}", pair)
    for name, pairs in found.items():
        _sum_up(name, pairs)


def _pairs(bench: _Bench, opportunities: int, seeds: range) -> Iterator[tuple[str, _Pair]]:
    yield "full", bench.pair("--full", changed=opportunities)
    for _ in seeds:
        yield "idle", bench.pair("--delta", changed=0)
    for seed in seeds:
        touched = bench.lever.touch(_SHARE, seed)
        yield f"{_SHARE:.0%}", bench.pair("--delta", changed=len(touched))


@contextmanager
def _bench(lever: Served, python: Path, beside: Beside) -> Iterator[_Bench]:
    with database(beside.kind) as ours, database(beside.kind) as theirs:
        # dlt wants a host in its place; the socket that the address names further on goes before it.
        address = theirs.url.replace("@/", "@localhost/")
        destination = address if beside.kind is Kind.POSTGRESQL else str(beside.file)
        yield _Bench(lever, ours, theirs, python, destination)


def _print(name: str, pair: _Pair) -> None:
    ours, theirs = pair.ours, pair.theirs
    cpu = f"{ours.cpu:.2f} s CPU against {theirs.cpu:.2f} ({pair.ratio:.2f})"
    wall = f"{ours.cost.wall:.1f} s wall against {theirs.cost.wall:.1f}"
    print(f"  {name}: {cpu}, {wall}, load {os.getloadavg()[0]:.1f}", flush=True)


def _sum_up(name: str, pairs: Sequence[_Pair]) -> None:
    count = f"{len(pairs)} pairs" if len(pairs) > 1 else "1 pair"
    print(f"  {_TITLES.get(name, f'a delta, {name} changed')}, median of {count}")
    _spread("  seconds of CPU, ours", [pair.ours.cpu for pair in pairs])
    _spread("  seconds of CPU, dlt", [pair.theirs.cpu for pair in pairs])
    if any(pair.theirs.server for pair in pairs):
        ours, theirs = (median(each) for each in zip(*map(_servers, pairs), strict=True))
        figure("    of it in the server", f"{ours:.2f}", f"(dlt: {theirs:.2f})")
    _spread("  ratio, by pairs", [pair.ratio for pair in pairs])
    ours_most, theirs_most = (max(each) for each in zip(*map(_memories, pairs), strict=True))
    figure("  peak memory in MB, ours", megabytes(ours_most))
    figure("  peak memory in MB, dlt", megabytes(theirs_most))
    _requests(pairs[-1])


_TITLES = {"full": "a full sync", "idle": "a delta, nothing changed"}


def _servers(pair: _Pair) -> tuple[float, float]:
    return pair.ours.server, pair.theirs.server


def _memories(pair: _Pair) -> tuple[int, int]:
    return pair.ours.cost.memory, pair.theirs.cost.memory


def _spread(name: str, values: Sequence[float]) -> None:
    figure(name, f"{median(values):.2f}", f"({min(values):.2f}-{max(values):.2f})")


def _requests(pair: _Pair) -> None:
    """Print how many requests each made in the last pair, and where they differ."""
    ours, theirs = pair.ours.asked, pair.theirs.asked
    figure("  requests, ours", sum(ours.values()))
    figure("  requests, dlt", sum(theirs.values()))
    for name in sorted({*ours, *theirs}):
        if ours.get(name, 0) != theirs.get(name, 0):
            figure(f"    {name.removeprefix('GET ')}", ours.get(name, 0), f"(dlt: {theirs.get(name, 0):,})")

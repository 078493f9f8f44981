"""What a sync through Dagster costs beside the command line's, and what it leaves in Dagster's storage."""

import json
import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from pydantic import SecretStr

from benchmarks.account import Served, served
from benchmarks.databases import Database, Kind, database
from benchmarks.figures import figure, heading
from lever_assets.lever.resources import OPPORTUNITIES
from lever_assets.orchestration.assets import assets_below
from lever_assets.orchestration.layout import Layout
from lever_assets.orchestration.names import CONNECTION_TAG, full_sync_job_name, sync_job_name
from lever_assets.orchestration.partitions import window_range, windows_since
from lever_assets.orchestration.sensors import delta_tags
from lever_assets.settings import Settings

_PROJECT = Path(__file__).parents[1] / "dagster.yaml"
_A_DAY = 1440
_KB = 1000
# A run of the sensor's is planned over the assets that can have changed, and over none of their checks.
_IN_DAGSTER = """
import json, sys
import dagster as dg
from lever_assets.definitions import defs
name, tags, keys = sys.argv[1:]
job = defs.resolve_job_def(name)
if keys:
    chosen = {dg.AssetKey(key) for key in json.loads(keys)}
    job = job.get_subset(asset_selection=chosen, asset_check_selection=set())
with dg.DagsterInstance.get() as instance:
    job.execute_in_process(instance=instance, tags=json.loads(tags))
"""


@dataclass(frozen=True)
class Place:
    """A database of the account's, and a Dagster home beside it."""

    lever: Served
    into: Database

    @property
    def settings(self) -> Settings:
        """The settings that the commands below find in their environment."""
        return Settings(
            api_key=SecretStr(self.lever.key),
            base_url=self.lever.url,
            data_dir=self.into.folder,
            database_url=SecretStr(self.into.url),
            rate_limit=0,
        )

    @property
    def home(self) -> Path:
        """The folder of dagster.yaml."""
        return self.into.folder / "home"

    def environment(self) -> dict[str, str]:
        """Return what the commands below are started with."""
        bare = {name: value for name, value in os.environ.items() if not name.startswith("LEVER_")}
        return {
            **bare,
            "LEVER_API_KEY": self.lever.key,
            "LEVER_BASE_URL": self.lever.url,
            "LEVER_DATA_DIR": str(self.into.folder),
            "LEVER_DATABASE_URL": self.into.url,
            "LEVER_RATE_LIMIT": "0",
            "DAGSTER_HOME": str(self.home),
        }

    def make_home(self) -> None:
        """Make a home that is the project's, but for where its data are."""
        self.home.mkdir()
        there = _PROJECT.read_text().replace("data/dagster", str(self.home / "data"))
        (self.home / "dagster.yaml").write_text(there)

    def storage(self) -> dict[str, int]:
        """Return the bytes of each file of Dagster's, the journals of its databases included."""
        every = (each for each in (self.home / "data").rglob("*") if each.is_file())
        return {str(each.relative_to(self.home)): each.stat().st_size for each in every}


def run(opportunities: int, deltas: int) -> None:
    """Print what full syncs and some deltas, each of ten changes, cost both ways."""
    heading(f"Through Dagster and from the command line, {opportunities:,} opportunities, no rate limit")
    with served(opportunities) as lever, _place(lever) as plain, _place(lever) as there:
        by_command = _spent(plain, _command("sync", "--full"))
        before = there.storage()
        by_dagster = _spent(there, _dagster(there, delta=False))
        print("  a full sync, in weekly windows")
        _compared(by_command, by_dagster)
        _left(before, there.storage())
        _events(there)
        commands, runs, grown = [], [], []
        for seed in range(deltas):
            lever.touch(10 / opportunities, seed)
            commands.append(_spent(plain, _command("sync")))
            before = there.storage()
            runs.append(_spent(there, _dagster(there, delta=True)))
            grown.append(sum(there.storage().values()) - sum(before.values()))
        print(f"  a delta of 10 changes, median of {deltas}")
        _compared(median(commands), median(runs))
        _left(before, there.storage())
        _events(there)
        figure("MB in a day of one a minute", _A_DAY * median(grown) / 1_000_000)
        print("  a delta in which nothing changed")
        quiet = _spent(plain, _command("sync"))
        before = there.storage()
        _compared(quiet, _spent(there, _dagster(there, delta=True)))
        _left(before, there.storage())


@contextmanager
def _place(lever: Served) -> Iterator[Place]:
    with database(Kind.SQLITE) as into:
        place = Place(lever, into)
        place.make_home()
        yield place


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "lever_assets", *words]


def _dagster(place: Place, *, delta: bool) -> list[str]:
    """Return the command that does in one process what the daemon has a process do."""
    account = place.settings.connection
    command = [sys.executable, "-c", _IN_DAGSTER]
    if not delta:
        return [*command, full_sync_job_name(account), json.dumps({CONNECTION_TAG: account}), ""]
    windows = windows_since(place.settings, datetime.now(UTC))
    if windows is None:
        raise RuntimeError("the account's first window lies in the future")
    tags = {**delta_tags(account), **window_range(*windows)}
    keys = [each.path for each in assets_below(Layout().keys(account), place.settings, OPPORTUNITIES.name)]
    return [*command, sync_job_name(account), json.dumps(tags), json.dumps(keys)]


def _spent(place: Place, command: list[str]) -> float:
    """Run a command and return the seconds of CPU of its processes; what it says is kept beside its home."""
    with (place.home / "said.log").open("wb") as said:
        actions = [(os.POSIX_SPAWN_DUP2, said.fileno(), number) for number in (1, 2)]
        pid = os.posix_spawn(command[0], command, place.environment(), file_actions=actions)
        _, status, used = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)} failed:\n{(place.home / 'said.log').read_text()[-2000:]}")
    return used.ru_utime + used.ru_stime


def _compared(command: float, dagster: float) -> None:
    figure("seconds of CPU, command line", round(command, 2))
    figure("seconds of CPU, Dagster", f"{dagster:.2f}", f"({dagster / command:.1f} times)")


def _left(before: Mapping[str, int], after: Mapping[str, int]) -> None:
    grown = {name: size - before.get(name, 0) for name, size in after.items() if size != before.get(name, 0)}
    figure(
        "kB in Dagster's storage", sum(grown.values()) / _KB, f"({len(set(after) - set(before))} new files)"
    )
    for name, size in sorted(grown.items(), key=lambda each: -each[1])[:6]:
        figure(f"  {name.rsplit('/', 1)[-1][:32]}", size / _KB)


def _runs(place: Place) -> Path:
    return next((place.home / "data").rglob("runs.db"))


def _events(place: Place) -> None:
    """Print the events of the newest run, by type."""
    with closing(sqlite3.connect(_runs(place))) as conn:
        (run_id,) = conn.execute("SELECT run_id FROM runs ORDER BY id DESC").fetchone()
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    query = (
        "SELECT dagster_event_type, count(*), sum(length(event)) FROM event_logs WHERE run_id = ? GROUP BY 1"
    )
    for file in (place.home / "data").rglob("*.db"):
        if file.name in ("runs.db", "schedules.db"):
            continue
        with closing(sqlite3.connect(file)) as conn:
            for kind, count, size in conn.execute(query, [run_id]):
                counts[kind or "log line"] += count
                sizes[kind or "log line"] += size
    figure("events", counts.total(), f"({sizes.total() / _KB:.0f} kB)")
    for kind, size in sizes.most_common():
        figure(f"  {kind}", counts[kind], f"({size / _KB:.1f} kB)")

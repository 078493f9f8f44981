"""A sync as the benchmarks run it, and what they keep of its report."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from benchmarks.account import Served
from benchmarks.databases import Database
from benchmarks.growth import Growth
from benchmarks.measuring import Measured, measured
from lever_assets.cli.collecting import fewer_collections
from lever_assets.settings import Settings
from lever_assets.store import Landed, Merged
from lever_assets.sync.progress import silent
from lever_assets.sync.reports import LandReport
from lever_assets.sync.run import Report, SyncReport, sync
from lever_assets.sync.session import Scope, Session


@dataclass(frozen=True)
class Outcome:
    """What a sync did. `reading` is how long it asked Lever, in seconds; the rest of its time was mapping."""

    requests_of: Mapping[str, int]
    reading: float
    seconds: float
    landed: Mapping[str, Landed]
    merged: Mapping[str, Merged]

    @property
    def requests(self) -> int:
        """All requests, retries included."""
        return sum(self.requests_of.values())

    @property
    def rows(self) -> int:
        """Unified rows that were mapped."""
        return sum(each.seen for each in self.merged.values())

    @property
    def changed(self) -> int:
        """Unified rows that were inserted, updated or marked as gone."""
        return sum(each.inserted + each.updated + each.deleted for each in self.merged.values())


def settings_for(lever: Served, into: Database, rate: float = 0, connection: str = "lever") -> Settings:
    """Return the settings of a sync into a database; a rate of 0 (requests a second) is no limit."""
    return Settings(
        api_key=SecretStr(lever.key),
        base_url=lever.url,
        data_dir=into.folder,
        database_url=SecretStr(into.url),
        rate_limit=rate,
        connection=connection,
    )


def run_sync(
    lever: Served,
    into: Database,
    *,
    delta: bool = False,
    rate: float = 0,
    lines_every: int | None = None,
    connection: str = "lever",
) -> Measured[Outcome]:
    """Sync the account in a fresh process; a rate of 0 (requests a second) is no limit.

    `lines_every`: print each step as it ends, and one that is longer after so many records each.
    """
    settings = settings_for(lever, into, rate, connection)
    return measured(_sync, settings, delta=delta, lines_every=lines_every)


def _sync(settings: Settings, *, delta: bool, lines_every: int | None) -> Outcome:
    listener = silent if lines_every is None else Growth(lines_every)
    on_report = _say_nothing if lines_every is None else _tell
    with fewer_collections(), Session.open(settings, listener=listener) as session:
        report = sync(session, Scope(delta=delta), on_report=on_report)
    return _outcome(report)


def _outcome(report: SyncReport) -> Outcome:
    return Outcome(
        {each.resource: each.traffic.requests for each in report.landed},
        report.seconds - sum(each.seconds for each in report.derived),
        report.seconds,
        {each.resource: each.counts for each in report.landed},
        {each.model: each.counts for each in report.derived},
    )


def _tell(report: Report) -> None:
    name = report.resource if isinstance(report, LandReport) else f"-> {report.model}"
    print(f"  {name:<30} {report.counts.seen:>10,} {report.seconds:>9.1f} s", flush=True)


def _say_nothing(_report: Report) -> None:
    return

"""What a command did to the assets, kept in the database until Dagster was told of it.

Told without Dagster, whose import takes a second and 100 MB: a delta in which nothing changed has nothing to
tell, and this module says so. What is kept of an asset is the report of the last command that changed it.
What Dagster was told last is kept as well: which windows, and what came of reading and mapping. A command
that was killed before it kept anything leaves what is there and what was told apart: the next one sees that.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from lever_assets.insight.standing import keeps_every_mart
from lever_assets.lever.quoting import in_api_words
from lever_assets.lever.resources import BY_NAME, WANTED, Embedded
from lever_assets.mapping.stated import DERIVATIONS
from lever_assets.policy.exclusion import Exclusion
from lever_assets.settings import Cadence, Settings
from lever_assets.store import StoreError
from lever_assets.store.checkpoints import Checkpoint, Instant, hold_states
from lever_assets.store.marts import Replaced
from lever_assets.store.tables import RAW
from lever_assets.store.transaction import Transaction, now
from lever_assets.sync.behind import mapped_from
from lever_assets.sync.covered import Covered
from lever_assets.sync.reports import DeriveReport, LandReport
from lever_assets.sync.run import Report
from lever_assets.sync.session import Scope, Session, Written
from lever_assets.unified.marts import BY_NAME as BY_MART
from lever_assets.unified.marts import BY_TABLE as MART_OF
from lever_assets.unified.marts import EEO


@dataclass(frozen=True)
class Untold:
    """What is to be told of an asset: what a command did at an instant (UTC), and whether that changed it.

    It is what reading or mapping reported, or keeping a mart up, else (`rows`) what refreshing single records
    wrote. `scope` is
    what the sync was over; None: a replay, or single records.
    """

    at: Instant
    command: str
    changed: bool
    scope: Scope | None = None
    landed: LandReport | None = None
    derived: DeriveReport | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    mart: Replaced | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the whole table was looked at, not only what changed."""
        return not self.rows and (self.scope is None or not self.scope.delta)

    @property
    def outcome(self) -> tuple[str, ...]:
        """What checks tell of it, beside counts that are others with each run."""
        if self.landed is not None:
            return outcome_of(self.landed)
        return () if self.derived is None else outcome_of(self.derived)


UNTOLD = Checkpoint[Untold]("untold", Untold)
"""By table, until Dagster was told."""
TOLD = Checkpoint[tuple[str, ...]]("told", tuple[str, ...])
"""By table: what Dagster was told last by a command (`stands`)."""


def outcome_of(report: Report) -> tuple[str, ...]:
    """Return what came of reading or mapping, but for counts that are others with each run."""
    if isinstance(report, DeriveReport):
        return (str(report.unmappable), str(report.in_part))
    flags = (report.skipped is not None, report.left is not None)
    return (*map(str, flags), str(report.set_aside), str(report.unread.count), str(report.held_back))


@dataclass(frozen=True)
class Standing:
    """What is so of all assets of an account now, for whoever compares it with what was told.

    `home` is where Dagster keeps what it knows: another one was told nothing.
    """

    account: str
    home: str
    window: str
    covered: Covered

    @classmethod
    def of(cls, tx: Transaction, session: Session, home: object) -> Self:
        """Look how an account stands."""
        window = begin_of_window(session.settings, tx.instant).isoformat()
        return cls(session.name, str(home), window, Covered.of(tx, session.exclusion))

    def stands(self, table: str, outcome: tuple[str, ...]) -> tuple[str, ...]:
        """Return what there is to be told of an asset, as it is kept."""
        covered = ";".join(each.key for each in self.covered.below_all(sources_of(table)))
        return (self.account, self.home, self.window, covered, *outcome)


def sources_of(table: str) -> Collection[str]:
    """Return the resources that an asset is made of, by its table."""
    if table in MART_OF:
        return {name for model in MART_OF[table].reads for name in DERIVATIONS[model].reads}
    return DERIVATIONS[table].reads if table in DERIVATIONS else (_RESOURCES[table],)


_RESOURCES = {RAW[name].name: name for name in BY_NAME}


def asset_table(table: str) -> str:
    """Return the table whose asset tells of a table, too: that of the parent, where records are embedded."""
    resource = BY_NAME[_RESOURCES[table]] if table in _RESOURCES else None
    return BY_NAME[resource.parent].table if isinstance(resource, Embedded) else table


def begin_of_window(settings: Settings, at: datetime) -> datetime:
    """Return the first instant (UTC) of the window that holds an instant."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    match settings.sync_window:
        case Cadence.HOURLY:
            return at.replace(minute=0, second=0, microsecond=0)
        case Cadence.DAILY:
            return day
        case Cadence.WEEKLY:
            return day - timedelta(days=(day.weekday() - settings.first_day.weekday()) % 7)
        case Cadence.MONTHLY:
            return day.replace(day=1)


@dataclass
class Noting:
    """Keeps what a sync or a replay by `command` reports; `wanted` are the resources that are to be read.

    It is told each report as it comes (`on_report`). A model of which a resource could not be
    read is not kept: its windows would count as read.
    """

    session: Session
    command: str
    home: object
    scope: Scope | None = None
    anything: bool = False
    """Whether there is anything to tell, also from before; known at the end."""
    _wanted: frozenset[str] = frozenset()
    _read: set[str] = field(default_factory=set)
    _mapped: list[DeriveReport] = field(default_factory=list)
    _last: dict[str, Untold] = field(default_factory=dict)

    @classmethod
    def of_sync(cls, session: Session, home: object, scope: Scope) -> Self:
        """Return what keeps the reports of a sync of everything that is wanted."""
        wanted = frozenset(name for name in WANTED if session.exclusion.needs(name))
        return cls(session, "sync", home, scope, _wanted=wanted)

    def __call__(self, report: Report) -> None:
        """Keep a report, if it tells of a change; models when the next resource was read, or at the end."""
        if isinstance(report, DeriveReport):
            self._mapped.append(report)
            return
        self._keep_mapped()
        self._read.add(report.resource)
        changed = any(each.changed for each in (report.counts, report.embedded) if each is not None)
        table = BY_NAME[report.resource].table
        self._keep({table: self._untold(changed=changed, landed=_without_people(report))})

    def __enter__(self) -> Self:
        """Begin; the end is known by that of the block, however it ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """Keep what is left, and what stands otherwise than it was told."""
        with suppress(StoreError):  # what else went wrong is the news; the next sync finds it
            self._end()

    def _end(self) -> None:
        self._keep_mapped()
        with self.session.reading() as tx:
            hold_states(tx)
            standing = Standing.of(tx, self.session, self.home)
            # What a setting switched off by now is told by nobody, and no reason to import Dagster each time.
            waiting, told = dict(waiting_to_be_told(tx, self.session.settings)), TOLD.every(tx)
        news = {
            table: each
            for table, each in self._last.items()
            if table not in waiting and told.get(table) != standing.stands(table, each.outcome)
        }
        self._write(news)
        self.anything = bool(news or waiting)

    def _keep_mapped(self) -> None:
        behind = set(mapped_from(self._wanted - self._read, self.session.exclusion))
        found = {each.model: each for each in self._mapped if each.model not in behind}
        self._mapped.clear()
        self._keep(
            {
                model: self._untold(changed=each.counts.changed, derived=_in_api_words(each))
                for model, each in found.items()
            }
        )

    def _untold(
        self, *, changed: bool, landed: LandReport | None = None, derived: DeriveReport | None = None
    ) -> Untold:
        return Untold(now(), self.command, changed, self.scope, landed, derived)

    def _keep(self, found: Mapping[str, Untold]) -> None:
        self._last |= found
        self._write({table: each for table, each in found.items() if each.changed or each.is_whole})

    def _write(self, found: Mapping[str, Untold]) -> None:
        if found:
            with suppress(StoreError), self.session.writing() as tx:  # the sync does not fail for a note
                UNTOLD.keep_each(tx, found)


def note_marts(
    session: Session, scope: Scope, replaced: Mapping[str, Replaced], command: str = "sync"
) -> bool:
    """Keep what bringing up the marts replaced, after a sync or a replay; return whether that is to be told.

    A delta tells of those that changed, any other sync of all; of EEO answers only where they were counted.
    """
    marts = (name for name in keeps_every_mart(session.settings) if name in replaced or name != EEO.name)
    done = {name: replaced.get(name, Replaced()) for name in marts}
    news = {
        BY_MART[name].table: Untold(now(), command, each.changed, scope, mart=each)
        for name, each in done.items()
        if each.changed or not scope.delta
    }
    if news:
        with suppress(StoreError), session.writing() as tx:  # as for the others
            UNTOLD.keep_each(tx, news)
    return bool(news)


def note_refreshed(session: Session, command: str, written: Written) -> None:
    """Keep which rows refreshing single records wrote; nothing is written where there are none.

    Where something waits to be told of an asset already, that says enough. What is done is no failure because
    this can't be kept.
    """
    rows = by_asset(written)
    if not rows:
        return
    with suppress(StoreError), session.writing() as tx:
        waiting = UNTOLD.every(tx)
        news = {
            table: Untold(tx.instant, command, changed=True, rows=counts)
            for table, counts in rows.items()
            if table not in waiting
        }
        UNTOLD.keep_each(tx, news)


def by_asset(written: Written) -> dict[str, dict[str, int]]:
    """Return how many rows were inserted, updated and deleted, by the table of the asset that tells of it."""
    found: dict[str, dict[str, int]] = {}
    for (table, what), count in sorted(written.items()):
        counts = found.setdefault(asset_table(table), {})
        if table == asset_table(table):
            counts[what] = counts.get(what, 0) + count
    return found


def _without_people(report: LandReport) -> LandReport:
    """Return a report as it may be kept: nobody erases people from it, and it is not to be large."""
    skipped = None if report.skipped is None else in_api_words(report.skipped)
    traffic = replace(report.traffic, by_endpoint={})
    warnings = tuple(map(in_api_words, report.warnings))
    return replace(report, skipped=skipped, traffic=traffic, warnings=warnings)


def _in_api_words(report: DeriveReport) -> DeriveReport:
    said = tuple(map(in_api_words, report.doubts))
    return replace(report, doubts=said, restored=tuple(map(in_api_words, report.restored)))


def waiting_to_be_told(tx: Transaction, settings: Settings) -> Iterator[tuple[str, Untold]]:
    """Yield what is to be told, by table: raw assets, then the models in their order, then the marts.

    It is told of assets that there are: what waits of one that was switched off meanwhile stays.
    """
    exclusion, waiting = Exclusion.of(settings), UNTOLD.every(tx)
    order = [BY_NAME[name].table for name in WANTED if exclusion.needs(name)]
    order += [model.name for model in exclusion.kept]
    order += [BY_MART[name].table for name in keeps_every_mart(settings)]
    yield from ((table, waiting[table]) for table in order if table in waiting)

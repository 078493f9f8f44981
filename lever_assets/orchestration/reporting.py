"""What a run tells Dagster of each asset, as the sync goes on: materializations, and outcomes of checks.

Dagster keeps every event, and each costs a transaction. So the windows of a range are marked, and the last of
them carries what there is to tell. A delta tells of an asset when its table changed, when what is checked
while reading and mapping came out otherwise than the last time, once in each window, and now and then
(`freshness.py`).

While the history below records is not read (`sync/fetch/history.py`), no window of what is mapped from it is
marked: it is observed, with what is left. When the last of it was read, by whatever run or command, all
windows are marked: by the run itself, else by the next one that reads the resource (`HISTORY_ENDED`).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import dagster as dg

from lever_assets.frames.reading import within
from lever_assets.lever.resources import BY_NAME, Child
from lever_assets.mapping.stated import DERIVATIONS
from lever_assets.orchestration.asset_keys import Keys
from lever_assets.orchestration.checks import complete, mapped
from lever_assets.orchestration.failures import for_events, warn
from lever_assets.orchestration.freshness import told_again_after
from lever_assets.orchestration.last_told import LastTold, evaluation, key_of
from lever_assets.orchestration.materializing import materialize
from lever_assets.orchestration.metadata import (
    Metadata,
    brief,
    mart_materialization,
    model_materialization,
    raw_materialization,
    window_counts,
)
from lever_assets.orchestration.partitions import Windows, window_holding
from lever_assets.orchestration.versions import version_tags
from lever_assets.store import reads
from lever_assets.store.children import HISTORY_ENDED, forget_ended
from lever_assets.store.field_definitions import definitions
from lever_assets.store.marts import Replaced, counted_rows
from lever_assets.store.transaction import now
from lever_assets.store.windowed import by_hour
from lever_assets.sync.behind import mapped_from
from lever_assets.sync.reports import DeriveReport, LandReport
from lever_assets.sync.run import Report
from lever_assets.sync.session import Scope, Session
from lever_assets.sync.status import unread_within
from lever_assets.sync.windows import EVERYTHING, Bounds
from lever_assets.unified.marts import EEO, Mart


@dataclass
class Reporter:
    """Tells the run of `context` what became of the account's assets; `results` are of the chosen checks.

    `every_window` returns the keys of all windows. `told` are the assets of which there was something to
    tell, `materialized` the events that say it. `reading` are the resources that are to be read. A model of
    which one could not be read is not told: its windows would count as read.
    """

    context: dg.AssetExecutionContext
    session: Session
    scope: Scope
    windows: Windows
    every_window: Callable[[], Sequence[str]]
    keys: Keys
    reading: Sequence[str]
    began: datetime = field(default_factory=now)
    results: list[dg.AssetCheckResult] = field(default_factory=list)
    told: set[dg.AssetKey] = field(default_factory=set)
    materialized: list[dg.DagsterEvent] = field(default_factory=list)
    _read: set[str] = field(default_factory=set)
    _left: set[str] = field(default_factory=set)
    _ended: dict[str, datetime] = field(default_factory=dict)
    _marked: set[dg.AssetKey] = field(default_factory=set)
    _mapped: list[DeriveReport] = field(default_factory=list)
    _known: LastTold | None = None

    def __post_init__(self) -> None:
        """Know what is still to be read of the resources that this run does not read."""
        with self.session.reading() as tx:
            unread = unread_within(tx, self.session.exclusion, self.scope.bounds)
        self._left |= unread - set(self.reading)

    def __call__(self, report: Report) -> None:
        """Tell of a resource, or of a model as soon as all are mapped: their fields are counted then."""
        match report:
            case LandReport():
                self.tell_of_models()
                self._read.add(report.resource)
                if report.left is not None:
                    self._left.add(report.resource)
                    self.context.log.info(for_events(f"Of the history {report.left}."))
                self._landed(report)
            case DeriveReport():
                self._mapped.append(report)

    def tell_of_models(self) -> None:
        """Tell of the models that were mapped since the last time."""
        unread = set(self.reading) - self._read
        behind = set(mapped_from(unread, self.session.exclusion)) if self._mapped else set()
        while self._mapped:
            report = self._mapped.pop(0)
            if report.model not in behind:
                self._derived(report)

    def tell_of_marts(self, marts: Sequence[Mart], replaced: Mapping[str, Replaced]) -> None:
        """Tell of these marts, which were brought up; a delta of those alone that are other than before."""
        from lever_assets.insight.showing import shown_of  # noqa: PLC0415 - with pandas: not for definitions

        counted = [mart for mart in marts if mart.name in replaced or mart is not EEO]
        told = [mart for mart in counted if self._is_mart_to_be_told(mart, replaced)]
        if not told:
            return
        with self.session.reading() as tx:
            rows = counted_rows(tx)
            # A picture is as large as all else that a run leaves: not with each change. What EEO answers were
            # counted before is not kept: by how much a group has grown would tell of few people.
            names = [each.name for each in told if each is not EEO]
            shown = {} if self.scope.delta else shown_of(tx, self.session.settings, names)
        for mart in told:
            sources = {name for model in mart.reads for name in DERIVATIONS[model].reads}
            done = replaced.get(mart.name, Replaced())
            database = self.session.store.name
            metadata = mart_materialization(done, rows[mart.name], shown.get(mart.name), database)
            self._tell(self.keys.mart(mart.name), metadata, sources)

    def _is_mart_to_be_told(self, mart: Mart, replaced: Mapping[str, Replaced]) -> bool:
        if not self.scope.delta or replaced.get(mart.name, Replaced()).changed:
            return True
        again = told_again_after(self.session.settings, mart.table)
        return not self._before.is_told(self.keys.mart(mart.name), self.windows.keys[-1], again)

    def settle(self) -> None:
        """Forget which histories have ended, where that was told of all that is made of them."""
        settled = {name: at for name, at in self._ended.items() if self._made_of(name) <= self._marked}
        if settled:
            with self.session.writing() as tx:
                forget_ended(tx, settled)

    def _made_of(self, resource: str) -> set[dg.AssetKey]:
        models = mapped_from([resource], self.session.exclusion)
        return {self.keys.raw(resource), *map(self.keys.model, models)}

    def _landed(self, report: LandReport) -> None:
        warn(self.context.log, filter(None, (report.skipped, *report.warnings)))
        key = self.keys.raw(report.resource)
        with self.session.reading() as tx:
            live = reads.raw_count(tx, report.resource).live
            if isinstance(BY_NAME[report.resource], Child) and not (report.left or report.skipped):
                ended = HISTORY_ENDED.read(tx, report.resource)
                self._ended |= {} if ended is None else {report.resource: ended}
        found = complete(key, report, live, BY_NAME[report.resource], self.scope)
        changed = any(each.changed for each in (report.counts, report.embedded) if each is not None)
        if self._is_to_be_told(key, found, changed=changed or report.resource in self._ended):
            self._tell(key, raw_materialization(report, live, self.session.store.name), {report.resource})
            self._check(found)

    def _derived(self, report: DeriveReport) -> None:
        warn(self.context.log, (f"{warning}." for warning in report.warnings))
        key = self.keys.model(report.model)
        with self.session.reading() as tx:
            found = mapped(tx, key, report.model)
            sources = set(DERIVATIONS[report.model].reads)
            changed = report.counts.changed or not sources.isdisjoint(self._ended)
            if not self._is_to_be_told(key, found, changed=changed):
                return
            # A look over the whole table, and as much text again as all else: not with each change.
            preview = None if self.scope.delta else reads.preview(tx, report.model)
            fields = [] if self.scope.delta else definitions(tx, report.model)
        told = model_materialization(report, preview, fields, self.session.store.name)
        self._tell(key, told, sources)
        if not self._is_chosen(found):  # else it is made with the others, when all is mapped
            self._check(found)

    def _is_to_be_told(self, key: dg.AssetKey, found: dg.AssetCheckResult, *, changed: bool) -> bool:
        if not self.scope.delta or changed:
            return True
        again = told_again_after(self.session.settings, self.keys.table(key))
        known = self._before
        return not known.is_told(key, self.windows.keys[-1], again) or known.is_news(found)

    def _tell(self, key: dg.AssetKey, metadata: Metadata, sources: Collection[str]) -> None:
        """Tell of what was made from these resources."""
        self.told.add(key)
        if self.scope.delta:
            metadata = brief(metadata)
        if not self._left.isdisjoint(sources):
            self.context.log_event(dg.AssetObservation(key, metadata=metadata))
            return
        self._marked.add(key)
        *others, last = self._to_mark(key, sources)
        own = self._of_windows(key, EVERYTHING if self._is_whole_now(sources) else self.scope.bounds)
        tags = version_tags(self.context.instance, self.context.assets_def, key, self.context.run.run_id)
        self.materialized += materialize(
            self.context,
            [
                *(dg.AssetMaterialization(key, partition=each, metadata=own(each)) for each in others),
                dg.AssetMaterialization(key, partition=last, metadata={**metadata, **own(last)}, tags=tags),
            ],
        )

    def _is_whole_now(self, sources: Collection[str]) -> bool:
        """Tell whether the last of a history was read: all windows are there, not only those of this run."""
        return not self._ended.keys().isdisjoint(sources)

    def _of_windows(self, key: dg.AssetKey, bounds: Bounds) -> Callable[[str], Metadata]:
        """Return what tells of a window in these bounds by itself: nothing in a delta: it would pay a scan.

        Nor of a table that is read whole: all its rows are of each window.
        """
        table = self.keys.table(key)
        its_own = None if self.scope.delta else within(table, bounds)
        if its_own is None:
            return lambda _window: {}
        windows = self.every_window()
        with self.session.reading() as tx:
            return window_counts(
                by_hour(tx, table, its_own, self.began),
                partial(window_holding, windows, self.session.settings),
                with_changes=self.windows.chosen,
            )

    def _to_mark(self, key: dg.AssetKey, sources: Collection[str]) -> Sequence[str]:
        """Return the chosen windows; else those that are not marked yet, and in any case the last."""
        is_whole_now = self._is_whole_now(sources)
        *others, last = self.every_window() if is_whole_now else self.windows.keys
        if self.windows.chosen and not (self.scope.delta or is_whole_now):
            return self.windows.keys
        there = self.context.instance.get_materialized_partitions(key) if others else set()
        return [*(each for each in others if each not in there), last]

    def _check(self, found: dg.AssetCheckResult) -> None:
        if self._is_chosen(found):
            self.results.append(found)
        elif self.scope.delta and self._before.is_news(found):
            self.context.log_event(evaluation(found))

    def _is_chosen(self, found: dg.AssetCheckResult) -> bool:
        return key_of(found) in self.context.selected_asset_check_keys

    @property
    def _before(self) -> LastTold:
        """What Dagster knew of the assets before this run: two queries, made when they are needed."""
        if self._known is None:
            self._known = LastTold.of(self.context.instance, [*self.keys])
        return self._known

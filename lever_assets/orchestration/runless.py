"""What commands did, told to Dagster as events that belong to no run.

It is the same that a run tells (`reporting.py`): the windows that are covered and not marked yet, and in the
last of them the counts; the checks. A window says how many rows it has, where the whole was read or the asset
was never told. It costs 1 ms and 1.7 kB in each asset, so none is marked twice.
What is told is kept (`untold.py`) until Dagster has it: who is killed midway tells the rest the next time.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from uuid import uuid4

import dagster as dg

from lever_assets.connect.known import has_database, listed
from lever_assets.frames.reading import within
from lever_assets.insight.standing import keeps_marts
from lever_assets.lever.resources import BY_NAME
from lever_assets.orchestration.asset_keys import Keys
from lever_assets.orchestration.assets import account_assets
from lever_assets.orchestration.checks import complete, mapped, mart_results, results
from lever_assets.orchestration.last_told import LastTold, evaluation
from lever_assets.orchestration.layout import Layout
from lever_assets.orchestration.materializing import COMMAND, store_runless
from lever_assets.orchestration.metadata import (
    Metadata,
    brief,
    mart_materialization,
    model_materialization,
    raw_materialization,
    window_counts,
)
from lever_assets.orchestration.observing import observations
from lever_assets.orchestration.partitions import first_instant, sync_windows, window_holding
from lever_assets.orchestration.purging import purge_runless
from lever_assets.orchestration.untold import (
    TOLD,
    UNTOLD,
    Standing,
    Untold,
    sources_of,
    waiting_to_be_told,
)
from lever_assets.orchestration.versions import version_tags
from lever_assets.settings import Settings
from lever_assets.store import Store, StoreError, reads
from lever_assets.store.checkpoints import hold_states
from lever_assets.store.children import HISTORY_ENDED, forget_ended
from lever_assets.store.field_definitions import definitions
from lever_assets.store.marts import counted_rows
from lever_assets.store.transaction import Transaction, now
from lever_assets.store.windowed import by_hour
from lever_assets.sync.behind import mapped_from
from lever_assets.sync.session import Scope, Session
from lever_assets.sync.windows import EVERYTHING, Bounds, covering
from lever_assets.unified.marts import BY_TABLE as MART_OF

_LOCK_SECONDS = 10.0
"""How long one who tells waits for another who does."""

_AT_START_SECONDS = 20.0


def tell(instance: dg.DagsterInstance, session: Session, home: object, *, seconds: float) -> bool:
    """Tell Dagster what waits to be told of an account; return False if there was more than time.

    Marking windows may take some `seconds`, and checks as long again. One tells at a time. Raises whatever
    Dagster does, BusyError and StoreError; what was told until then is not told again.
    """
    with session.store.exclusive(f"{session.name} dagster", _LOCK_SECONDS):
        with session.reading() as tx:
            hold_states(tx)
            waiting = dict(waiting_to_be_told(tx, session.settings))
            standing = Standing.of(tx, session, home)
        if not waiting:
            return True
        began = time.monotonic()
        telling = _Telling(instance, session, standing, began + seconds, began + 2 * seconds)
        try:
            return telling.tell_all(waiting)
        finally:
            _keep_told(session, standing, {each: waiting[each] for each in telling.told})


def tell_of_all(instance: dg.DagsterInstance, settings: Settings, home: object) -> Iterator[str]:
    """Tell what commands did before there was this Dagster, of every account; yield what went wrong.

    Nothing is made where no database is yet, and only accounts of which something waits are opened.
    """
    if not has_database(settings):
        return
    try:
        waiting = _waiting(settings)
    except StoreError as error:
        yield f"What commands did could not be shown ({type(error).__name__})"
        return
    for account in listed(settings).accounts if waiting else ():
        if account.connection not in waiting:
            continue
        try:
            with Session.open(account) as session:
                tell(instance, session, home, seconds=_AT_START_SECONDS)
        except Exception as error:  # it is no reason not to show what there is
            yield f"What commands did to {account.connection} could not be shown ({type(error).__name__})"


def _waiting(settings: Settings) -> Collection[str]:
    """Return the accounts of which something waits to be told, by one query."""
    with closing(Store.open(settings.tables_url, migrate=False)) as store, store.reading("") as tx:
        return UNTOLD.kept_at_of_all(tx).keys()


def observe(
    instance: dg.DagsterInstance, session: Session, rows: Mapping[str, Mapping[str, int]], action: str
) -> None:
    """Tell Dagster which assets an action touched; `rows` were written, by table."""
    at = datetime.now(UTC).timestamp()
    for each in observations(Layout().keys(session.name), rows, action):
        store_runless(instance, [each], at=at)


def _keep_told(session: Session, standing: Standing, told: Mapping[str, Untold]) -> None:
    """Keep what was told; what came meanwhile still waits."""
    if not told:
        return
    with session.writing() as tx:
        waiting = UNTOLD.every(tx)
        UNTOLD.forget(tx, *(each for each in told if waiting.get(each) == told[each]))
        TOLD.keep_each(tx, {each: standing.stands(each, told[each].outcome) for each in told})
        ended = HISTORY_ENDED.every(tx)
        forget_ended(tx, {each: at for each, at in ended.items() if _made_of(each, session) <= told.keys()})


def _made_of(resource: str, session: Session) -> set[str]:
    return {BY_NAME[resource].table, *mapped_from([resource], session.exclusion)}


def _nothing(_window: str) -> Metadata:
    return {}


@dataclass
class _Telling:
    """One telling; `told` are the tables of which all was told.

    Windows are marked `until` an instant of `time.monotonic`, and checks made until `checks_until`.
    """

    instance: dg.DagsterInstance
    session: Session
    standing: Standing
    until: float
    checks_until: float
    told: list[str] = field(default_factory=list)
    _version: str = field(default_factory=lambda: str(uuid4()))

    @cached_property
    def _assets(self) -> dg.AssetsDefinition:
        return account_assets(self.session.settings)

    @cached_property
    def _keys(self) -> Keys:
        return Layout().keys(self.session.name)

    @cached_property
    def _known(self) -> LastTold:
        return LastTold.of(self.instance, [*self._keys])

    @cached_property
    def _shown(self) -> Mapping[str, tuple[reads.Preview, str]]:
        """What is shown of each mart; drawing them takes a second."""
        from lever_assets.insight.showing import shown_of  # noqa: PLC0415 - with pandas, for a full sync alone

        settings = self.session.settings
        with self.session.reading() as tx:
            return shown_of(tx, settings, keeps_marts(settings))

    @cached_property
    def _windows(self) -> list[tuple[str, Bounds]]:
        """The windows with their bounds; the first is open downwards, the last upwards."""
        settings = self.session.settings
        of, first, at = sync_windows(settings), first_instant(settings), now()
        found = [(key, of.time_window_for_partition_key(key)) for key in of.get_partition_keys()]
        return [
            (key, covering(each.start.astimezone(UTC), each.end.astimezone(UTC), first=first, now=at))
            for key, each in found
        ]

    def tell_all(self, waiting: Mapping[str, Untold]) -> bool:
        """Tell of each asset in turn, raw ones first: what a model is made from has to be known before."""
        done = [table for table, each in waiting.items() if self._tell(table, each)]
        self._evaluate({table: waiting[table] for table in done})
        with suppress(Exception):  # what is told is told; the next telling purges, or `lever_purge`
            purge_runless(self.instance, self._assets.keys, self.session.settings.run_retention_days)
        return len(self.told) == len(waiting)

    def _tell(self, table: str, each: Untold) -> bool:
        """Tell what there is to say of an asset; return False if there was no time for all its windows.

        The event that says most comes last, as Dagster shows it, however little time there was.
        """
        key = self._keys.by_table[table]
        covered = [*self._covered(table)]
        there = self.instance.get_materialized_partitions(key) if covered else set()
        missing = [window for window in covered if window not in there]
        is_news = (each.changed or each.is_whole) and self._known.told_at(key) < each.at
        if not missing and not is_news:
            return True
        at, metadata = each.at.timestamp(), self._metadata(table, each)
        if not covered:
            return store_runless(self.instance, [dg.AssetObservation(key, metadata=metadata)], at=at)
        last = self._last_of(covered, each.scope)
        is_to_be_counted = (each.is_whole or not there) and time.monotonic() < self.until
        own = self._of_windows(table) if is_to_be_counted else _nothing
        others = [
            dg.AssetMaterialization(key, partition=window, metadata={COMMAND: each.command, **own(window)})
            for window in missing
            if window != last
        ]
        done = store_runless(self.instance, others, at=at, until=self.until)
        tags = version_tags(self.instance, self._assets, key, self._version)
        made = dg.AssetMaterialization(key, partition=last, metadata={**metadata, **own(last)}, tags=tags)
        return store_runless(self.instance, [made], at=at) and done

    def _of_windows(self, table: str) -> Callable[[str], Metadata]:
        """Return what there is to tell of a window by itself: the rows that it has; one pass over the table.

        Of a table that is read whole all rows are of each window.
        """
        its_own = within(table, EVERYTHING)
        if its_own is None:
            return _nothing
        windows = [window for window, _ in self._windows]
        with self.session.reading() as tx:
            return window_counts(
                by_hour(tx, table, its_own, tx.instant),
                partial(window_holding, windows, self.session.settings),
                with_changes=False,
            )

    def _covered(self, table: str) -> Iterator[str]:
        spans = self.standing.covered.below_all(sources_of(table))
        for key, bounds in self._windows:
            if any(span.contains(bounds) for span in spans):
                yield key

    def _last_of(self, covered: Sequence[str], scope: Scope | None) -> str:
        """Return the window that carries what there is to say: the last one, of those that were asked for."""
        if scope is None or not scope.is_of_windows:
            return covered[-1]
        asked = {key for key, bounds in self._windows if scope.bounds.contains(bounds)}
        return next((each for each in reversed(covered) if each in asked), covered[-1])

    def _metadata(self, table: str, each: Untold) -> Metadata:
        database = self.session.store.name
        shown = self._shown if each.mart is not None and each.is_whole else {}
        with self.session.reading() as tx:
            if each.landed is not None:
                live = reads.raw_count(tx, each.landed.resource).live
                told = raw_materialization(each.landed, live, database)
            elif each.derived is not None:
                preview = reads.preview(tx, table) if each.is_whole else None
                fields = definitions(tx, table) if each.is_whole else []
                told = model_materialization(each.derived, preview, fields, database)
            elif each.mart is not None:
                mart = MART_OF[table]
                rows = counted_rows(tx)[mart.name]
                told = mart_materialization(each.mart, rows, shown.get(mart.name), database)
            else:
                return {COMMAND: each.command, **each.rows}
        return {COMMAND: each.command, **(told if each.is_whole else brief(told))}

    def _evaluate(self, done: Mapping[str, Untold]) -> None:
        """Tell how checks came out: of reading and mapping, and of whole tables where all was looked at.

        Where only what changed was looked at, what is known already is not told again. Checks go through
        whole tables: what there is no time for is left, but for the first, so that each telling gets further.
        """
        made = self._made([self._keys.by_table[table] for table in done])
        for table, each in done.items():
            if self.told and time.monotonic() > self.checks_until:
                return
            at = datetime.now(UTC).timestamp()
            for found in self._checked(table, each):
                of = None if found.asset_key is None else made.get(found.asset_key)
                store_runless(self.instance, [evaluation(found, of, command=each.command)], at=at)
            self.told.append(table)

    def _checked(self, table: str, each: Untold) -> list[dg.AssetCheckResult]:
        """Return how the checks of an asset came out that are to be told."""
        key, exclusion = self._keys.by_table[table], self.session.exclusion
        of_asset = [check for check in self._assets.check_keys if check.asset_key == key]
        with self.session.reading() as tx:
            found = self._of_report(tx, table, each)
            if not each.is_whole:
                return [result for result in found if self._known.is_news(result)]
            if each.mart is not None:
                return mart_results(tx, of_asset, self._keys, self.session.settings)
            return [*found, *results(tx, of_asset, self._keys, exclusion)]

    def _of_report(self, tx: Transaction, table: str, each: Untold) -> list[dg.AssetCheckResult]:
        key, report = self._keys.by_table[table], each.landed
        if report is not None:
            live = reads.raw_count(tx, report.resource).live
            return [complete(key, report, live, BY_NAME[report.resource], each.scope or Scope())]
        return [mapped(tx, key, table)] if each.derived is not None and not each.is_whole else []

    def _made(self, keys: Collection[dg.AssetKey]) -> dict[dg.AssetKey, dg.EventLogRecord]:
        """Return the last materializations of assets, for checks to say what they looked at."""
        found = {}
        for each in self.instance.get_asset_records([*keys]) if keys else ():
            last = each.asset_entry.last_materialization_record
            if last is not None:
                found[each.asset_entry.asset_key] = last
        return found

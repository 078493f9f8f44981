"""Purging: runs of ours that are old go, with their events, logs and files: Dagster itself keeps all.

Dagster tells from the events of an asset when it, and each window of it, was last materialized. So a run that
has the last materialization of any stays, however old it is. Nothing is remembered from tick to tick: what is
old enough is asked of Dagster, the youngest first, since the oldest are mostly those that stay.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import dagster as dg
from dagster._core.instance import RUNLESS_RUN_ID
from dagster._core.storage.event_log.schema import AssetEventTagsTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from sqlalchemy import delete, func, or_, select

from lever_assets.orchestration.materializing import MARKS, is_told_by_command
from lever_assets.orchestration.names import ACTION_TAG, CONNECTION_TAG, DOCTOR_JOB, ERASURE_JOB, WEBHOOKS_JOB
from lever_assets.orchestration.runs import delete_run, record_of
from lever_assets.orchestration.ticks import Budget
from lever_assets.store.transaction import now

FAILED_STAY = 3
"""So many times as long as the others: somebody may want to see why."""
_PAGE = 100
_OURS = frozenset({CONNECTION_TAG, ACTION_TAG})
"""Each run of a job of ours has one of these tags; other tags may be on a run that makes more than ours."""
SHARED_JOBS = frozenset({WEBHOOKS_JOB, ERASURE_JOB, DOCTOR_JOB})
_ENDED_WELL = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.CANCELED]
_FAILED = [dg.DagsterRunStatus.FAILURE]

_Window = tuple[dg.AssetKey, str | None]
"""An asset, and one of its windows."""


@dataclass(frozen=True)
class Purged:
    """How many runs were deleted, and whether that is all; what went wrong, in sentences."""

    deleted: int = 0
    complete: bool = True
    warnings: tuple[str, ...] = ()


def purge(
    instance: dg.DagsterInstance,
    assets: Collection[dg.AssetKey],
    days: int,
    budget: Budget,
    jobs: Collection[str] = SHARED_JOBS,
) -> Purged:
    """Delete the runs that ended well more than `days` ago, and failed ones after three times as long.

    Only ours: by their tags, because they are of these jobs, or because they are over these assets alone.
    """
    purging = _Purging(instance, assets, jobs, budget)
    for statuses, age in ((_ENDED_WELL, days), (_FAILED, FAILED_STAY * days)):
        old = dg.RunsFilter(statuses=statuses, created_before=now() - timedelta(days=age))
        for run_id in instance.get_run_ids(old):
            if purging.warnings or not budget.left:
                return Purged(purging.deleted, complete=False, warnings=tuple(purging.warnings))
            purging.look_at(run_id)
    return Purged(purging.deleted)


_OF_ASSETS = [
    each.value
    for each in (
        dg.DagsterEventType.ASSET_MATERIALIZATION,
        dg.DagsterEventType.ASSET_OBSERVATION,
        dg.DagsterEventType.ASSET_CHECK_EVALUATION,
    )
]
_MADE = dg.DagsterEventType.ASSET_MATERIALIZATION.value


def purge_runless(instance: dg.DagsterInstance, assets: Collection[dg.AssetKey], days: int) -> int:
    """Delete what commands told of these assets more than `days` ago; return how many events.

    What somebody else reported of them stays, and so does the last materialization of each window. Dagster
    has no way to delete such events but with all that is known of the asset: so it is done in SQL, where its
    storage is in SQL.
    """
    events = instance.event_log_storage
    if not isinstance(events, SqlEventLogStorage):
        return 0
    c = SqlEventLogStorageTable.c
    ours = c.asset_key.in_([each.to_string() for each in assets])
    last = (
        select(func.max(c.id)).where(ours, c.dagster_event_type == _MADE).group_by(c.asset_key, c.partition)
    )
    # Dagster keeps the time without its zone, which is UTC.
    before = (now() - timedelta(days=days)).replace(tzinfo=None)
    old = select(c.id, c.event).where(
        c.run_id == RUNLESS_RUN_ID,
        ours,
        c.timestamp < before,
        c.dagster_event_type.in_(_OF_ASSETS),
        c.id.not_in(last),
        or_(*(c.event.like(f'%"{mark}"%') for mark in MARKS)),  # the few that are worth to be parsed
    )
    with events.index_transaction() as conn:
        gone = [event_id for event_id, text in conn.execute(old) if is_told_by_command(text)]
        for some in (gone[at : at + _PAGE] for at in range(0, len(gone), _PAGE)):
            conn.execute(delete(AssetEventTagsTable).where(AssetEventTagsTable.c.event_id.in_(some)))
            conn.execute(delete(SqlEventLogStorageTable).where(c.id.in_(some)))
    return len(gone)


@dataclass
class _Purging:
    instance: dg.DagsterInstance
    assets: Collection[dg.AssetKey]
    jobs: Collection[str]
    budget: Budget
    deleted: int = 0
    warnings: list[str] = field(default_factory=list)
    _last: dict[_Window, str | None] = field(default_factory=dict)
    """The run that has the last materialization of a window, as far as it was asked for."""

    def look_at(self, run_id: str) -> None:
        """Delete a run, if it is one of ours that nothing needs any more."""
        record = record_of(self.instance, run_id)
        if record is None or not self._is_ours(record.dagster_run) or self._is_needed(run_id):
            return
        try:
            delete_run(self.instance, run_id)
            self.deleted += 1
        except Exception as error:
            self.warnings.append(
                f"Run {run_id} is old and could not be deleted ({type(error).__name__}): it is tried again."
            )

    def _is_ours(self, run: dg.DagsterRun) -> bool:
        if run.job_name in self.jobs or _OURS & run.tags.keys():
            return True
        chosen = run.asset_selection or frozenset()
        return bool(chosen) and all(key in self.assets for key in chosen)

    def _is_needed(self, run_id: str) -> bool:
        """Tell whether a run has the last materialization of anything."""
        return any(self._last_run(window) == run_id for window in self._materialized(run_id))

    def _materialized(self, run_id: str) -> Iterator[_Window]:
        cursor = None
        while True:
            found = self.instance.get_records_for_run(
                run_id, cursor=cursor, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION, limit=_PAGE
            )
            for each in found.records:
                made = each.event_log_entry.asset_materialization
                if made is not None:
                    yield made.asset_key, made.partition
            if not found.has_more:
                return
            cursor = found.cursor

    def _last_run(self, window: _Window) -> str | None:
        if window not in self._last:
            key, partition = window
            wanted = dg.AssetRecordsFilter(
                asset_key=key, asset_partitions=None if partition is None else [partition]
            )
            found = self.instance.fetch_materializations(wanted, limit=1).records
            self._last[window] = found[0].run_id if found else None
        return self._last[window]

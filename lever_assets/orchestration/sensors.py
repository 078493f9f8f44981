"""What keeps an account fresh by itself: a sensor that asks Lever for changes, a schedule that reconciles."""

from collections.abc import Iterable
from datetime import timedelta

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from lever_assets.connect.connection import NotConnectedError
from lever_assets.orchestration.names import (
    CAUSE_TAG,
    CONNECTION_TAG,
    DELTA,
    RECONCILE,
    REFRESH_TAG,
    full_sync_job_name,
    sync_job_name,
)
from lever_assets.orchestration.partitions import window_range, windows_since
from lever_assets.orchestration.ticks import Budget, tick
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import BusyError
from lever_assets.sync.polling import Poll, poll
from lever_assets.sync.session import Session, now

UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
"""How a run stands that waits or is under way."""
_SILENT = timedelta(minutes=5)
"""Between two steps of a sync there are seconds, and while one works it holds the lock."""


def delta_sensor(settings: Settings, job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """Return the sensor `<connection>_delta`: on changes in Lever it starts one delta run of `job`."""
    connection = settings.connection

    @dg.sensor(
        name=f"{connection}_delta",
        job=job,
        minimum_interval_seconds=settings.delta_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Asks Lever with at most six requests whether anything changed since the last sync. If so it "
            "starts one run that reads only that, over the open window and every window missed meanwhile; "
            "never while another run of the connection is under way."
        ),
    )
    def delta(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        return tick(lambda budget: evaluate(context.instance, budget))

    def evaluate(instance: dg.DagsterInstance, budget: Budget) -> dg.RunRequest | dg.SkipReason:
        if settings.api_key is None:
            return dg.SkipReason(str(NotConnectedError()))
        with Session.open(settings, lock_wait=budget.left) as session:
            end_dead_runs(instance, session)
            under_way = run_under_way(instance, connection)
            if under_way is not None:
                return dg.SkipReason(f"Run {under_way} of this connection is under way.")
            told = _poll_alone(session, budget)
        if told.since is None or not told.changed:
            return dg.SkipReason(told.why)
        windows = windows_since(settings, told.since)
        if windows is None:
            return dg.SkipReason("The first window lies in the future: see LEVER_SYNC_START.")
        tags = {REFRESH_TAG: DELTA, CAUSE_TAG: told.why, CONNECTION_TAG: connection, **window_range(*windows)}
        return dg.RunRequest(tags=tags)

    return delta


def _poll_alone(session: Session, budget: Budget) -> Poll:
    with session.alone():  # raises BusyError when somebody syncs
        pass
    return poll(session, seconds=budget.left)


def reconcile_schedule(settings: Settings, job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """Return the schedule `<connection>_reconcile`: finds and mends what Lever did not announce.

    Raises SettingsError when it is set for a time that there is not.
    """
    try:
        return _reconcile_schedule(settings, job)
    except dg.DagsterInvalidDefinitionError:
        raise SettingsError(
            "LEVER_RECONCILE_SCHEDULE can't be used: there is no such time; write it as five fields of cron, "
            "such as 0 3 * * 0. Correct it and try again."
        ) from None


def _reconcile_schedule(settings: Settings, job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    connection = settings.connection

    @dg.schedule(
        name=f"{connection}_reconcile",
        job=job,
        cron_schedule=settings.reconcile_schedule,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=(
            "Compares the whole account with the tables, keeps what differs although Lever announced no "
            "change in the table `drift`, and mends it."
        ),
    )
    def reconcile(_context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        return tick(lambda _: evaluate())

    def evaluate() -> dg.RunRequest | dg.SkipReason:
        if settings.api_key is None:
            return dg.SkipReason(str(NotConnectedError()))
        windows = windows_since(settings, now())
        if windows is None:
            return dg.SkipReason("The first window lies in the future: see LEVER_SYNC_START.")
        cause = "the schedule"
        return dg.RunRequest(
            tags={
                REFRESH_TAG: RECONCILE,
                CAUSE_TAG: cause,
                CONNECTION_TAG: connection,
                **window_range(*windows),
            }
        )

    return reconcile


def run_under_way(instance: dg.DagsterInstance, connection: str) -> str | None:
    """Return the id of a run that syncs the connection and has not ended, None if there is none."""
    return next((run.run_id for run in unfinished_runs(instance) if _syncs(run, connection)), None)


def _syncs(run: dg.DagsterRun, connection: str) -> bool:
    """Tell whether a run syncs a connection: by a job of ours, or because somebody chose its assets."""
    chosen = any(key.path[0] == connection for key in run.asset_selection or ())
    refreshes = REFRESH_TAG in run.tags and run.tags.get(CONNECTION_TAG) == connection
    return chosen or refreshes or run.job_name in {sync_job_name(connection), full_sync_job_name(connection)}


def end_dead_runs(instance: dg.DagsterInstance, session: Session) -> None:
    """Report the connection's syncs as failed whose process is gone, so that they hold up no other.

    Dagster does not see that by itself: its launcher can't tell whether a run's process lives. A run that has
    said nothing for minutes is dead if nobody holds the connection's lock, which goes with the process; while
    a step reads, it is held.
    """
    silent = [
        run
        for run in unfinished_runs(instance)
        if run.status is dg.DagsterRunStatus.STARTED
        and _syncs(run, session.name)
        and _said_nothing_since(instance, run.run_id) > _SILENT
    ]
    if not silent:
        return
    try:
        with session.alone():
            for run in silent:
                instance.report_run_failed(
                    run, "The process of this run is gone. The next sync goes on where it stood."
                )
    except BusyError:
        return


def _said_nothing_since(instance: dg.DagsterInstance, run_id: str) -> timedelta:
    """Return for how long a run has reported no event."""
    last = instance.get_records_for_run(run_id, limit=1, ascending=False).records
    return timedelta(seconds=now().timestamp() - last[0].timestamp) if last else timedelta.max


def unfinished_runs(instance: dg.DagsterInstance) -> Iterable[dg.DagsterRun]:
    """Return the runs that wait or are under way."""
    return instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))

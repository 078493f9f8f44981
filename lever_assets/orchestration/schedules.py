"""The schedules: what is not left to a sensor, because nothing announces that it is due."""

import dagster as dg

from lever_assets.connect.errors import NotConnectedError
from lever_assets.orchestration.names import (
    CAUSE_TAG,
    CONNECTION_TAG,
    RECONCILE,
    REFRESH_TAG,
    erasure_job_name,
    sync_job_name,
)
from lever_assets.orchestration.partitions import window_range, windows_since
from lever_assets.orchestration.ticks import tick
from lever_assets.settings import Settings, SettingsError
from lever_assets.store.transaction import now


def reconcile_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Return the schedule `<connection>_reconcile`: finds and mends what Lever did not announce.

    Raises SettingsError when it is set for a time that there is not.
    """
    try:
        return _reconcile_schedule(settings)
    except dg.DagsterInvalidDefinitionError:
        raise SettingsError(
            "LEVER_RECONCILE_SCHEDULE can't be used: there is no such time; write it as five fields of cron, "
            "such as 0 3 * * 0. Correct it and try again."
        ) from None


def _reconcile_schedule(settings: Settings) -> dg.ScheduleDefinition:
    account = settings.connection

    @dg.schedule(
        name=f"{account}_reconcile",
        job_name=sync_job_name(account),
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
        tags = {REFRESH_TAG: RECONCILE, CAUSE_TAG: "the schedule", CONNECTION_TAG: account}
        return dg.RunRequest(tags={**tags, **window_range(*windows)})

    return reconcile


def erasure_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Return the schedule that erases every night."""
    return dg.ScheduleDefinition(
        name=f"{settings.connection}_erasure",
        job_name=erasure_job_name(settings.connection),
        cron_schedule="30 2 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Erases every night what is personal of records long gone.",
    )

"""What goes on beside the syncs: draining the webhooks' inbox, sending notices, erasing personal data.

None of it is in the pool of the syncs: a long sync does not hold it up.
"""

from contextlib import closing
from datetime import timedelta

import dagster as dg

from lever_assets.connect.connection import NotConnectedError
from lever_assets.notices.delivering import deliver, pending
from lever_assets.notices.enqueueing import enqueue
from lever_assets.orchestration.answer_files import KEPT, erase_answers
from lever_assets.orchestration.failures import for_events, in_one_sentence, warn
from lever_assets.orchestration.jobs import op_job
from lever_assets.orchestration.names import CAUSE_TAG, CONNECTION_TAG, erasure_job_name, webhooks_job_name
from lever_assets.orchestration.retention import erase_runs
from lever_assets.orchestration.sensors import UNFINISHED, run_under_way
from lever_assets.orchestration.ticks import Budget, tick
from lever_assets.settings import Settings
from lever_assets.store import Store, inbox
from lever_assets.sync.compaction import compact_if_due
from lever_assets.sync.erasing import erase_due
from lever_assets.sync.session import Session, now
from lever_assets.webhooks.draining import drain

_WEBHOOK_SECONDS = 15
_NOTICE_SECONDS = 30
_RETENTION_SECONDS = 60
_NIGHT_SECONDS = 600
"""For deleting runs by night; the sensor goes on with what is left."""
_NOT_COMPACTED = (
    "What was erased is no more in the tables, but a database's file, ours or Dagster's, could not be "
    "written anew, so that copies may be left in its free pages: it is tried again the next time; see that "
    "others do not keep the database busy, and that its disk has room for a second copy."
)
_UNDER_WAY = (
    "Runs whose input is erased have not ended, and are deleted when they have: {}. See in Dagster whether "
    "they ever will; if not, end them there."
)
_LONGEST_DRAINING = timedelta(minutes=15)


def webhooks_job(settings: Settings) -> dg.JobDefinition:
    """Return the job `<connection>_webhooks`: reads again whatever the waiting events are about."""

    @dg.op(
        name=f"{settings.connection}_drain_webhooks",
        description="Reads the opportunities that Lever's events are about again, each once, and only these.",
    )
    def drain_webhooks(context: dg.OpExecutionContext) -> None:
        with in_one_sentence(), Session.open(settings, run_id=context.run_id) as session:
            report = drain(session)
        context.add_output_metadata(
            {
                "events": report.handled,
                "failed": report.failed,
                "opportunities_read": report.read,
                "opportunities_gone": report.gone,
                "requests": report.requests,
                "warnings": [for_events(each) for each in report.warnings],
            }
        )
        warn(context.log, report.warnings)
        if report.error:
            why = for_events(f"The events wait for a later run: {report.error}")
            raise dg.Failure(why, allow_retries=False)

    return op_job(
        settings,
        webhooks_job_name(settings.connection),
        drain_webhooks,
        description="Brings what Lever's events are about into the tables.",
    )


def webhooks_sensor(settings: Settings, job: dg.JobDefinition) -> dg.SensorDefinition:
    """Return the sensor `<connection>_webhooks`: starts a run when events wait in the inbox."""
    connection = settings.connection

    @dg.sensor(
        name=f"{connection}_webhooks",
        job=job,
        minimum_interval_seconds=_WEBHOOK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts one run for all events that wait in the inbox of the webhooks.",
    )
    def webhooks(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        return tick(lambda budget: evaluate(context.instance, budget))

    def evaluate(instance: dg.DagsterInstance, budget: Budget) -> dg.RunRequest | dg.SkipReason:
        if settings.api_key is None:
            return dg.SkipReason(str(NotConnectedError()))
        running = _draining(instance, job.name)
        if running is not None:
            return dg.SkipReason(f"Run {running} is draining the inbox.")
        with _opened(settings, budget) as store, store.reading() as conn:
            waiting = inbox.pending_count(conn, connection)
        if not waiting:
            return dg.SkipReason("No event waits in the inbox.")
        cause = "An event of Lever's" if waiting == 1 else f"{waiting:,} events of Lever's"
        return dg.RunRequest(tags={CAUSE_TAG: cause, CONNECTION_TAG: connection})

    return webhooks


def _opened(settings: Settings, budget: Budget) -> closing[Store]:
    return closing(Store.open(settings.tables_url, lock_wait=budget.left))


def _draining(instance: dg.DagsterInstance, job: str) -> str | None:
    """Return the id of a run that drains the inbox; one that is older than any draining is dead."""
    youngest = now() - _LONGEST_DRAINING
    runs = instance.get_runs(
        dg.RunsFilter(job_name=job, statuses=UNFINISHED, created_after=youngest), limit=1
    )
    return runs[0].run_id if runs else None


def notices_sensor(settings: Settings) -> dg.SensorDefinition:
    """Return the sensor `<connection>_notices`: tells the user's URLs what changed, after the syncs."""

    @dg.sensor(
        name=f"{settings.connection}_notices",
        minimum_interval_seconds=_NOTICE_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends the URLs of LEVER_NOTICE_URLS which tables changed, once no sync is under way.",
    )
    def notices(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        return tick(lambda budget: evaluate(context.instance, budget))

    def evaluate(instance: dg.DagsterInstance, budget: Budget) -> dg.SkipReason:
        if not settings.notice_targets:
            return dg.SkipReason("No URL is to be told of changes: see LEVER_NOTICE_URLS.")
        with _opened(settings, budget) as store:
            if run_under_way(instance, settings.connection) is None:
                enqueue(store, settings)
            if not pending(store, settings.connection):
                return dg.SkipReason("Nothing has changed that was not told.")
            done = deliver(store, settings, seconds=budget.left)
        return dg.SkipReason(
            f"{done.delivered} notices arrived, {done.failed} are sent again later, {done.given_up} given up."
        )

    return notices


def erasure_job(settings: Settings) -> dg.JobDefinition:
    """Return the job `<connection>_erasure`: erases what is personal of records long gone."""

    @dg.op(
        name=f"{settings.connection}_erase",
        description="Erases what is personal of records that were gone for longer than LEVER_RETENTION_DAYS.",
    )
    def erase(context: dg.OpExecutionContext) -> None:
        with in_one_sentence(), Session.open(settings, run_id=context.run_id) as session:
            report = erase_due(session)
            runs = erase_runs(context.instance, session, Budget(_NIGHT_SECONDS), by_night=True)
        answers = erase_answers(context.instance, before=now() - KEPT)
        warnings = list(runs.warnings)
        if not (report.compacted and runs.compacted):
            warnings.append(_NOT_COMPACTED)
        if runs.waiting:
            warnings.append(_UNDER_WAY.format(runs.waiting))
        for warning in warnings:
            context.log.warning(warning)
        context.add_output_metadata(
            {
                "rows": dg.MetadataValue.json(report.rows),
                "payloads": dg.MetadataValue.json(report.payloads),
                "actions": report.actions,
                "runs": runs.deleted,
                "answers": answers,
            }
        )

    return op_job(
        settings,
        erasure_job_name(settings.connection),
        erase,
        description="Erases what is personal of records that were gone for longer than LEVER_RETENTION_DAYS.",
    )


def erasure_schedule(settings: Settings, job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """Return the schedule that erases every night."""
    return dg.ScheduleDefinition(
        name=f"{settings.connection}_erasure",
        job=job,
        cron_schedule="30 2 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Erases every night what is personal of records long gone.",
    )


def retention_sensor(settings: Settings) -> dg.SensorDefinition:
    """Return the sensor `<connection>_retention`: erases in Dagster what was erased in the tables."""

    @dg.sensor(
        name=f"{settings.connection}_retention",
        minimum_interval_seconds=_RETENTION_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Deletes the runs of actions whose input was erased, or names somebody who was, and the answers "
            "of actions when they are a day old."
        ),
    )
    def retention(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        return tick(lambda budget: evaluate(context.instance, budget))

    def evaluate(instance: dg.DagsterInstance, budget: Budget) -> dg.SkipReason:
        answers = erase_answers(instance, before=now() - KEPT)
        with Session.open(settings, lock_wait=budget.left) as session:
            if budget.left:  # first, so that it is not put off by many runs for ever
                compact_if_due(session, by_day=True, seconds=budget.left)
            runs = erase_runs(instance, session, budget)
        told = [f"{runs.deleted} runs and {answers} answers were erased."] if runs.deleted or answers else []
        if runs.waiting:
            told.append(_UNDER_WAY.format(runs.waiting))
        return dg.SkipReason(" ".join([*told, *runs.warnings]) or "There was nothing to erase.")

    return retention

"""The sensors: what starts a run when there is something to do, or does it, and says why not.

Only the delta's run is in the pool of the syncs: a long sync holds up none of the others.
"""

from contextlib import closing

import dagster as dg

from lever_assets.connect.errors import NotConnectedError
from lever_assets.notices.delivering import deliver, pending
from lever_assets.notices.enqueueing import enqueue
from lever_assets.orchestration.names import (
    CAUSE_TAG,
    CONNECTION_TAG,
    DELTA,
    REFRESH_TAG,
    sync_job_name,
    webhooks_job_name,
)
from lever_assets.orchestration.partitions import window_range, windows_since
from lever_assets.orchestration.retention import UNDER_WAY, erase_runs
from lever_assets.orchestration.runs import draining_run, end_dead_runs, erase_answers, run_under_way
from lever_assets.orchestration.ticks import Budget, tick
from lever_assets.settings import Settings
from lever_assets.store import Store, inbox
from lever_assets.sync.polling import Poll, poll
from lever_assets.sync.retention.compaction import compact_if_due
from lever_assets.sync.session import Session

_WEBHOOK_SECONDS = 15
_NOTICE_SECONDS = 30
_RETENTION_SECONDS = 60


def delta_sensor(settings: Settings) -> dg.SensorDefinition:
    """Return the sensor `<connection>_delta`: on changes in Lever it starts one delta run."""
    account = settings.connection

    @dg.sensor(
        name=f"{account}_delta",
        job_name=sync_job_name(account),
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
            under_way = run_under_way(instance, account)
            if under_way is not None:
                return dg.SkipReason(f"Run {under_way} of this connection is under way.")
            told = _poll_unless_busy(session, budget)
        if told.since is None or not told.changed:
            return dg.SkipReason(told.why)
        windows = windows_since(settings, told.since)
        if windows is None:
            return dg.SkipReason("The first window lies in the future: see LEVER_SYNC_START.")
        tags = {REFRESH_TAG: DELTA, CAUSE_TAG: told.why, CONNECTION_TAG: account, **window_range(*windows)}
        return dg.RunRequest(tags=tags)

    return delta


def _poll_unless_busy(session: Session, budget: Budget) -> Poll:
    """Ask Lever whether anything changed; raises BusyError when a sync is under way, also outside Dagster.

    It holds up no sync that begins meanwhile: a run that is then asked for waits for that one, and reads what
    has changed since.
    """
    with session.alone():
        pass
    return poll(session, seconds=budget.left)


def webhooks_sensor(settings: Settings) -> dg.SensorDefinition:
    """Return the sensor `<connection>_webhooks`: starts a run when events wait in the inbox."""
    account = settings.connection

    @dg.sensor(
        name=f"{account}_webhooks",
        job_name=webhooks_job_name(account),
        minimum_interval_seconds=_WEBHOOK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Starts one run for all events that wait in the inbox of the webhooks.",
    )
    def webhooks(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        return tick(lambda budget: evaluate(context.instance, budget))

    def evaluate(instance: dg.DagsterInstance, budget: Budget) -> dg.RunRequest | dg.SkipReason:
        if settings.api_key is None:
            return dg.SkipReason(str(NotConnectedError()))
        running = draining_run(instance, account)
        if running is not None:
            return dg.SkipReason(f"Run {running} is draining the inbox.")
        with _opened(settings, budget) as store, store.reading(account) as tx:
            waiting = inbox.pending_count(tx)
        if not waiting:
            return dg.SkipReason("No event waits in the inbox.")
        cause = "An event of Lever's" if waiting == 1 else f"{waiting:,} events of Lever's"
        return dg.RunRequest(tags={CAUSE_TAG: cause, CONNECTION_TAG: account})

    return webhooks


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
        answers = erase_answers(instance)
        with Session.open(settings, lock_wait=budget.left) as session:
            if budget.left:  # first, so that it is not put off by many runs for ever
                compact_if_due(session, by_day=True, seconds=budget.left)
            runs = erase_runs(instance, session, budget)
        told = [f"{runs.deleted} runs and {answers} answers were erased."] if runs.deleted or answers else []
        if runs.waiting:
            told.append(UNDER_WAY.format(runs.waiting))
        return dg.SkipReason(" ".join([*told, *runs.warnings]) or "There was nothing to erase.")

    return retention


def _opened(settings: Settings, budget: Budget) -> closing[Store]:
    return closing(Store.open(settings.tables_url, lock_wait=budget.left))

"""The schedules: what is not left to a sensor, because nothing announces that it is due.

There is one of each for all accounts; it asks for a run of each, and of Lever nothing.
"""

import logging
from collections.abc import Sequence
from contextlib import closing
from functools import partial

import dagster as dg

from lever_assets.connect.known import names_and_removed
from lever_assets.orchestration.assets import kept_keys
from lever_assets.orchestration.config import for_connection
from lever_assets.orchestration.hosted import Hosted, InForce
from lever_assets.orchestration.names import (
    CAUSE_TAG,
    CONNECTION_TAG,
    ERASE_OP,
    ERASURE_JOB,
    ERASURE_SCHEDULE,
    RECONCILE,
    RECONCILE_SCHEDULE,
    REFRESH_TAG,
    sync_job_name,
)
from lever_assets.orchestration.partitions import window_range, windows_since
from lever_assets.orchestration.readiness import why_not
from lever_assets.orchestration.rounds import Told, in_a_sentence, one_by_one
from lever_assets.orchestration.ticks import Budget, tick
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import Store
from lever_assets.store.transaction import now as moment
from lever_assets.sync.session import Session

_ALL_ASSETS = "__ASSET_JOB"
"""The job of all assets, by which Dagster itself materializes what somebody chose; it has no public name.

A schedule has one job, and each account its own: of this one a run may be over any account's assets.
"""

Requests = Sequence[dg.RunRequest] | dg.SkipReason


def reconcile_schedule(hosted: Hosted) -> dg.ScheduleDefinition:
    """Return the schedule `lever_reconcile`: finds and mends what Lever did not announce.

    Raises SettingsError when it is set for a time that there is not.
    """
    try:
        return _reconcile_schedule(hosted)
    except dg.DagsterInvalidDefinitionError:
        raise SettingsError(
            f"{hosted.settings.unusable('reconcile_schedule')}: there is no such time; write it as five "
            "fields of cron, such as 0 3 * * 0. Correct it and try again."
        ) from None


def _reconcile_schedule(hosted: Hosted) -> dg.ScheduleDefinition:
    only = hosted.accounts[0].connection if len(hosted.accounts) == 1 else None

    @dg.schedule(
        name=hosted.called(RECONCILE_SCHEDULE),
        job_name=_ALL_ASSETS if only is None else sync_job_name(only),
        cron_schedule=hosted.settings.reconcile_schedule,
        required_resource_keys=hosted.resource_keys,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=(
            "Compares each whole account with the tables, keeps what differs although Lever announced no "
            "change in the table `drift`, and mends it."
        ),
    )
    def reconcile(context: dg.ScheduleEvaluationContext) -> Requests | dg.RunRequest:
        return tick(lambda budget: evaluate(hosted.in_force(context), context.log, budget))

    def evaluate(now: InForce, log: logging.Logger, budget: Budget) -> Requests | dg.RunRequest:
        with closing(Store.open(now.settings.tables_url, lock_wait=budget.whole)) as store:
            if only:
                return request(store, now.accounts[0]).alone()
            told = one_by_one(now.accounts, partial(request, store), log)
        requests = [each.request for each in told.values() if each.request is not None]
        return requests or dg.SkipReason(in_a_sentence(told))

    def request(store: Store, account: Settings) -> Told:
        session = Session.over(store, account)
        waits = why_not(session)
        if waits is not None:
            return waits
        windows = windows_since(account, moment())
        if windows is None:
            return Told(f"The first window lies in the future: see {session.account.setting('sync_start')}.")
        name = session.name
        tags = {
            REFRESH_TAG: RECONCILE,
            CAUSE_TAG: "the schedule",
            CONNECTION_TAG: name,
            **window_range(*windows),
        }
        chosen = None if only else kept_keys(hosted.keys[name], account)
        # Without a key Dagster takes no more than one run of a tick.
        return Told(request=dg.RunRequest(run_key=name, asset_selection=chosen, tags=tags))

    return reconcile


def erasure_schedule(hosted: Hosted) -> dg.ScheduleDefinition:
    """Return the schedule `lever_erasure`, which erases every night what is personal of records long gone."""

    @dg.schedule(
        name=hosted.called(ERASURE_SCHEDULE),
        job_name=hosted.called(ERASURE_JOB),
        cron_schedule="30 2 * * *",
        required_resource_keys=hosted.resource_keys,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Erases every night what is personal of records long gone, of each connection.",
    )
    def erasure(context: dg.ScheduleEvaluationContext) -> Requests:
        return tick(lambda _: evaluate(hosted.in_force(context)))

    def evaluate(now: InForce) -> list[dg.RunRequest]:
        # What is stored of one that is switched off, or was removed, gets old, too.
        every = dict.fromkeys([*(each.connection for each in now.accounts), *names_and_removed(now.settings)])
        return [
            dg.RunRequest(
                run_key=each,
                run_config=for_connection(hosted.called(ERASE_OP), each),
                tags={CONNECTION_TAG: each, CAUSE_TAG: "the schedule"},
            )
            for each in every
        ]

    return erasure

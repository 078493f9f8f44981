"""The jobs of a connection: the sync, all assets and their checks in one process; and, for all, single ops.

A step in a process of its own costs more than a second, and a sync waits for Lever, not for the processor.
Draining the inbox and erasing are not in the pool of the syncs: a long sync does not hold them up.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from lever_assets.insight.finishing import bring_up_marts
from lever_assets.orchestration.bulk import asset_job, like
from lever_assets.orchestration.config import connection_field
from lever_assets.orchestration.drained import log_marts
from lever_assets.orchestration.failures import for_events, in_one_sentence, warn
from lever_assets.orchestration.hosted import Hosted
from lever_assets.orchestration.names import (
    CONNECTION_TAG,
    DRAIN_OP,
    ERASE_OP,
    ERASURE_JOB,
    FULL,
    REFRESH_TAG,
    WEBHOOKS_JOB,
    full_sync_job_name,
    sync_job_name,
)
from lever_assets.orchestration.observing import log_observations
from lever_assets.orchestration.retention import UNDER_WAY, erase_runs
from lever_assets.orchestration.room import dagster_size
from lever_assets.orchestration.runs import erase_answers
from lever_assets.orchestration.tagging import Tagging
from lever_assets.orchestration.ticks import Budget
from lever_assets.settings import Settings
from lever_assets.sync.removed import erase_of_removed
from lever_assets.sync.retention.expired import erase_due
from lever_assets.sync.room import note_room
from lever_assets.sync.session import Session, Written
from lever_assets.webhooks.draining import drain

SyncJob = dg.JobDefinition | UnresolvedAssetJobDefinition

_DRAINING = "webhooks"
"""What is told as the doing of a run that drains the inbox."""
_USUAL = "io_manager"
"""The resource that all assets ask for, and that is always there."""
_NIGHT_SECONDS = 600
"""For deleting runs by night; the sensor goes on with what is left."""
_NOT_COMPACTED = (
    "What was erased is no more in the tables, but a database's file, ours or Dagster's, could not be "
    "written anew, so that copies may be left in its free pages: it is tried again the next time; see that "
    "others do not keep the database busy, and that its disk has room for a second copy."
)


def sync_jobs(settings: Settings, assets: dg.AssetsDefinition) -> Sequence[SyncJob]:
    """Return the job `<connection>_sync`, for chosen windows, and `<connection>_full_sync`, for all.

    They are of an account's assets and their checks. Where these ask for resources, Dagster completes the
    jobs itself, when it knows which those are.
    """
    account = settings.connection
    described = {
        sync_job_name(account): (
            "Reads the chosen windows of the Lever account, maps them into the unified models and checks the "
            "result. With the tag `lever/refresh: delta` it asks only for what changed since the last sync."
        ),
        full_sync_job_name(account): (
            "Reads the whole Lever account, maps it into the unified models and checks the result. It needs "
            "no window (`dg launch`). The UI asks for some, and it reads those alone: choose all of them."
        ),
    }
    tags = {CONNECTION_TAG: account}
    (some, about_some), (every, about_every) = described.items()
    if assets.required_resource_keys - {_USUAL}:
        return [
            _unresolved(assets, some, about_some, tags),
            _unresolved(assets, every, about_every, {**tags, REFRESH_TAG: FULL}),
        ]
    windows = asset_job([assets], some, description=about_some, tags=tags)
    return [windows, like(windows, every, description=about_every, tags={**tags, REFRESH_TAG: FULL})]


def _unresolved(assets: dg.AssetsDefinition, name: str, description: str, tags: Mapping[str, str]) -> SyncJob:
    return dg.define_asset_job(
        name,
        dg.AssetSelection.assets(*assets.keys),
        description=description,
        tags=tags,
        executor_def=dg.in_process_executor,
    )


def webhooks_job(hosted: Hosted) -> dg.JobDefinition:
    """Return the job `lever_webhooks`: reads again whatever the waiting events are about."""

    @dg.op(
        name=hosted.called(DRAIN_OP),
        config_schema=connection_field(hosted.settings),
        required_resource_keys=hosted.resource_keys,
        description="Reads the opportunities that Lever's events are about again, each once, and only these.",
    )
    def drain_webhooks(context: dg.OpExecutionContext) -> None:
        with in_one_sentence(), session_of(context, hosted, _DRAINING) as session:
            report = drain(session)
            if report.read or report.gone:
                log_marts(context, hosted, session, bring_up_marts(session, wait=0), _DRAINING)
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
        hosted.called(WEBHOOKS_JOB),
        drain_webhooks,
        hosted=hosted,
        description="Brings what Lever's events are about into the tables.",
    )


def erasure_job(hosted: Hosted) -> dg.JobDefinition:
    """Return the job `lever_erasure`: erases what is personal of records long gone."""

    @dg.op(
        name=hosted.called(ERASE_OP),
        config_schema=connection_field(hosted.settings),
        required_resource_keys=hosted.resource_keys,
        description="Erases what is personal of records that were gone for longer than LEVER_RETENTION_DAYS.",
    )
    def erase(context: dg.OpExecutionContext) -> None:
        with in_one_sentence(), session_of(context, hosted, "erasure", removed=True) as session:
            account = session.account
            now = hosted.in_force(context)
            is_given = account.name in {now.settings.connection, *now.own}
            is_there = not account.is_removed and (account.is_stored or is_given)
            report = erase_due(session) if is_there else erase_of_removed(session)
            if report is None:
                context.log.info(f"{account.name} was erased or connected again meanwhile.")
                return
            budget = Budget(_NIGHT_SECONDS)
            tagging = Tagging(context.instance, now.settings, now.own, by_name=hosted.owns_dagster)
            runs = erase_runs(context.instance, session, budget, by_night=True, tagging=tagging)
            note_room(session.store, session.name, partial(dagster_size, now.settings))
        answers = erase_answers(context.instance)
        warnings = list(runs.warnings)
        if not (report.compacted and runs.compacted):
            warnings.append(_NOT_COMPACTED)
        if runs.waiting:
            warnings.append(UNDER_WAY.format(runs.waiting))
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
        hosted.called(ERASURE_JOB),
        erase,
        hosted=hosted,
        description="Erases what is personal of records that were gone for longer than LEVER_RETENTION_DAYS.",
    )


@contextmanager
def session_of(
    context: dg.OpExecutionContext, hosted: Hosted, doing: str, *, removed: bool = False
) -> Iterator[Session]:
    """Open a session of the connection that the op's configuration names, and have the run say which it is.

    At the end it is observed on which assets single records were refreshed, with what it was `doing`. Raises
    ConnectionNameError if there is none of that name, or it was removed and is not to be meant, too.
    """
    own, written = hosted.named(hosted.in_force(context), context.op_config, removed=removed), Written()
    context.instance.add_run_tags(context.run_id, {CONNECTION_TAG: own.connection})
    with Session.open(own, run_id=context.run_id) as session:
        yield replace(session, on_refresh=written.update)
    log_observations(context, hosted.layout.keys(own.connection), written, doing)


def op_job(
    name: str,
    op: dg.OpDefinition,
    *,
    description: str,
    hosted: Hosted,
    tags: Mapping[str, str] | None = None,
) -> dg.JobDefinition:
    """Return a job that is one op, in one process, with nothing left behind but its events.

    Where its settings come from resources, Dagster adds these, and the IO manager (`Hosted.memory`).
    """
    own = None if hosted.sources else {hosted.memory: dg.mem_io_manager}
    return dg.GraphDefinition(name=name, node_defs=[op], description=description).to_job(
        executor_def=dg.in_process_executor,
        tags=tags,
        resource_defs=own,
    )

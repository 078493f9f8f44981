"""Materializations, with no more around them than it takes, many at once.

`context.log_event` stores each on its own, and says with each where in the run it was logged, twice in words:
for the windows of a first full sync that took three times what the sync itself does. Dagster has no public
name for an event that says less.
"""

from collections.abc import Sequence

import dagster as dg
from dagster._core.events import StepMaterializationData

from lever_assets.store.transaction import now

_DEBUG = 10
"""The level that Dagster gives such an event."""


def materialize(
    context: dg.AssetExecutionContext, made: Sequence[dg.AssetMaterialization]
) -> list[dg.DagsterEvent]:
    """Store that the run has made these, in one transaction where the storage can; return the events."""
    step, run = context.get_step_execution_context().step.key, context.run
    events = [_event(run, step, each) for each in made]
    at = now().timestamp()
    context.instance.event_log_storage.store_event_batch([_entry(run, step, each, at) for each in events])
    return events


def _event(run: dg.DagsterRun, step: str, made: dg.AssetMaterialization) -> dg.DagsterEvent:
    return dg.DagsterEvent(
        event_type_value=dg.DagsterEventType.ASSET_MATERIALIZATION.value,
        job_name=run.job_name,
        step_key=step,
        event_specific_data=StepMaterializationData(made),
    )


def _entry(run: dg.DagsterRun, step: str, event: dg.DagsterEvent, at: float) -> dg.EventLogEntry:
    return dg.EventLogEntry(  # type: ignore[no-untyped-call]
        error_info=None,
        level=_DEBUG,
        user_message="",
        run_id=run.run_id,
        timestamp=at,
        step_key=step,
        job_name=run.job_name,
        dagster_event=event,
    )

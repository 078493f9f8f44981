"""Events of assets, with no more around them than it takes, many at once.

`context.log_event` stores each on its own, and says with each where in the run it was logged, twice in words:
for the windows of a first full sync that took three times what the sync itself does. Dagster has no public
name for an event that says less, and none for storing several that belong to no run.
"""

import time
from collections.abc import Iterator, Sequence
from math import inf

import dagster as dg
from dagster._core.events import AssetObservationData, StepMaterializationData
from dagster._core.instance import RUNLESS_RUN_ID
from dagster._core.instance.utils import RUNLESS_JOB_NAME

from lever_assets.store.transaction import now

_DEBUG = 10
"""The level that Dagster gives such an event."""
_AT_ONCE = 100
"""Storages that store one after the other take 60 ms for each; between so many it is asked for the time."""

COMMAND, BY = "command", "by"
MARKS = (COMMAND, BY)
"""Metadata of events that belong to no run: which command they are of; of an action, which one."""

Told = dg.AssetMaterialization | dg.AssetObservation | dg.AssetCheckEvaluation


def materialize(
    context: dg.AssetExecutionContext, made: Sequence[dg.AssetMaterialization]
) -> list[dg.DagsterEvent]:
    """Store that the run has made these, in one transaction where the storage can; return the events."""
    step, run = context.get_step_execution_context().step.key, context.run
    events = [_event(run.job_name, step, each) for each in made]
    at = now().timestamp()
    entries = [_entry(run.run_id, run.job_name, step, each, at) for each in events]
    context.instance.event_log_storage.store_event_batch(entries)
    return events


def store_runless(
    instance: dg.DagsterInstance, told: Sequence[Told], *, at: float, until: float = inf
) -> bool:
    """Store events of one kind and asset that belong to no run, `at` a time (seconds since the epoch).

    Some at once, in a transaction where the storage can. Return False if it was not done `until` an instant
    of `time.monotonic`: the rest was left out.
    """
    for some in _in_parts(told):
        if time.monotonic() > until:
            return False
        events = [_event(RUNLESS_JOB_NAME, None, each) for each in some]
        entries = [_entry(RUNLESS_RUN_ID, RUNLESS_JOB_NAME, None, each, at) for each in events]
        instance.event_log_storage.store_event_batch(entries)
    return True


def is_told_by_command(text: str) -> bool:
    """Tell whether an event that belongs to no run, as it is stored, is one of a command of ours.

    It has our metadata, and a level that no event has which is reported by Dagster's own means. What can't be
    read is none: it is damaged, or of a class that this Dagster does not have.
    """
    try:
        entry = dg.deserialize_value(text, dg.EventLogEntry)
    except Exception:  # whatever makes Dagster fail at it: it names none
        return False
    event = entry.dagster_event
    if event is None or entry.level != _DEBUG:
        return False
    data = event.event_specific_data
    match data:
        case StepMaterializationData():
            metadata = data.materialization.metadata
        case AssetObservationData():
            metadata = data.asset_observation.metadata
        case dg.AssetCheckEvaluation():
            metadata = data.metadata
        case _:
            return False
    return any(mark in metadata for mark in MARKS)


def _in_parts(told: Sequence[Told]) -> Iterator[Sequence[Told]]:
    return (told[start : start + _AT_ONCE] for start in range(0, len(told), _AT_ONCE))


def _event(job: str, step: str | None, told: Told) -> dg.DagsterEvent:
    kind: dg.DagsterEventType
    data: StepMaterializationData | AssetObservationData | dg.AssetCheckEvaluation
    match told:
        case dg.AssetMaterialization():
            kind, data = dg.DagsterEventType.ASSET_MATERIALIZATION, StepMaterializationData(told)
        case dg.AssetObservation():
            kind, data = dg.DagsterEventType.ASSET_OBSERVATION, AssetObservationData(told)
        case _:
            kind, data = dg.DagsterEventType.ASSET_CHECK_EVALUATION, told
    return dg.DagsterEvent(event_type_value=kind.value, job_name=job, step_key=step, event_specific_data=data)


def _entry(run_id: str, job: str, step: str | None, event: dg.DagsterEvent, at: float) -> dg.EventLogEntry:
    return dg.EventLogEntry(  # type: ignore[no-untyped-call]
        error_info=None,
        level=_DEBUG,
        user_message="",
        run_id=run_id,
        timestamp=at,
        step_key=step,
        job_name=job,
        dagster_event=event,
    )

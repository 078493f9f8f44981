"""What a run is to cover, from its windows and its tags."""

from datetime import UTC, datetime

import dagster as dg

from lever_assets.orchestration.names import DELTA, FULL, RECONCILE, REFRESH_TAG, raw_key
from lever_assets.orchestration.partitions import first_instant
from lever_assets.settings import Settings
from lever_assets.sync.exclusion import Exclusion
from lever_assets.sync.resources import WANTED
from lever_assets.sync.runs import Run
from lever_assets.sync.session import Scope
from lever_assets.sync.windows import covering


def scope_of(context: dg.AssetExecutionContext, settings: Settings) -> Scope:
    """Return what the run is to cover; raises Failure if it has no window and no tag that says so."""
    refresh = context.run.tags.get(REFRESH_TAG)
    if refresh == DELTA:
        return Scope(delta=True)
    if refresh == RECONCILE:
        return Scope(reconcile=True)
    if refresh == FULL:
        return Scope()
    if not (context.has_partition_key or context.has_partition_key_range):
        raise dg.Failure(
            f"This run has no window: choose one or more, or launch {settings.connection}_full_sync, which "
            "reads the whole account.",
            allow_retries=False,
        )
    window = context.partition_time_window
    bounds = covering(
        window.start.astimezone(UTC),
        window.end.astimezone(UTC),
        first=first_instant(settings),
        now=_began(context),
    )
    return Scope(bounds)


def _began(context: dg.AssetExecutionContext) -> datetime:
    """Return when the run was made: all its steps cover the same, whichever windows end meanwhile."""
    record = context.instance.get_run_record_by_id(context.run.run_id)
    return datetime.now(UTC) if record is None else record.create_timestamp.astimezone(UTC)


def run_of(context: dg.AssetExecutionContext, settings: Settings) -> Run:
    """Return the run and what it is to read; it continues an unfinished one that wants the same."""
    selected, exclusion = context.run.asset_selection, Exclusion.of(settings)
    keys = {name: raw_key(settings.connection, name) for name in WANTED if exclusion.needs(name)}
    return Run(
        context.run.run_id, tuple(name for name, key in keys.items() if not selected or key in selected)
    )

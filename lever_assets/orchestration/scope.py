"""What a run is to cover, from its windows and its tags."""

from datetime import UTC, datetime

import dagster as dg

from lever_assets.orchestration.partitions import first_instant
from lever_assets.settings import Settings
from lever_assets.sync.session import Scope
from lever_assets.sync.windows import covering

REFRESH_TAG = "lever/refresh"
"""A run tag; the value `delta` asks Lever only for what changed since the last sync."""
DELTA = "delta"


def scope_of(context: dg.AssetExecutionContext, settings: Settings) -> Scope:
    """Return the scope of the run: its delta, its range of windows, or everything if it has no window."""
    if context.run.tags.get(REFRESH_TAG) == DELTA:
        return Scope(delta=True)
    if not (context.has_partition_key or context.has_partition_key_range):
        return Scope()
    window = context.partition_time_window
    bounds = covering(
        window.start.astimezone(UTC),
        window.end.astimezone(UTC),
        first=first_instant(settings),
        now=datetime.now(UTC),
    )
    return Scope(bounds)

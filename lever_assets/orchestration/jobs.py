"""The sync as a job: every asset of a connection and its checks, in one process."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from lever_assets.orchestration.names import model_group, raw_group
from lever_assets.orchestration.partitions import sync_windows
from lever_assets.settings import Settings

CONNECTION_TAG = "lever/connection"
"""Names the connection that a run of the job syncs."""


def sync_job(settings: Settings) -> UnresolvedAssetJobDefinition:
    """Return the job `<connection>_sync`.

    It runs in one process: a step in a process of its own costs more than a second, and a sync waits for
    Lever, not for the processor.
    """
    connection = settings.connection
    return dg.define_asset_job(
        f"{connection}_sync",
        selection=dg.AssetSelection.groups(raw_group(connection), model_group(connection)),
        description=(
            "Reads the chosen windows of the Lever account, maps them into the unified models and checks the "
            "result. Launched without a window it reads the whole account; with the tag lever/refresh: "
            "delta, only what changed since the last sync."
        ),
        tags={CONNECTION_TAG: connection},
        partitions_def=sync_windows(settings),
        executor_def=dg.in_process_executor,
    )

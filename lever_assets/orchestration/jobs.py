"""The jobs of a connection: the sync, every asset and its checks in one process, and what is a single op.

A step in a process of its own costs more than a second, and a sync waits for Lever, not for the processor.
"""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from lever_assets.orchestration.names import (
    CONNECTION_TAG,
    full_sync_job_name,
    model_group,
    raw_group,
    sync_job_name,
)
from lever_assets.orchestration.partitions import whole_account
from lever_assets.settings import Settings


def sync_jobs(settings: Settings) -> list[UnresolvedAssetJobDefinition]:
    """Return the job `<connection>_sync`, for chosen windows, and `<connection>_full_sync`, for all."""
    return [
        _job(
            settings,
            sync_job_name(settings.connection),
            "Reads the chosen windows of the Lever account, maps them into the unified models and checks the "
            "result. With the tag `lever/refresh: delta` it asks only for what changed since the last sync.",
        ),
        _job(
            settings,
            full_sync_job_name(settings.connection),
            "Reads the whole Lever account, maps it into the unified models and checks the result. For "
            "`dagster job launch`, where it needs no window; in the UI choose all windows of the other job.",
            whole_account(settings),
        ),
    ]


def op_job(settings: Settings, name: str, op: dg.OpDefinition, *, description: str) -> dg.JobDefinition:
    """Return a job that is one op, in one process, with nothing left behind but its events."""
    return dg.GraphDefinition(name=name, node_defs=[op], description=description).to_job(
        executor_def=dg.in_process_executor,
        resource_defs={"io_manager": dg.mem_io_manager},
        tags={CONNECTION_TAG: settings.connection},
    )


def _job(
    settings: Settings, name: str, description: str, tags: dict[str, str] | None = None
) -> UnresolvedAssetJobDefinition:
    connection = settings.connection
    return dg.define_asset_job(
        name,
        selection=dg.AssetSelection.groups(raw_group(connection), model_group(connection)),
        description=description,
        tags={CONNECTION_TAG: connection, **(tags or {})},
        executor_def=dg.in_process_executor,
    )

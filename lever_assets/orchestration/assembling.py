"""All that Dagster shows and runs for some accounts, put together: assets, jobs, sensors and schedules."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from lever_assets.orchestration.actions import action_jobs
from lever_assets.orchestration.assets import account_assets
from lever_assets.orchestration.doctor import doctor_job
from lever_assets.orchestration.hosted import Hosted
from lever_assets.orchestration.jobs import SyncJob, erasure_job, sync_jobs, webhooks_job
from lever_assets.orchestration.names import (
    DELTA_SENSOR,
    ERASURE_SCHEDULE,
    NOTICES_SENSOR,
    PURGE_SENSOR,
    RECONCILE_SCHEDULE,
    RETENTION_SENSOR,
    WEBHOOKS_SENSOR,
)
from lever_assets.orchestration.schedules import erasure_schedule, reconcile_schedule
from lever_assets.orchestration.sensors import (
    delta_sensor,
    notices_sensor,
    purge_sensor,
    retention_sensor,
    webhooks_sensor,
)

SENSORS = (DELTA_SENSOR, WEBHOOKS_SENSOR, NOTICES_SENSOR, RETENTION_SENSOR, PURGE_SENSOR)
SCHEDULES = (RECONCILE_SCHEDULE, ERASURE_SCHEDULE)


@dataclass(frozen=True)
class Parts:
    """Which parts are wanted: the jobs of actions, and sensors and schedules by their names in `names`."""

    actions: bool = True
    sensors: Collection[str] = SENSORS
    schedules: Collection[str] = SCHEDULES


ALL_PARTS = Parts()


def assemble(
    hosted: Hosted,
    parts: Parts = ALL_PARTS,
    *,
    resources: Mapping[str, Any] | None = None,
    executor: dg.ExecutorDefinition | None = None,
) -> dg.Definitions:
    """Return everything that Dagster shows and runs for these accounts.

    Each account has assets, checks and sync jobs of its own; all else is there once. What the list warns of
    is told in the location's metadata and by the delta sensor.
    """
    assets = [account_assets(each, hosted) for each in hosted.accounts]
    own = [job for each, of in zip(hosted.accounts, assets, strict=True) for job in sync_jobs(each, of)]
    return dg.Definitions(
        assets=assets,
        jobs=[
            *own,
            webhooks_job(hosted),
            erasure_job(hosted),
            doctor_job(hosted),
            *(action_jobs(hosted) if parts.actions else ()),
        ],
        sensors=_sensors(hosted, parts.sensors, own),
        schedules=_schedules(hosted, parts.schedules),
        resources=resources,
        executor=executor,
        metadata={"lever/warnings": "\n\n".join(hosted.warnings)} if hosted.warnings else None,
    )


def _sensors(hosted: Hosted, wanted: Collection[str], jobs: Sequence[SyncJob]) -> list[dg.SensorDefinition]:
    made: dict[str, Callable[[], dg.SensorDefinition]] = {
        DELTA_SENSOR: lambda: delta_sensor(hosted, jobs),
        WEBHOOKS_SENSOR: lambda: webhooks_sensor(hosted),
        NOTICES_SENSOR: lambda: notices_sensor(hosted),
        RETENTION_SENSOR: lambda: retention_sensor(hosted),
        PURGE_SENSOR: lambda: purge_sensor(hosted),
    }
    return [make() for name, make in made.items() if name in wanted]


def _schedules(hosted: Hosted, wanted: Collection[str]) -> list[dg.ScheduleDefinition]:
    made = {ERASURE_SCHEDULE: erasure_schedule}
    # Dagster refuses one over assets where there are none, as when all accounts are switched off.
    if hosted.accounts:
        made[RECONCILE_SCHEDULE] = reconcile_schedule
    return [make(hosted) for name, make in made.items() if name in wanted]

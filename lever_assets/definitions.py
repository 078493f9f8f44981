"""The composition root: settings -> the default connection -> Dagster's definitions.

Loading touches neither the network nor the database, needs no key, and closes the data folder to others. A
setting that can't be used stops it with a `SettingsError`, one sentence that names the variable.
"""

import dagster as dg

from lever_assets import private
from lever_assets.orchestration.actions import action_jobs
from lever_assets.orchestration.assets import model_assets, raw_assets
from lever_assets.orchestration.checks import model_checks
from lever_assets.orchestration.doctor import doctor_job
from lever_assets.orchestration.jobs import erasure_job, sync_jobs, webhooks_job
from lever_assets.orchestration.schedules import erasure_schedule, reconcile_schedule
from lever_assets.orchestration.sensors import delta_sensor, notices_sensor, retention_sensor, webhooks_sensor
from lever_assets.settings import Settings


def build(settings: Settings) -> dg.Definitions:
    """Return everything that Dagster shows and runs for these settings."""
    return dg.Definitions.merge(
        sync_jobs(settings),
        dg.Definitions(
            assets=[*raw_assets(settings), *model_assets(settings)],
            asset_checks=[model_checks(settings)],
            jobs=[
                webhooks_job(settings),
                erasure_job(settings),
                doctor_job(settings),
                *action_jobs(settings),
            ],
            sensors=[
                delta_sensor(settings),
                webhooks_sensor(settings),
                notices_sensor(settings),
                retention_sensor(settings),
            ],
            schedules=[reconcile_schedule(settings), erasure_schedule(settings)],
            # Also for "Materialize" in the UI, whose runs have no job of ours.
            executor=dg.in_process_executor,
        ),
    )


def _defs() -> dg.Definitions:
    settings = Settings.load()
    private.set_umask()  # of Dagster's process, which has loaded this to run it
    private.close_to_others(settings.data_dir)
    return build(settings)


defs = _defs()

"""The composition root: settings -> the accounts -> Dagster's definitions.

Loading touches no network but the database's, needs no key, and closes the data folder to others. A setting
that can't be used stops it with a `SettingsError`, one sentence that names the variable.
"""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from lever_assets import private
from lever_assets.connect.known import Listed, listed
from lever_assets.orchestration.actions import action_jobs
from lever_assets.orchestration.assets import account_assets
from lever_assets.orchestration.doctor import doctor_job
from lever_assets.orchestration.jobs import erasure_job, sync_jobs, webhooks_job
from lever_assets.orchestration.schedules import erasure_schedule, reconcile_schedule
from lever_assets.orchestration.sensors import (
    delta_sensor,
    notices_sensor,
    purge_sensor,
    retention_sensor,
    webhooks_sensor,
)
from lever_assets.settings import Settings

_LOG = logging.getLogger(__name__)


def build(settings: Settings, accounts: Listed | None = None) -> dg.Definitions:
    """Return everything that Dagster shows and runs for these accounts; None: for the one of the settings.

    Each account has assets, checks and sync jobs of its own; all else is there once. What the list warns of
    is told in the location's metadata and by the delta sensor.
    """
    known = accounts or Listed((settings,))
    assets: list[dg.AssetsDefinition] = []
    jobs: list[dg.JobDefinition] = []
    for each in known.accounts:
        own = account_assets(each)
        jobs += sync_jobs(each, own)
        assets.append(own)
    return dg.Definitions(
        assets=assets,
        jobs=[
            *jobs,
            webhooks_job(settings),
            erasure_job(settings),
            doctor_job(settings),
            *action_jobs(settings),
        ],
        sensors=[
            delta_sensor(settings, known.accounts, jobs, known.warnings),
            webhooks_sensor(settings, known.accounts),
            notices_sensor(settings, known.accounts),
            retention_sensor(settings, known.accounts),
            purge_sensor(settings, known.accounts),
        ],
        schedules=[
            # Dagster refuses one over assets where there are none, as when all accounts are switched off.
            *([reconcile_schedule(settings, known.accounts, assets)] if assets else []),
            erasure_schedule(settings, known.accounts),
        ],
        # Also for "Materialize" in the UI, whose runs have no job of ours.
        executor=dg.in_process_executor,
        metadata={"lever/warnings": "\n\n".join(known.warnings)} if known.warnings else None,
    )


@contextmanager
def _lasting() -> Iterator[None]:
    """Make many things that last: what can't be garbage yet is not looked through again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


def _defs() -> dg.Definitions:
    settings = Settings.load()
    private.set_umask()  # of Dagster's process, which has loaded this to run it
    private.close_to_others(settings.data_dir)
    known = listed(settings)
    for each in known.warnings:
        _LOG.warning(each)
    with _lasting():
        made = build(settings, known)
        made.get_repository_def()  # which Dagster does next, and keeps
    return made


defs = _defs()

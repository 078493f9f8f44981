"""How old an asset may get before Dagster calls it stale, and how often a delta tells of what did not change.

Dagster goes by the last materialization alone, and a delta tells of an asset when its table changed. So it
tells of the others once a day, too, and of the opportunities whenever the short lists were due, which is a
run also where nothing changes. More often would be true as well, and each costs some 3 kB.
"""

from datetime import timedelta

import dagster as dg

from lever_assets.lever.resources import OPPORTUNITIES, RESOURCES, Snapshot
from lever_assets.orchestration.layout import LeverTable
from lever_assets.policy.exclusion import Exclusion
from lever_assets.settings import Settings

_DAY = timedelta(days=1)
_A_RUN = timedelta(minutes=15)
"""For the run itself, and what it may have to wait for."""


def told_again_after(settings: Settings, table: str) -> timedelta:
    """Return after how long a delta tells of a table although nothing changed in it."""
    return timedelta(minutes=settings.snapshot_minutes) if table == OPPORTUNITIES.table else _DAY


def freshness_of(settings: Settings, of: LeverTable, *, all_tables: bool) -> dg.FreshnessPolicy | None:
    """Return when an asset that the delta sensor keeps up is late; None: that is not told of it.

    A run is due when the short lists are older than LEVER_SNAPSHOT_MINUTES: where all of them are left out,
    a quiet account has none. Not `all_tables`: the opportunities alone speak for their account. Dagster's
    daemon looks at each asset with a policy twice a minute, at 0.25 ms.
    """
    if not (all_tables or of.table == OPPORTUNITIES.table):
        return None
    exclusion = Exclusion.of(settings)
    if not any(isinstance(each, Snapshot) and exclusion.needs(each.name) for each in RESOURCES):
        return None
    # What is just not old enough for one run is told of by the next.
    between_runs = timedelta(minutes=settings.snapshot_minutes, seconds=settings.delta_seconds)
    late = told_again_after(settings, of.table) + between_runs + _A_RUN
    return dg.FreshnessPolicy.time_window(warn_window=late, fail_window=late + 2 * between_runs)

"""Observations: which assets an action or an event of Lever's touched, and how many rows.

Single records are refreshed, no window is read: so nothing is materialized. There are no names and no texts.
"""

from collections.abc import Mapping

import dagster as dg

from lever_assets.orchestration.asset_keys import Keys
from lever_assets.orchestration.materializing import BY
from lever_assets.orchestration.untold import by_asset
from lever_assets.sync.session import Written


def observations(keys: Keys, rows: Mapping[str, Mapping[str, int]], by: str) -> list[dg.AssetObservation]:
    """Return what is left on the assets that were touched; `rows` were written by something, by table."""
    return [
        dg.AssetObservation(keys.by_table[table], metadata={BY: by, **counts})
        for table, counts in rows.items()
        if table in keys.by_table
    ]


def log_observations(context: dg.OpExecutionContext, keys: Keys, written: Written, by: str) -> None:
    """Have the run tell which assets it touched."""
    for each in observations(keys, by_asset(written), by):
        context.log_event(each)

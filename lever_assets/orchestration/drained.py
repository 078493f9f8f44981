"""Marts that were brought up after single records were refreshed in a run: told as those of a delta are.

No window is read then, so none is marked that was not: the one that was told last is told again.
"""

from collections.abc import Mapping

import dagster as dg

from lever_assets.orchestration.assets import account_assets
from lever_assets.orchestration.hosted import Hosted
from lever_assets.orchestration.last_told import LastTold
from lever_assets.orchestration.materializing import BY
from lever_assets.orchestration.metadata import brief, mart_materialization
from lever_assets.orchestration.versions import version_tags
from lever_assets.store.marts import Replaced, counted_rows
from lever_assets.sync.session import Session


def log_marts(
    context: dg.OpExecutionContext,
    hosted: Hosted,
    session: Session,
    replaced: Mapping[str, Replaced],
    by: str,
) -> None:
    """Have the run tell of the marts of which rows were replaced; an asset never told is observed alone."""
    changed = {name: done for name, done in replaced.items() if done.changed}
    if not changed:
        return
    keys, assets = hosted.keys[session.name], account_assets(session.settings, hosted)
    known = LastTold.of(context.instance, [keys.mart(name) for name in changed])
    with session.reading() as tx:
        rows = counted_rows(tx)
    for name, done in changed.items():
        key = keys.mart(name)
        metadata = {BY: by, **brief(mart_materialization(done, rows[name], None, session.store.name))}
        window, _ = known.told.get(key, (None, None))
        if window is None:
            context.log_event(dg.AssetObservation(key, metadata=metadata))
            continue
        tags = version_tags(context.instance, assets, key, context.run_id)
        context.log_event(dg.AssetMaterialization(key, partition=window, metadata=metadata, tags=tags))

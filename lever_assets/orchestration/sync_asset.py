"""What all sync assets have in common: windows, one run for a range of them, the pool, the owners."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from lever_assets.orchestration.failures import in_one_sentence
from lever_assets.orchestration.metadata import OWNERS, database_kind
from lever_assets.orchestration.names import CONNECTION_TAG, pool
from lever_assets.orchestration.partitions import sync_windows
from lever_assets.settings import Settings

Body = Callable[[dg.AssetExecutionContext], Iterator[dg.MaterializeResult[None]]]


def sync_asset(
    settings: Settings,
    body: Body,
    *,
    key: dg.AssetKey,
    deps: Iterable[dg.AssetKey],
    group: str,
    floor: str,
    description: str,
    kind: str,
    metadata: Mapping[str, Any],
    code_version: str | None = None,
    checks: Sequence[dg.AssetCheckSpec] = (),
) -> dg.AssetsDefinition:
    """Return an asset of the default connection; `floor` is `raw` or `unified`, `kind` an icon of the UI.

    Whatever `body` raises fails the step in one sentence.
    """

    def step(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        with in_one_sentence():
            yield from body(context)

    with warnings.catch_warnings():
        # A range of windows must be one run, one pass over the API; nothing else than this parameter says so.
        warnings.filterwarnings("ignore", "Parameter `backfill_policy`", dg.BetaWarning)
        return dg.asset(
            key=key,
            deps=list(deps),
            group_name=group,
            description=description,
            kinds={kind, database_kind(settings)},
            owners=list(OWNERS),
            tags={CONNECTION_TAG: settings.connection, "lever/floor": floor},
            metadata=metadata,
            code_version=code_version,
            partitions_def=sync_windows(settings),
            backfill_policy=dg.BackfillPolicy.single_run(),
            pool=pool(settings.connection),
            check_specs=list(checks),
        )(step)

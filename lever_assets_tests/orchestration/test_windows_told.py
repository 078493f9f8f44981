"""What a run tells of its windows by themselves, so that a plot by partition says something."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pytest

import lever_assets
from lever_assets.orchestration.partitions import sync_windows
from lever_assets.sync.windows import covering
from lever_assets_tests.orchestration.running import Place, key, window_range, windows

pytestmark = pytest.mark.long

ROWS, CHANGED = "dagster/partition_row_count", "partition_rows_changed"


def told(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Mapping[str, Any]]:
    """Return by its key what was told of each window."""
    assert result.success
    made = [
        each.materialization
        for each in result.get_asset_materialization_events()
        if each.asset_key == key(asset)
    ]
    return {str(each.partition): values(each) for each in made}


def values(made: dg.AssetMaterialization) -> Mapping[str, Any]:
    return {name: each.value for name, each in made.metadata.items()}


def in_window(place: Place, table: str, window: str) -> int:
    """Return how many rows an asset of somebody's own would get in a window."""
    settings = place.settings()
    every = sync_windows(settings)
    covered = every.time_window_for_partition_key(window)
    first = every.get_first_partition_window()
    assert first is not None
    bounds = covering(covered.start, covered.end, first=first.start, now=datetime.now(UTC))
    return len(lever_assets.frame(table, settings=settings, window=bounds))


DATED = ("raw_opportunities", "raw_interviews", "candidates", "applications", "interviews")


def test_each_window_says_how_many_rows_it_has_and_how_many_of_them_the_run_wrote(synced: Place) -> None:
    sandbox = synced.sandbox
    first, last = windows(synced.settings())
    sandbox.edit(
        "opportunities", sandbox.ids("opportunities")[0], {"name": "New", "updatedAt": sandbox.now()}
    )
    result = synced.run(tags=window_range(first, last))
    for asset in DATED:
        own = told(result, asset)
        assert {window: found[ROWS] for window, found in own.items()} == {
            window: in_window(synced, asset, window) for window in (first, last)
        }, asset
        assert sum(found[ROWS] for found in own.values()) == own[last]["dagster/row_count"]
    assert [found[CHANGED] for found in told(result, "candidates").values()] == [0, 1]
    assert ROWS not in told(result, "users")[last]  # read whole: its rows are of no window


def test_a_window_says_it_of_itself(synced: Place) -> None:
    first = windows(synced.settings())[0]
    (alone,) = told(synced.run(tags={"dagster/partition": first}), "candidates").values()
    assert (alone[ROWS], alone[CHANGED]) == (in_window(synced, "candidates", first), 0)
    assert alone[ROWS] > 0


def test_a_full_sync_says_it_of_each_window_that_it_marks(synced: Place) -> None:
    whole = told(synced.run("lever_full_sync"), "candidates")
    assert {window: found[ROWS] for window, found in whole.items()} == {
        window: in_window(synced, "candidates", window) for window in windows(synced.settings())
    }
    assert not any(CHANGED in found for found in whole.values())


def test_a_delta_does_not_count_them(synced: Place) -> None:
    last = windows(synced.settings())[-1]
    found = told(synced.run(tags={"lever/refresh": "delta", "dagster/partition": last}), "candidates")
    assert ROWS not in found[last]
    assert found[last]["dagster/row_count"] > 0


@pytest.mark.parametrize("check", ["complete", "unique_ids", "references", "mapped"])
def test_every_check_carries_numbers_also_when_it_passes(synced: Place, check: str) -> None:
    result = synced.run(tags={"dagster/partition": windows(synced.settings())[-1]})
    made = [each for each in result.get_asset_check_evaluations() if each.check_name == check]
    assert made
    for each in made:
        assert [value for value in each.metadata.values() if isinstance(value, dg.IntMetadataValue)], each

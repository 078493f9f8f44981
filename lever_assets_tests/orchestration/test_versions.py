"""What Dagster tells of an asset being out of date, from the versions that its materializations carry."""

from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from lever_assets.definitions import build
from lever_assets.mapping import MAPPING_VERSION
from lever_assets.orchestration import assets
from lever_assets_tests.orchestration.running import ASSETS, Place, windows


def stale(place: Place, window: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the assets that are out of date in a window, each with why."""
    graph = build(place.settings()).resolve_asset_graph()
    resolver = CachingStaleStatusResolver(place.instance, graph, LoadingContextForTest(place.instance))
    keys = graph.materializable_asset_keys
    assert len(keys) == ASSETS
    for key in sorted(keys):
        status = resolver.get_status(key, window)
        if status is not StaleStatus.FRESH:
            yield key.path[-1], [why.reason for why in resolver.get_stale_causes(key, window)]


def test_nothing_is_out_of_date_after_a_full_sync_until_the_code_changes(
    synced: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert synced.run("lever_full_sync").success
    first, *_, last = windows(synced.settings())
    assert dict(stale(synced, first)) == {}
    assert dict(stale(synced, last)) == {}

    monkeypatch.setattr(assets, "MAPPING_VERSION", 1_000)
    found = dict(stale(synced, last))
    assert found["candidates"] == ["has a new code version"]
    assert "raw_opportunities" not in found


def test_a_model_says_what_it_was_made_from(synced: Place) -> None:
    whole = synced.run("lever_full_sync")
    latest = synced.instance.get_latest_materialization_event(dg.AssetKey(["lever", "rejection_reasons"]))
    assert latest is not None
    made = latest.asset_materialization
    assert made is not None
    (source,) = [
        each.asset_entry.last_materialization_record
        for each in synced.instance.get_asset_records([dg.AssetKey(["lever", "raw_archive_reasons"])])
    ]
    assert source is not None
    assert made.tags == {
        "dagster/code_version": str(MAPPING_VERSION),
        "dagster/data_version": whole.run_id,
        "dagster/input_data_version/lever/raw_archive_reasons": whole.run_id,
        "dagster/input_event_pointer/lever/raw_archive_reasons": str(source.storage_id),
    }

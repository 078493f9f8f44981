"""While the history below records is not read, no window of what comes from it counts as read."""

import dagster as dg
import pytest

from lever_assets_tests.orchestration.running import Place, window_range, windows

FROM_HISTORY = {"raw_interviews", "interviews", "interviewing_team_members", "raw_offers", "offers"}


def marked(place: Place, asset: str) -> set[str]:
    return place.instance.get_materialized_partitions(dg.AssetKey(["lever", asset]))


def test_windows_wait_for_the_history_and_are_all_marked_with_its_last_part(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("lever_assets.orchestration.assets.HISTORY_SECONDS", 0.0)
        place.run("lever_full_sync")
    every = set(windows(place.settings()))
    assert {asset: marked(place, asset) for asset in FROM_HISTORY} == {each: set() for each in FROM_HISTORY}
    assert marked(place, "candidates") == marked(place, "raw_opportunities") == every
    key = dg.AssetKey(["lever", "raw_interviews"])
    (seen,) = place.instance.fetch_observations(key, limit=10).records
    assert seen.asset_observation is not None
    assert seen.asset_observation.metadata["history_left"].value == len(place.sandbox.ids("opportunities"))

    tags = {"lever/refresh": "delta", "dagster/partition": windows(place.settings())[-1]}
    place.run("lever_sync", tags=tags)
    assert {asset: marked(place, asset) for asset in FROM_HISTORY} == dict.fromkeys(FROM_HISTORY, every)


def test_all_windows_that_somebody_chose_are_read_to_the_end_and_marked(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lever_assets.orchestration.assets.HISTORY_SECONDS", 0.0)
    place.run("lever_full_sync")  # its history is left
    keys = windows(place.settings())
    place.run("lever_sync", tags=window_range(keys[0], keys[-1]))
    every = set(keys)
    assert {asset: marked(place, asset) for asset in FROM_HISTORY} == dict.fromkeys(FROM_HISTORY, every)

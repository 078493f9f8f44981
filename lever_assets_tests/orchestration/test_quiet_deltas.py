"""A delta of the sensor's tells Dagster of what changed, and of nothing else."""

import dagster as dg
import pytest

from lever_assets.definitions import build
from lever_assets_tests.hasty import retry_hastily
from lever_assets_tests.orchestration.running import Place, windows


def delta(place: Place) -> dg.ExecuteInProcessResult:
    """Run what the sensor asks for: all assets, and none of their checks."""
    job = build(place.settings(watch_budget=0)).resolve_job_def("lever_sync")
    every = set(job.asset_layer.selected_asset_keys)
    tags = {"lever/refresh": "delta", "dagster/partition": windows(place.settings())[-1]}
    found = job.get_subset(asset_selection=every, asset_check_selection=set()).execute_in_process(
        instance=place.instance, tags=tags
    )
    assert found.success
    return found


def told(result: dg.ExecuteInProcessResult) -> set[str]:
    return {each.asset_key.path[-1] for each in result.get_asset_materialization_events() if each.asset_key}


def checked(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {
        f"{each.asset_key.path[-1]}.{each.check_name}": each.passed
        for each in result.get_asset_check_evaluations()
    }


def test_what_did_not_change_is_told_once_in_a_window_and_then_no_more(synced: Place) -> None:
    first = delta(synced)
    assert {"raw_users", "users", "raw_offers"} <= told(first)
    quiet = delta(synced)
    assert (told(quiet), checked(quiet)) == (set(), {})


def test_what_changed_is_told_with_its_counts_and_without_a_look_at_the_whole_table(synced: Place) -> None:
    delta(synced)
    sandbox = synced.sandbox
    sandbox.edit(
        "opportunities", sandbox.ids("opportunities")[0], {"name": "New", "updatedAt": sandbox.now()}
    )
    result = delta(synced)
    assert {"raw_opportunities", "candidates"} <= told(result)
    assert not told(result) & {"raw_postings", "jobs", "users"}
    (event,) = [
        each.materialization
        for each in result.get_asset_materialization_events()
        if each.asset_key and each.asset_key.path[-1] == "candidates"
    ]
    assert event.metadata["updated"].value == 1
    assert "preview" not in event.metadata


def test_an_outcome_that_is_another_is_told_and_not_again_while_it_lasts(
    synced: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    retry_hastily(monkeypatch, attempts=2)
    delta(synced)
    sandbox = synced.sandbox
    bad = sandbox.ids("opportunities")[0]
    sandbox.set_faults(f"404,path=/opportunities/{bad}/interviews")
    sandbox.edit("opportunities", bad, {"headline": "New", "updatedAt": sandbox.now()})
    assert checked(delta(synced)) == {"raw_interviews.complete": False}
    assert checked(delta(synced)) == {}
    sandbox.set_faults()
    sandbox.edit("opportunities", bad, {"headline": "Newer", "updatedAt": sandbox.now()})
    assert checked(delta(synced)) == {"raw_interviews.complete": True}

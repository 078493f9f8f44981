"""What syncs leave in Dagster's storage does not grow: so many events, and so many bytes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from lever_assets.definitions import build
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets_tests.orchestration.keeping import keeping
from lever_assets_tests.orchestration.running import ASSETS, Place, windows
from lever_assets_tests.orchestration.test_refreshing import tick

pytestmark = pytest.mark.long


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """An account, and the instance of dagster.yaml, which keeps everything on disk."""
    with (
        running_sandbox(SandboxConfig(opportunities=40, rate=0)) as sandbox,
        keeping(tmp_path) as instance,
    ):
        yield Place(sandbox, tmp_path, instance)


def kilobytes(place: Place) -> float:
    every = (place.folder / "dagster").rglob("*")
    return sum(each.stat().st_size for each in every if each.is_file()) / 1000


def types(place: Place, result: dg.ExecuteInProcessResult) -> list[dg.DagsterEventType | None]:
    return [each.dagster_event_type for each in place.instance.all_logs(result.run_id)]


def told(result: dg.ExecuteInProcessResult) -> set[str]:
    return {each.asset_key.path[-1] for each in result.get_asset_materialization_events() if each.asset_key}


def delta(place: Place) -> dg.ExecuteInProcessResult:
    """Do what the sensor asks for."""
    asked = tick(place)
    assert isinstance(asked, dg.RunRequest)
    job = build(place.settings(watch_budget=0)).resolve_job_def(asked.job_name or "")
    chosen = job.get_subset(asset_selection=set(asked.asset_selection or ()), asset_check_selection=set())
    found = chosen.execute_in_process(instance=place.instance, tags=dict(asked.tags))
    assert found.success
    return found


def test_a_delta_plans_what_can_have_changed_and_leaves_little(place: Place) -> None:
    place.run("lever_full_sync")
    sandbox = place.sandbox
    left = []
    for seed in range(3):
        sandbox.touch(share=0.25, seed=seed)
        before = kilobytes(place)
        result = delta(place)
        left.append(kilobytes(place) - before)
    found = types(place, result)
    assert found.count(dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED) == 14
    assert dg.DagsterEventType.STEP_OUTPUT not in found
    assert len(found) <= 37
    assert min(left) <= 86


def test_a_delta_tells_of_what_else_has_changed_than_was_planned(place: Place) -> None:
    place.run("lever_full_sync")
    place.sandbox.touch(share=0.25, seed=1)
    delta(place)
    place.sandbox.touch(share=0.25, seed=2)
    place.sandbox.edit("users", place.sandbox.ids("users")[0], {"name": "Somebody Else"})
    asked = tick(place)
    assert isinstance(asked, dg.RunRequest)
    assert {"raw_opportunities", "candidates", "offers"} <= {
        each.path[-1] for each in asked.asset_selection or ()
    }
    assert not {"raw_users", "users", "jobs"} & {each.path[-1] for each in asked.asset_selection or ()}
    assert {"raw_users", "users", "candidates"} <= told(delta(place))


def test_a_full_sync_leaves_an_event_in_each_window_and_little_else(place: Place) -> None:
    start = datetime.now(UTC).date() - timedelta(weeks=12)
    keys = windows(place.settings(sync_start=start))
    before = kilobytes(place)
    result = place.run("lever_full_sync", sync_start=start)
    found = types(place, result)
    assert found.count(dg.DagsterEventType.ASSET_MATERIALIZATION) == ASSETS * len(keys)
    assert len(found) <= ASSETS * len(keys) + 365
    assert kilobytes(place) - before <= 33 * ASSETS + 1.4 * ASSETS * len(keys)

"""Assets of somebody's own that follow ours in the same run."""

import dagster as dg
import pytest

from lever_assets.definitions import build
from lever_assets.orchestration.partitions import sync_windows
from lever_assets_tests.orchestration.running import Place, key, window_range, windows

Tags = dict[str, str]


def definitions(place: Place, *, windowed: bool) -> dg.Definitions:
    """Return our definitions, and some assets below them: with the same windows, or with none."""
    parts = sync_windows(place.settings()) if windowed else None

    @dg.asset(deps=[key("candidates")], partitions_def=parts, backfill_policy=dg.BackfillPolicy.single_run())
    def headcount() -> None: ...

    @dg.asset(deps=[key("jobs"), headcount], partitions_def=parts, backfill_policy=headcount.backfill_policy)
    def by_job() -> None: ...

    @dg.asset(deps=[key("users")], partitions_def=parts, backfill_policy=headcount.backfill_policy)
    def staff() -> None: ...

    job = dg.define_asset_job(
        "mine",
        selection=dg.AssetSelection.all() - dg.AssetSelection.all_asset_checks(),
        executor_def=dg.in_process_executor,
    )
    return dg.Definitions.merge(
        build(place.settings(watch_budget=0)), dg.Definitions(assets=[headcount, by_job, staff], jobs=[job])
    )


def run(mine: dg.Definitions, place: Place, tags: Tags) -> dg.ExecuteInProcessResult:
    found = mine.resolve_job_def("mine").execute_in_process(instance=place.instance, tags=tags)
    assert found.success
    return found


def last_window(place: Place) -> Tags:
    return {"dagster/partition": windows(place.settings())[-1]}


def made(result: dg.ExecuteInProcessResult) -> list[tuple[str, str | None]]:
    return [
        (each.asset_key.path[-1], each.partition)
        for each in result.get_asset_materialization_events()
        if each.asset_key
    ]


THEIRS = {"headcount", "by_job", "staff"}


def followed(result: dg.ExecuteInProcessResult) -> set[str]:
    """Return those of the test's own assets that were executed; the others were skipped."""
    skipped = {each.step_key for each in result.all_events if each.is_step_skipped}
    found = {name for name, _ in made(result)} & THEIRS
    assert found == THEIRS - skipped
    return found


def each_window_is_told_once(result: dg.ExecuteInProcessResult, keys: list[str]) -> bool:
    ours = [each for each in made(result) if each[0] not in THEIRS]
    return sorted(ours) == sorted((name, window) for name in {name for name, _ in ours} for window in keys)


@pytest.mark.parametrize("windowed", [True, False])
def test_what_follows_is_executed_when_the_table_changed(synced: Place, *, windowed: bool) -> None:
    mine = definitions(synced, windowed=windowed)
    delta = {**last_window(synced), "lever/refresh": "delta"}
    assert followed(run(mine, synced, delta)) == THEIRS  # the first in a window tells of all
    assert followed(run(mine, synced, delta)) == set()
    sandbox = synced.sandbox
    sandbox.edit(
        "opportunities", sandbox.ids("opportunities")[0], {"name": "New", "updatedAt": sandbox.now()}
    )
    changed = run(mine, synced, delta)
    assert followed(changed) == {"headcount", "by_job"}
    assert "jobs" not in {name for name, _ in made(changed)}
    assert len(made(changed)) == len(set(made(changed)))
    assert followed(run(mine, synced, delta)) == set()


@pytest.mark.parametrize("windowed", [True, False])
def test_what_follows_is_executed_after_a_range_of_windows(synced: Place, *, windowed: bool) -> None:
    keys = windows(synced.settings())
    result = run(definitions(synced, windowed=windowed), synced, window_range(keys[0], keys[-1]))
    assert followed(result) == THEIRS
    assert each_window_is_told_once(result, keys)


def test_what_follows_is_executed_after_a_full_sync(synced: Place) -> None:
    result = run(definitions(synced, windowed=False), synced, {"lever/refresh": "full"})
    assert followed(result) == THEIRS
    assert each_window_is_told_once(result, windows(synced.settings()))

"""While the history below records is not read, no window of what comes from it counts as read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from lever_assets.definitions import build
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.store.children import HISTORY_ENDED
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.orchestration.running import Place, window_range, windows

pytestmark = pytest.mark.long

FROM_HISTORY = {"raw_interviews", "interviews", "interviewing_team_members", "raw_offers", "offers"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """An account of which nothing was read yet, for each test."""
    with running_sandbox(SandboxConfig(opportunities=20, rate=0)) as sandbox:
        yield Place(sandbox, tmp_path)


def marked(place: Place, asset: str) -> set[str]:
    return place.instance.get_materialized_partitions(dg.AssetKey(["lever", asset]))


def begin_history(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read all but the history, of which all is left."""
    with monkeypatch.context() as patch:
        patch.setattr("lever_assets.orchestration.assets.HISTORY_SECONDS", 0.0)
        place.run("lever_full_sync")


def map_interviews(place: Place) -> None:
    """Materialize the model alone, over all windows."""
    keys = windows(place.settings())
    job = build(place.settings()).resolve_job_def("lever_sync")
    done = job.execute_in_process(
        instance=place.instance,
        tags=window_range(keys[0], keys[-1]),
        asset_selection=[dg.AssetKey(["lever", "interviews"])],
    )
    assert done.success


def test_windows_wait_for_the_history_and_are_all_marked_with_its_last_part(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_history(place, monkeypatch)
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


@pytest.mark.parametrize("job", ["lever_sync", "lever_full_sync"])
def test_all_windows_that_somebody_chose_are_read_to_the_end_and_marked(
    place: Place, job: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_history(place, monkeypatch)
    monkeypatch.setattr("lever_assets.orchestration.assets.HISTORY_SECONDS", 0.0)
    keys = windows(place.settings())
    place.run(job, tags=window_range(keys[0], keys[-1]))
    every = set(keys)
    assert {asset: marked(place, asset) for asset in FROM_HISTORY} == dict.fromkeys(FROM_HISTORY, every)


def test_no_window_of_a_model_is_marked_by_a_run_that_does_not_read_its_history(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_history(place, monkeypatch)
    map_interviews(place)
    assert marked(place, "interviews") == set()
    place.run("lever_full_sync")
    map_interviews(place)
    assert marked(place, "interviews") == set(windows(place.settings()))


def test_windows_are_marked_though_somebody_else_read_the_last_of_the_history(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_history(place, monkeypatch)
    with Session.open(place.settings()) as session:
        sync(session, Scope(delta=True))  # as from the command line, or by a run that died before it told
    keys = windows(place.settings())
    tags = {"lever/refresh": "delta", "dagster/partition": keys[-1]}
    place.run("lever_sync", tags=tags)
    every = set(keys)
    assert {asset: marked(place, asset) for asset in FROM_HISTORY} == dict.fromkeys(FROM_HISTORY, every)
    with Session.open(place.settings()) as session, session.reading() as tx:
        assert HISTORY_ENDED.every(tx) == {}


def test_a_window_that_is_marked_with_a_chosen_one_says_how_many_rows_it_has(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_history(place, monkeypatch)
    with Session.open(place.settings()) as session:
        sync(session, Scope(delta=True))
    last = windows(place.settings())[-1]
    place.run("lever_sync", tags={"dagster/partition": last})
    made = place.instance.fetch_materializations(dg.AssetKey(["lever", "raw_interviews"]), limit=10).records
    told = [each.asset_materialization.metadata for each in made if each.asset_materialization is not None]
    assert len(told) == len(windows(place.settings()))
    counts: list[Any] = [each["dagster/partition_row_count"].value for each in told]
    assert sum(counts) > 0
    assert sum(counts) == told[0]["dagster/row_count"].value

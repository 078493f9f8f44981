"""Old runs go, with all that they left; what Dagster tells of the assets stays."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from lever_assets.definitions import build
from lever_assets.orchestration import purging
from lever_assets.orchestration.layout import Layout
from lever_assets.orchestration.purging import Purged, purge
from lever_assets.orchestration.ticks import Budget
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets_tests.orchestration.keeping import keeping
from lever_assets_tests.orchestration.running import FIRST, Place, key, windows

pytestmark = pytest.mark.long

DELTA = {"lever/refresh": "delta"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A small account, and the instance of dagster.yaml, which keeps everything on disk."""
    config = SandboxConfig(opportunities=10, rate=0)
    with running_sandbox(config) as sandbox, keeping(tmp_path) as instance:
        yield Place(sandbox, tmp_path, instance)


@dataclass
class Later:
    """A clock that is ahead."""

    days: float

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.days)


def purged(place: Place, monkeypatch: pytest.MonkeyPatch, *, after: float, seconds: float = 60) -> Purged:
    monkeypatch.setattr(purging, "now", Later(after))
    return purge(place.instance, set(Layout().keys("lever")), 30, Budget(seconds))


def delta(place: Place, seed: int) -> str:
    """Let something change, and a run read it."""
    place.sandbox.touch(share=1, seed=seed)
    result = place.run(tags={**DELTA, "dagster/partition": windows(place.settings())[-1]})
    assert result.success
    return result.run_id


def ids(place: Place) -> set[str]:
    return set(place.instance.get_run_ids())


def anything_of(place: Place, run_id: str) -> bool:
    """Tell whether there is a file of a run, its events' among them, or an event in the index of all runs."""
    (index,) = place.folder.rglob("index.db")
    with closing(sqlite3.connect(index)) as conn:
        (events,) = conn.execute("SELECT count(*) FROM event_logs WHERE run_id = ?", [run_id]).fetchone()
    return bool(events) or bool(list(place.folder.rglob(f"*{run_id}*")))


def last_window(place: Place, asset: str) -> set[str]:
    return place.instance.get_materialized_partitions(key(asset))


def test_old_runs_go_but_for_the_last_materialization_of_each_window(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = place.run("lever_full_sync").run_id
    once, twice = delta(place, 1), delta(place, 2)
    told = last_window(place, "candidates"), last_window(place, "raw_users")
    assert told == (set(windows(place.settings())), set(windows(place.settings())))
    assert anything_of(place, once)

    assert purged(place, monkeypatch, after=29) == Purged()
    assert purged(place, monkeypatch, after=31) == Purged(deleted=1)

    assert ids(place) == {whole, twice}
    assert not anything_of(place, once)
    assert (last_window(place, "candidates"), last_window(place, "raw_users")) == told
    latest = place.instance.get_latest_materialization_event(key("candidates"))
    assert latest is not None
    assert latest.run_id == twice
    assert purged(place, monkeypatch, after=31) == Purged()


def test_what_is_superseded_as_a_whole_goes(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    first = place.run("lever_full_sync").run_id
    keys = windows(place.settings())
    second = place.run(
        tags={"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[-1]}
    ).run_id
    assert purged(place, monkeypatch, after=31) == Purged(deleted=1)
    assert ids(place) == {second}
    assert first != second


def test_failed_runs_stay_three_times_as_long(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = place.run("lever_full_sync", api_key="mistyped").run_id
    assert purged(place, monkeypatch, after=89) == Purged()
    assert ids(place) == {failed}
    assert purged(place, monkeypatch, after=91) == Purged(deleted=1)
    assert ids(place) == set()
    assert not anything_of(place, failed)


def test_runs_of_other_projects_and_those_under_way_are_left_alone(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = dg.GraphDefinition(name="theirs", node_defs=[]).to_job()
    theirs = place.instance.create_run_for_job(job, status=dg.DagsterRunStatus.SUCCESS)
    waiting = place.instance.create_run_for_job(
        job, tags={"lever/connection": "lever"}, status=dg.DagsterRunStatus.STARTED
    )
    ours = place.instance.create_run_for_job(
        job, tags={"lever/connection": "lever"}, status=dg.DagsterRunStatus.SUCCESS
    )
    assert purged(place, monkeypatch, after=31) == Purged(deleted=1)
    assert ids(place) == {theirs.run_id, waiting.run_id}
    assert ours.run_id not in ids(place)


def test_a_tick_without_time_leaves_it_to_the_next(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    job = dg.GraphDefinition(name="some", node_defs=[]).to_job()
    tags = {"lever/connection": "lever"}
    for _ in range(3):
        place.instance.create_run_for_job(job, tags=tags, status=dg.DagsterRunStatus.SUCCESS)
    assert purged(place, monkeypatch, after=31, seconds=0) == Purged(complete=False)
    assert purged(place, monkeypatch, after=31) == Purged(deleted=3)


def test_the_sensor_says_what_it_did(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    job = dg.GraphDefinition(name="some", node_defs=[]).to_job()
    place.instance.create_run_for_job(
        job, tags={"lever/connection": "lever"}, status=dg.DagsterRunStatus.SUCCESS
    )
    monkeypatch.setattr(purging, "now", Later(8))
    definitions = build(Settings(api_key=None, data_dir=place.folder, sync_start=FIRST, run_retention_days=7))
    context = dg.build_sensor_context(instance=place.instance, definitions=definitions)
    sensor = definitions.resolve_sensor_def("lever_purge")
    told = [sensor(context) for _ in range(2)]
    assert [each.skip_message for each in told if isinstance(each, dg.SkipReason)] == [
        "1 old runs were deleted.",
        "No run is too old.",
    ]

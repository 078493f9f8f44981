"""Events of all runs in one file: Dagster tells the same from it, and nothing of before is lost."""

import sqlite3
import threading
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from lever_assets.orchestration.runs import delete_run
from lever_assets_tests.orchestration.keeping import keeping

WINDOWS = dg.StaticPartitionsDefinition(["one", "two"])
KEY = dg.AssetKey("rows")
CHECK = dg.AssetCheckKey(KEY, "any")


@dg.asset(partitions_def=WINDOWS, check_specs=[dg.AssetCheckSpec("any", asset="rows")])
def rows(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg] # Dagster looks at it
    """Stand for an asset of ours."""
    context.log.info("Counted.")
    return dg.MaterializeResult(
        metadata={"rows": 3}, check_results=[dg.AssetCheckResult(passed=True, check_name="any")]
    )


@dg.op
def fails() -> None:
    """Fail."""
    raise RuntimeError("in vain")


FAILING = dg.GraphDefinition(name="failing", node_defs=[fails]).to_job()


def make(instance: dg.DagsterInstance, window: str) -> str:
    return dg.materialize([rows], instance=instance, partition_key=window).run_id


def told(instance: dg.DagsterInstance, run_id: str) -> Mapping[str, Any]:
    """Return what Dagster tells of the asset, of its check and of a run."""
    made = instance.get_latest_materialization_event(KEY)
    assert made is not None
    assert made.asset_materialization is not None
    checked = instance.event_log_storage.get_latest_asset_check_execution_by_key([CHECK])[CHECK]
    stats = instance.get_run_stats(run_id)
    (step,) = instance.get_run_step_stats(run_id)
    failed = instance.fetch_run_status_changes(dg.DagsterEventType.RUN_FAILURE, limit=10).records
    return {
        "windows": instance.get_materialized_partitions(KEY),
        "last": (made.asset_materialization.partition, made.asset_materialization.metadata["rows"].value),
        "materializations": len(instance.fetch_materializations(KEY, limit=10).records),
        "check": checked.status,
        "stats": (stats.materializations, stats.steps_succeeded),
        "step": step.status,
        "events": [
            each.dagster_event_type or each.user_message
            for each in instance.all_logs(run_id)
            if each.dagster_event_type is not dg.DagsterEventType.LOGS_CAPTURED
        ],
        "failed": len(failed),
    }


def files_of_runs(folder: Path) -> set[str]:
    return {each.stem for each in folder.rglob("history/runs/*-*.db")}


def in_index(folder: Path, run_id: str) -> int:
    (index,) = folder.rglob("index.db")
    with closing(sqlite3.connect(index)) as conn:
        (found,) = conn.execute("SELECT count(*) FROM event_logs WHERE run_id = ?", [run_id]).fetchone()
    return int(found)


def some_runs(folder: Path, *, own_layout: bool) -> Mapping[str, Any]:
    with keeping(folder, own_layout=own_layout) as instance:
        make(instance, "one")
        FAILING.execute_in_process(instance=instance, raise_on_error=False)
        return told(instance, make(instance, "two"))


def test_dagster_tells_the_same_as_from_a_file_for_each_run(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "theirs").mkdir()
    theirs = some_runs(tmp_path / "theirs", own_layout=True)
    assert some_runs(tmp_path / "ours", own_layout=False) == theirs
    assert theirs["failed"] == 1
    assert len(files_of_runs(tmp_path / "theirs")) == 3
    assert files_of_runs(tmp_path / "ours") == set()


def test_what_an_instance_has_stays_when_it_goes_over(tmp_path: Path) -> None:
    with keeping(tmp_path, own_layout=True) as before:
        old = make(before, "one")
        known = told(before, old)
        begun = before.create_run_for_job(FAILING, status=dg.DagsterRunStatus.STARTED)
        before.report_engine_event("Begun.", begun)
    with keeping(tmp_path) as instance:
        assert told(instance, old) == known
        instance.report_engine_event("Gone on with.", begun)
        instance.report_run_failed(begun)
        assert [each.message for each in instance.all_logs(begun.run_id)][:2] == ["Begun.", "Gone on with."]
        assert len(instance.all_logs(begun.run_id)) == 3
        new = make(instance, "two")
        assert instance.get_materialized_partitions(KEY) == {"one", "two"}
        assert files_of_runs(tmp_path) == {old, begun.run_id}
        delete_run(instance, old)
        assert instance.get_materialized_partitions(KEY) == {"two"}
        assert (files_of_runs(tmp_path), in_index(tmp_path, old)) == ({begun.run_id}, 0)
        assert told(instance, new)["stats"] == (1, 1)


def test_a_run_that_is_deleted_leaves_no_event_and_asking_for_it_no_file(tmp_path: Path) -> None:
    with keeping(tmp_path) as instance:
        gone, stays = make(instance, "one"), make(instance, "two")
        delete_run(instance, gone)
        assert instance.all_logs(gone) == []
        assert in_index(tmp_path, gone) == 0
        assert in_index(tmp_path, stays) > 10
        assert files_of_runs(tmp_path) == set()


def test_who_watches_a_run_is_called_for_each_event(tmp_path: Path) -> None:
    with keeping(tmp_path) as instance:
        run = instance.create_run_for_job(FAILING)
        heard, all_there = [], threading.Event()

        def hear(entry: dg.EventLogEntry, _cursor: str) -> None:
            heard.append(entry.get_dagster_event().message)
            if len(heard) == 2:
                all_there.set()

        instance.watch_event_logs(run.run_id, None, hear)
        for message in ("first", "second"):
            instance.report_engine_event(message, run)
        assert all_there.wait(20)
        instance.end_watch_event_logs(run.run_id, hear)
        assert heard == ["first", "second"]


def test_many_may_write_at_once(tmp_path: Path) -> None:
    with keeping(tmp_path) as instance:
        runs = [instance.create_run_for_job(FAILING) for _ in range(6)]

    def write(run: dg.DagsterRun) -> None:
        with dg.DagsterInstance.from_config(str(tmp_path)) as own:
            for number in range(20):
                own.report_engine_event(str(number), run)

    threads = [threading.Thread(target=write, args=[each]) for each in runs]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [in_index(tmp_path, each.run_id) for each in runs] == [20] * 6


def test_events_of_several_assets_and_windows_are_stored_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "100")
    with keeping(tmp_path) as instance:
        made = dg.materialize(
            [rows],
            instance=instance,
            tags={"dagster/asset_partition_range_start": "one", "dagster/asset_partition_range_end": "two"},
        )
        assert made.success
        assert instance.get_materialized_partitions(KEY) == {"one", "two"}
        newest = instance.fetch_materializations(KEY, limit=1).records[0]
        assert told(instance, made.run_id)["last"] == (newest.partition_key, 3)

"""In a Dagster that is not ours alone, what others have is left alone, whatever it is called."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster import DagsterEvent, DagsterEventType
from dagster._core.execution.plan.objects import StepSuccessData
from pydantic import SecretStr

from lever_assets import LeverAccount, LeverDatabase, build_lever_definitions
from lever_assets.connect.connections import connect_by_key, remove, wanted_connection
from lever_assets.orchestration import purging, runs
from lever_assets.orchestration.purging import Purged, purge
from lever_assets.orchestration.ticks import Budget
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets_tests.orchestration.running import FIRST

OURS = dg.AssetKey(["acme", "users"])
THEIRS = dg.AssetKey(["acme", "their_own_report"])


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=5, rate=0)) as sandbox:
        yield sandbox


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@dg.op(config_schema=dict)
def fill_in() -> None:
    """Stand for a step of theirs."""


CREATE_CANDIDATE = dg.GraphDefinition(name="create_candidate_job", node_defs=[fill_in]).to_job()


def project(box: Sandbox, folder: Path, *names: str, **more: Any) -> dg.Definitions:
    """Our definitions of some accounts, merged with assets of a project's own."""

    @dg.asset(key=THEIRS, deps=[OURS])
    def theirs() -> None: ...

    given = {"api_key": box.key, "base_url": box.url, "rate_limit": 0, "sync_start": FIRST.isoformat()}
    accounts = [LeverAccount(name=each, **{**given, **more}) for each in names]
    database = LeverDatabase(data_dir=str(folder))
    return dg.Definitions.merge(
        build_lever_definitions(accounts, database=database), dg.Definitions(assets=[theirs])
    )


def dated_2025(instance: dg.DagsterInstance, job: dg.JobDefinition, config: dict[str, Any]) -> str:
    """Leave a run that was never started, of last year."""
    run = instance.create_run_for_job(job, run_config=config, tags=job.tags)
    instance.report_run_canceled(run)
    with instance.run_storage.connect() as conn:  # type: ignore[attr-defined] # in SQL
        stamp = "2025-01-01 00:00:00"
        conn.exec_driver_sql(f"UPDATE runs SET create_timestamp = '{stamp}' WHERE run_id = '{run.run_id}'")
    return run.run_id


def test_an_erasure_leaves_the_runs_of_jobs_that_are_only_called_as_ours(
    box: Sandbox, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    defs = project(box, tmp_path, "acme")
    theirs = dated_2025(instance, CREATE_CANDIDATE, {"ops": {"fill_in": {"config": {"name": "Jo"}}}})
    asked = {"candidate_id": "1" * 24, "tag": {"name": "Zeugma"}}
    ours = dated_2025(
        instance,
        defs.resolve_job_def("acme_add_candidate_tag_job"),
        {"ops": {"acme_add_candidate_tag": {"config": asked}}},
    )
    assert defs.resolve_job_def("acme_erasure").execute_in_process(instance=instance).success
    assert {theirs, ours} & set(instance.get_run_ids()) == {theirs}
    left = instance.get_run_by_id(theirs)
    assert left is not None
    assert not [each for each in left.tags if each.startswith("lever/")]


def planned(
    instance: dg.DagsterInstance, *keys: dg.AssetKey, status: dg.DagsterRunStatus, **tags: str
) -> dg.DagsterRun:
    """Leave a run of a job of theirs over some assets."""
    named = {name.replace("_", "/"): value for name, value in tags.items()}
    return instance.add_run(
        dg.DagsterRun("nightly", asset_selection=frozenset(keys), status=status, tags=named)
    )


def test_a_purge_leaves_runs_that_made_assets_of_theirs_too(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = dg.DagsterRunStatus.SUCCESS
    both = planned(instance, OURS, THEIRS, status=over)
    asked = planned(instance, OURS, THEIRS, status=over, lever_refresh="delta")
    ours = planned(instance, OURS, status=over)
    monkeypatch.setattr(purging, "now", lambda: datetime.now(UTC) + timedelta(days=31))
    assert purge(instance, {OURS}, 30, Budget(60)) == Purged(deleted=1)
    assert set(instance.get_run_ids()) == {both.run_id, asked.run_id}
    assert ours.run_id not in instance.get_run_ids()


def step(instance: dg.DagsterInstance, run: dg.DagsterRun, name: str, kind: DagsterEventType) -> None:
    """Have a step of a run say how it stands."""
    is_over = kind is DagsterEventType.STEP_SUCCESS
    event = DagsterEvent(
        event_type_value=kind.value,
        job_name=run.job_name,
        step_key=name,
        event_specific_data=StepSuccessData(1.0) if is_over else None,  # type: ignore[no-untyped-call] # Dagster left its types out
    )
    instance.report_dagster_event(event, run.run_id)


def ticked(defs: dg.Definitions, instance: dg.DagsterInstance) -> str:
    """Evaluate the delta sensor, and return why it asked for nothing."""
    repository = defs.get_repository_def()
    sensor = repository.get_sensor_def("acme_delta")
    every = repository.get_top_level_resources()
    asked = {name: every[name] for name in sensor.required_resource_keys}
    with dg.build_sensor_context(instance=instance, definitions=defs, resources=asked) as context:
        return sensor.evaluate_tick(context).skip_message or ""


def test_a_run_that_is_done_with_ours_and_at_work_on_theirs_is_left_alone_and_holds_up_nothing(
    box: Sandbox, tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    defs = project(box, tmp_path, "acme", watch_budget=0)
    assert defs.resolve_job_def("acme_full_sync").execute_in_process(instance=instance).success
    monkeypatch.setattr(runs, "_SILENT", timedelta())
    run = planned(instance, OURS, THEIRS, status=dg.DagsterRunStatus.STARTED)

    def status() -> dg.DagsterRunStatus:
        found = instance.get_run_by_id(run.run_id)
        assert found is not None
        return found.status

    step(instance, run, "their_step", DagsterEventType.STEP_START)
    assert run.run_id in ticked(defs, instance)  # ours is to come
    step(instance, run, "acme_assets", DagsterEventType.STEP_START)
    step(instance, run, "acme_assets", DagsterEventType.STEP_SUCCESS)
    assert "changed" in ticked(defs, instance)
    assert status() is dg.DagsterRunStatus.STARTED

    step(instance, run, "acme_assets", DagsterEventType.STEP_START)  # its process is gone, no lock is held
    assert "changed" in ticked(defs, instance)
    assert status() is dg.DagsterRunStatus.FAILURE


def test_of_a_removed_connection_only_our_assets_are_forgotten(
    box: Sandbox, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    settings = Settings(data_dir=tmp_path, base_url=box.url, rate_limit=0, sync_start=FIRST)
    for key in (OURS, THEIRS):
        instance.report_runless_asset_event(dg.AssetMaterialization(key))
    store = Store.open(settings.tables_url)
    connect_by_key(store, settings, wanted_connection(store, settings, "acme"), SecretStr(box.key))
    remove(store, "acme", erase=True)
    store.close()

    defs = project(box, tmp_path, "umbrella")
    repository = defs.get_repository_def()
    sensor = repository.get_sensor_def("umbrella_retention")
    asked = {each: repository.get_top_level_resources()[each] for each in sensor.required_resource_keys}
    with dg.build_sensor_context(instance=instance, definitions=defs, resources=asked) as context:
        sensor.evaluate_tick(context)
    assert instance.get_asset_keys() == [THEIRS]

"""The project loads, syncs both accounts, and what is made of them is right."""

import base64
import json
import os
import runpy
import urllib.request
from pathlib import Path

import dagster as dg
import pytest

import lever_assets


def make(defs: dg.Definitions, instance: dg.DagsterInstance, *keys: str) -> dg.ExecuteInProcessResult:
    """Materialize assets with their checks, as a click in the UI does."""
    found = [dg.AssetKey.from_user_string(each) for each in keys]
    job = defs.resolve_implicit_job_def_def_for_assets(found)
    assert job is not None
    return job.execute_in_process(instance=instance, asset_selection=found)


def requested(defs: dg.Definitions, instance: dg.DagsterInstance, cursor=None):
    """What the sensor of automation conditions would run now."""
    return dg.evaluate_automation_conditions(
        defs, instance, asset_selection=dg.AssetSelection.assets("hires"), cursor=cursor
    )


def live(table: str, **where: str) -> int:
    """Count the rows of both accounts."""
    database = os.environ["LEVER_DATABASE_URL"]
    return len(lever_assets.frame(table, connection="*", where=where, database=database))


def test_both_accounts_are_there_with_the_project_s_executor(defs: dg.Definitions) -> None:
    keys = {each.key.to_user_string() for each in defs.resolve_all_asset_specs()}
    assert {"acme/applications", "umbrella/offers", "open_applications", "hires"} <= keys
    assert "acme/offers" not in keys  # excluded in its YAML
    assert defs.executor is not None
    assert defs.executor.name == "multiprocess"


def test_open_applications_are_counted_and_checked(defs: dg.Definitions, synced: dg.DagsterInstance) -> None:
    done = make(defs, synced, "open_applications")
    counted = done.output_for_node("open_applications")
    assert set(counted["account"]) == {"acme", "umbrella"}
    assert set(counted["week"].dt.day_name()) == {"Monday"}
    assert counted["applications"].sum() == live("applications", outcome="PENDING") > 0
    [check] = done.get_asset_check_evaluations()
    assert check.passed


def test_hires_run_by_themselves_when_a_sync_brought_something(
    defs: dg.Definitions, synced: dg.DagsterInstance
) -> None:
    made = make(defs, synced, "hires").asset_materializations_for_node("hires")
    assert sum(each.value for each in made[0].metadata.values()) == live("applications", outcome="HIRED")
    nothing_new = requested(defs, synced)
    assert nothing_new.total_requested == 0

    tag_somebody(os.environ["ACME_LEVER_URL"], os.environ["ACME_LEVER_API_KEY"])
    delta(defs, synced)
    assert requested(defs, synced, nothing_new.cursor).total_requested == 1


def tag_somebody(url: str, key: str) -> None:
    """Change something in a Lever, as a recruiter does."""
    login = base64.b64encode(f"{key}:".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}

    def ask(path: str, body: object = None) -> dict:
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(f"{url}{path}", data, headers)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.load(answer)

    somebody = ask("/opportunities?limit=1")["data"][0]["id"]
    ask(f"/opportunities/{somebody}/addTags", {"tags": ["call again"]})


def delta(defs: dg.Definitions, instance: dg.DagsterInstance) -> None:
    """Do what the sensor `acme_delta` starts now."""
    repository = defs.get_repository_def()
    sensor, every = repository.get_sensor_def("acme_delta"), repository.get_top_level_resources()
    resources = {name: every[name] for name in sensor.required_resource_keys}
    with dg.build_sensor_context(instance=instance, definitions=defs, resources=resources) as context:
        asked = sensor.evaluate_tick(context).run_requests
    assert asked
    for each in asked:
        job = defs.resolve_job_def(each.job_name or sensor.job_name)
        done = job.execute_in_process(
            instance=instance,
            run_config=each.run_config,
            tags=each.tags,
            asset_selection=each.asset_selection,
            partition_key=each.partition_key,
        )
        assert done.success


def test_dbt_s_sources_are_what_the_assets_are() -> None:
    folder = Path(__file__).parents[1] / "dbt"
    sources = runpy.run_path(str(folder / "write_sources.py"))["sources"]
    assert sources("acme", "umbrella") == (folder / "models" / "sources.yml").read_text("utf-8")


def test_dbt_builds_on_our_tables(defs: dg.Definitions, synced: dg.DagsterInstance) -> None:
    pytest.importorskip("dagster_dbt", reason="dbt is not installed: pip install -e '.[dbt]'")
    import duckdb

    deps = {each.key.to_user_string(): each.deps for each in defs.resolve_all_asset_specs()}
    assert {each.asset_key.to_user_string() for each in deps["stg_applications"]} == {
        "acme/applications",
        "umbrella/applications",
    }
    assert make(defs, synced, "stg_applications", "outcomes_by_month").success
    with duckdb.connect(os.environ["HIRING_DUCKDB"], read_only=True) as built:
        found = built.sql("select sum(applications) from outcomes_by_month where outcome = 'HIRED'")
        [[hired]] = found.fetchall()
    assert hired == live("applications", outcome="HIRED")

import os
import runpy
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from lever_assets.definitions import build
from lever_assets.lever.resources import RESOURCES
from lever_assets.orchestration.assets import account_assets
from lever_assets.policy.exclusion import NOTHING_EXCLUDED
from lever_assets.settings import Settings, SettingsError
from lever_assets.unified.marts import MARTS
from lever_assets_tests.orchestration.running import ASSETS, key

WORKSPACE = Path(__file__).parents[2] / "workspace.yaml"
DEFINITIONS = Path(__file__).parents[2] / "lever_assets" / "definitions.py"


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build(Settings(api_key=None))


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.path[-1]: spec for spec in definitions.resolve_all_asset_specs()}


def validate(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("LEVER_", "DAGSTER_"))}
    return subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-w", str(WORKSPACE)],
        cwd=folder,
        env={**bare, "DAGSTER_HOME": str(folder), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_they_validate_with_an_empty_environment_and_without_a_warning_of_ours(tmp_path: Path) -> None:
    done = validate(tmp_path, LEVER_DATA_DIR=str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr
    warned = [line for line in done.stderr.splitlines() if "Warning" in line]
    assert [line for line in warned if "SupersessionWarning" not in line] == []  # Dagster's, of this command
    assert not (tmp_path / "data").exists()  # no database was touched


@pytest.mark.long
def test_a_bad_setting_is_told_in_one_sentence(tmp_path: Path) -> None:
    done = validate(tmp_path, LEVER_SYNC_WINDOW="fortnightly")
    assert done.returncode != 0
    assert "SettingsError: LEVER_SYNC_WINDOW can't be used" in done.stdout + done.stderr
    assert "ValidationError" not in done.stdout + done.stderr


def test_limits_that_exclude_each_other_stop_the_definitions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVER_ONLY_CREATED", "TRUE")
    monkeypatch.setenv("LEVER_CANDIDATE_CUTOFF", "90d")
    with pytest.raises(
        SettingsError, match="LEVER_ONLY_CREATED and LEVER_CANDIDATE_CUTOFF can't be combined"
    ):
        runpy.run_path(str(DEFINITIONS))


def test_a_time_that_there_is_not_is_told_in_one_sentence() -> None:
    with pytest.raises(
        SettingsError, match=r"^LEVER_RECONCILE_SCHEDULE can't be used: there is no such time"
    ):
        build(Settings(api_key=None, reconcile_schedule="99 99 * * 9"))


def test_there_is_an_asset_for_each_resource_that_is_asked_for_and_for_each_model(
    specs: dict[str, dg.AssetSpec],
) -> None:
    raw = {each.table for each in RESOURCES if NOTHING_EXCLUDED.needs(each.name)} - {"raw_applications"}
    models = {model.name for model in NOTHING_EXCLUDED.kept}
    assert set(specs) == raw | models | {mart.table for mart in MARTS}
    assert len(specs) == ASSETS
    assert "raw_applications" in (specs["raw_opportunities"].description or "")


def test_the_lineage_leads_from_stages_to_interviews(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    above = {
        name: {each.path[-1] for each in graph.get(key(name)).parent_keys}
        for name in (model.name for model in NOTHING_EXCLUDED.kept)
    }
    assert {"application_stages", "raw_postings", "raw_requisitions"} <= above["jobs"]
    assert {"jobs", "candidates", "raw_opportunities"} <= above["applications"]
    assert {"applications", "raw_interviews"} <= above["interviews"]
    assert {"applications", "raw_offers"} <= above["offers"]
    assert {each.path[-1] for each in graph.get(key("raw_interviews")).parent_keys} == {"raw_opportunities"}
    assert all(any(each.startswith("raw_") for each in parents) for parents in above.values())


def test_every_asset_tells_its_table_and_describes_each_column(specs: dict[str, dg.AssetSpec]) -> None:
    for name, spec in specs.items():
        schema = spec.metadata["dagster/column_schema"]
        assert isinstance(schema, dg.TableSchema)
        assert [column.name for column in schema.columns if not column.description] == []
        assert {type(column.name) for column in schema.columns} == {str}  # as YAML and others take it
        assert spec.metadata["dagster/table_name"] == name
        assert spec.description
        assert spec.owners == []
        assert spec.kinds
    columns = {column.name: column.type for column in specs["jobs"].metadata["dagster/column_schema"].columns}
    assert columns["salary_amount_from"] == "decimal"
    assert columns["opened_at"] == "timestamp (UTC)"
    assert columns["location"] == "json"


def test_a_range_of_windows_is_one_run(definitions: dg.Definitions) -> None:
    for assets in definitions.resolve_asset_graph().assets_defs:
        if assets.keys:
            assert assets.backfill_policy == dg.BackfillPolicy.single_run()


def test_a_connection_has_groups_and_keys_of_its_own() -> None:
    one, other = (account_assets(Settings(connection=name)) for name in ("lever", "other"))
    assert {key.path[0] for key in other.keys} == {"other"}
    assert set(other.group_names_by_key.values()) == {
        "other",
        "other_raw",
        "other_insight",
        "other_insight_marts",
    }
    dg.Definitions(assets=[one, other]).resolve_asset_graph()


def test_passthrough_is_a_job_only_where_it_is_asked_for(definitions: dg.Definitions) -> None:
    def names(found: dg.Definitions) -> set[str]:
        return {job.name for job in found.get_repository_def().get_all_jobs()}

    wanted = build(Settings(api_key=None, passthrough_job=True))
    assert names(wanted) - names(definitions) == {"passthrough_job"}

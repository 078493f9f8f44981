"""With LEVER_EXTRA_MODELS the lineage shows what is named, and a run reads, fills and checks it, too."""

import dagster as dg
import pytest

from lever_assets.definitions import build
from lever_assets.orchestration.names import REFERENCES
from lever_assets.policy.exclusion import EXTRA
from lever_assets.settings import Settings, SettingsError
from lever_assets_tests.orchestration.running import ASSETS, Place, failed_checks, key, window_range, windows

RAW = {"raw_notes", "raw_feedback", "raw_files", "raw_resumes"}


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build(Settings(api_key=None, extra_models=EXTRA))


def test_each_extra_model_and_what_it_is_read_from_is_an_asset(definitions: dg.Definitions) -> None:
    names = {spec.key.path[-1] for spec in definitions.resolve_all_asset_specs()}
    assert names >= {*EXTRA, *RAW}
    assert len(names) == ASSETS + len(EXTRA) + len(RAW)
    graph = definitions.resolve_asset_graph()
    above = {name: {each.path[-1] for each in graph.get(key(name)).parent_keys} for name in EXTRA}
    assert {"raw_notes", "candidates"} <= above["notes"]
    assert {"raw_feedback", "interviews"} <= above["scorecards"]
    assert {"raw_files", "raw_resumes", "raw_opportunities"} <= above["attachments"]
    assert dg.AssetCheckKey(key("scorecards"), REFERENCES) in graph.asset_check_keys


def test_only_what_is_named_is_an_asset() -> None:
    only_notes = build(Settings(api_key=None, extra_models=("notes",)))
    names = {spec.key.path[-1] for spec in only_notes.resolve_all_asset_specs()}
    assert len(names) == ASSETS + 2
    assert {"notes", "raw_notes"} <= names


def test_a_run_fills_them_and_every_check_passes(place: Place) -> None:
    keys = windows(place.settings())
    done = place.run(tags=window_range(keys[0], keys[-1]), extra_models=EXTRA)
    assert done.success
    assert failed_checks(done) == {}
    found, sandbox = place.tables(), place.sandbox
    assert {row["remote_id"] for row in found["notes"]} == set(sandbox.ids("notes")) != set()
    assert {row["remote_id"] for row in found["scorecards"]} == set(sandbox.ids("feedback")) != set()
    there = {*sandbox.ids("files"), *sandbox.ids("resumes")}
    assert {row["remote_id"] for row in found["attachments"]} == there != set()
    told = {each.asset_key.path[-1] for each in done.get_asset_materialization_events() if each.asset_key}
    assert told >= {*EXTRA, *RAW}


def test_a_name_that_does_not_exist_stops_the_definitions() -> None:
    with pytest.raises(SettingsError, match="there is no extra model 'panels'"):
        build(Settings(api_key=None, extra_models=("panels",)))

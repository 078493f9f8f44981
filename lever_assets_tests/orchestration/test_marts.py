"""Marts are assets: a run brings them up, checks them and draws them; a delta tells of what changed."""

import base64

import dagster as dg
import pytest

from lever_assets.definitions import build
from lever_assets.frames.frame import frame
from lever_assets.orchestration.names import FIGURES, UP_TO_DATE
from lever_assets.settings import Settings
from lever_assets.unified.marts import EEO, MARTS
from lever_assets_tests.orchestration.running import (
    Place,
    failed_checks,
    key,
    open_applicant,
    reported,
    window_range,
    windows,
)
from lever_assets_tests.orchestration.test_quiet_deltas import delta, told

TABLES = {each.table for each in MARTS}


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build(Settings(api_key=None))


def test_each_mart_is_an_asset_in_a_group_of_their_own_below_what_it_reads(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    for mart in MARTS:
        asset = graph.get(key(mart.table))
        assert asset.group_name == "lever_insight_marts"
        assert {each.path[-1] for each in asset.parent_keys} == set(mart.reads)
        columns = asset.metadata["dagster/column_schema"].columns
        assert [each.name for each in columns] == ["connection", *mart.columns]
        assert all(each.description for each in columns)
        for check in (FIGURES, UP_TO_DATE):
            assert dg.AssetCheckKey(key(mart.table), check) in graph.asset_check_keys


def test_without_insight_there_is_none() -> None:
    names = {
        spec.key.path[-1] for spec in build(Settings(api_key=None, insight=False)).resolve_all_asset_specs()
    }
    assert not names & TABLES


def test_what_an_excluded_table_would_fill_is_none() -> None:
    specs = build(Settings(api_key=None, exclude=("interviews",))).resolve_all_asset_specs()
    names = {spec.key.path[-1] for spec in specs}
    assert TABLES - names == {"mart_interviewer_load", "mart_source_effectiveness"}


def test_a_run_brings_them_up_checks_them_and_shows_their_pictures(place: Place) -> None:
    keys = windows(place.settings())
    done = place.run(tags=window_range(keys[0], keys[-1]))
    assert done.success
    assert failed_checks(done) == {}
    assert told(done) >= TABLES
    rows = len(frame("mart_funnel", settings=place.settings()))
    shown = reported(done, "mart_funnel")
    assert shown["dagster/row_count"] == shown["written"] == rows > 0
    assert shown["preview"].startswith("| month |")
    picture = shown["plot"].rpartition("base64,")[2].rstrip(")")
    assert base64.b64decode(picture).startswith(b"\x89PNG")


def test_what_lever_refuses_is_said_by_the_check_and_fails_none(place: Place) -> None:
    place.sandbox.set_quirks("denied=offers")
    keys = windows(place.settings())
    done = place.run(tags=window_range(keys[0], keys[-1]))
    said = {
        each.asset_key.path[-1]: (each.passed, each.description)
        for each in done.get_asset_check_evaluations()
        if each.check_name == UP_TO_DATE
    }
    short = "Nothing has changed since. Not all is counted: Lever gives us no offers."
    assert said["mart_offer_acceptance"] == said["mart_source_effectiveness"] == (True, short)
    assert said["mart_funnel"] == (True, "Nothing has changed since.")


def test_a_delta_tells_of_the_marts_that_changed_alone(synced: Place) -> None:
    delta(synced)
    assert not told(delta(synced)) & TABLES
    synced.sandbox.move(open_applicant(synced.sandbox))
    done = delta(synced)
    changed = told(done) & TABLES
    assert {"mart_funnel", "mart_time_in_stage", "mart_aging"} <= changed
    assert not changed & {"mart_offer_acceptance", "mart_interviewer_load", "mart_time_to_fill"}
    assert "plot" not in reported(done, "mart_funnel")
    assert told(delta(synced)) & TABLES == set()


def test_counts_of_eeo_answers_are_an_asset_where_they_are_wanted_of_which_nothing_is_shown(
    place: Place,
) -> None:
    assert key(EEO.table) not in {each.key for each in build(place.settings()).resolve_all_asset_specs()}
    for number in range(7):
        place.sandbox.create(
            "eeo_responses", {"appliedAt": 1767225600000 + number, "gender": "Sesquipedalian"}
        )
    counting = build(place.settings(eeo=True))
    assert counting.resolve_asset_graph().get(key(EEO.table)).group_name == "lever_insight_marts"
    job, keys = counting.resolve_job_def("lever_sync"), windows(place.settings())
    done = job.get_subset(asset_selection={key(EEO.table)}).execute_in_process(
        instance=place.instance, tags=window_range(keys[0], keys[-1])
    )
    assert told(done) == {EEO.table}
    assert failed_checks(done) == {}
    assert [each.check_name for each in done.get_asset_check_evaluations()] == [FIGURES, UP_TO_DATE]
    shown = reported(done, EEO.table)
    assert shown["dagster/row_count"] == shown["written"] > 0
    assert not shown.keys() & {"preview", "plot"}
    assert "Sesquipedalian" not in str(place.instance.event_log_storage.get_logs_for_run(done.run_id))
    assert counted_by_a_delta(place, job, keys[-1]) == set()


def counted_by_a_delta(place: Place, job: dg.JobDefinition, window: str) -> set[str]:
    before = place.sandbox.requests().total
    done = job.get_subset(asset_selection={key(EEO.table)}).execute_in_process(
        instance=place.instance, tags={"lever/refresh": "delta", "dagster/partition": window}
    )
    assert place.sandbox.requests().total == before
    return told(done)


def test_a_run_over_a_mart_alone_asks_lever_nothing(synced: Place) -> None:
    job = build(synced.settings()).resolve_job_def("lever_sync")
    before = synced.sandbox.requests().total
    wanted = {key("mart_funnel")}
    done = job.get_subset(asset_selection=wanted).execute_in_process(
        instance=synced.instance, tags={"dagster/partition": windows(synced.settings())[-1]}
    )
    assert done.success
    assert told(done) == {"mart_funnel"}
    assert failed_checks(done) == {}
    assert synced.sandbox.requests().total == before

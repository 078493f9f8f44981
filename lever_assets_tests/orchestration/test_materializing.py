"""Real runs over a running sandbox. The first fixture fills the database that the later tests go on with."""

import re
from typing import Any

import dagster as dg
import pytest

from lever_assets.policy.exclusion import NOTHING_EXCLUDED
from lever_assets_tests.orchestration.running import (
    ASSETS,
    Place,
    failed_checks,
    reported,
    window_range,
    windows,
)
from lever_assets_tests.sync.tables import Tables


@pytest.fixture(scope="module")
def first(place: Place) -> dg.ExecuteInProcessResult:
    """A run over all windows, the first one."""
    keys = windows(place.settings())
    place.sandbox.reset_requests()
    return place.run(tags=window_range(keys[0], keys[-1]))


@pytest.fixture(scope="module")
def asked(place: Place, first: dg.ExecuteInProcessResult) -> dict[str, int]:
    """What the first run asked of Lever."""
    return dict(place.sandbox.requests().by_endpoint)


@pytest.fixture(scope="module")
def filled(place: Place, first: dg.ExecuteInProcessResult) -> Tables:
    """The tables after the first run."""
    return place.tables()


def test_a_range_fills_every_table(
    first: dg.ExecuteInProcessResult, asked: dict[str, int], filled: Tables
) -> None:
    assert first.success
    assert [name for name, rows in filled.items() if not rows] == []
    assert len(filled["candidates"]) == 40


def test_a_range_is_one_pass_over_the_api(place: Place, asked: dict[str, int]) -> None:
    assert asked["GET /opportunities/:id/interviews"] == 40
    assert asked["GET /opportunities"] == 1
    assert asked["GET /stages"] == 1


def test_every_window_of_the_range_counts_as_materialized(
    place: Place, first: dg.ExecuteInProcessResult
) -> None:
    events = first.get_asset_materialization_events()
    done = {(each.asset_key.path[-1], each.partition) for each in events if each.asset_key}
    assert {window for asset, window in done if asset == "interviews"} == set(windows(place.settings()))
    assert len({asset for asset, _ in done}) == ASSETS


def test_a_raw_asset_reports_rows_and_traffic(first: dg.ExecuteInProcessResult) -> None:
    told = reported(first, "raw_interviews")
    assert told["requests"] == 40
    assert told["inserted"] == told["seen"] == told["dagster/row_count"] > 0
    assert told["covers"] == "everything"
    assert told["seconds_waited_for_rate_limit"] == 0
    assert "seen" in reported(first, "raw_opportunities")["applications"]


def test_a_model_reports_its_fields_with_no_value_of_a_person_s(
    first: dg.ExecuteInProcessResult, filled: dict[str, list[dict[str, Any]]]
) -> None:
    told = reported(first, "candidates")["fields"]
    assert told.startswith("| field | label | type | from | filled | examples |")
    assert "| isAnonymized | Anonymized | boolean | opportunity | 40 of 40 |  |" in told
    fields = [each for row in filled["candidates"] for each in row["integration_fields"]]
    headlines = {each["value"] for each in fields if each["key"] == "headline"}
    assert headlines
    assert not [each for each in headlines if each in told]
    assert "| hire_type | Hire type | dropdown |" in reported(first, "jobs")["fields"]
    assert "fields" not in reported(first, "users")


def test_a_model_reports_rows_and_a_preview(
    first: dg.ExecuteInProcessResult, filled: dict[str, list[dict[str, Any]]]
) -> None:
    told = reported(first, "candidates")
    assert told["inserted"] == told["dagster/row_count"] == len(filled["candidates"])
    assert told["unmappable"] == 0
    header, _, *rows = told["preview"].splitlines()
    assert "source" in header
    assert "first_name" not in header
    assert "remote_data" not in header
    assert len(rows) == 5
    assert max(len(cell.strip()) for row in rows for cell in row.split(" | ")) <= 64


def test_all_checks_of_a_good_account_pass(first: dg.ExecuteInProcessResult) -> None:
    evaluated = {(each.asset_key.path[-1], each.check_name) for each in first.get_asset_check_evaluations()}
    assert failed_checks(first) == {}
    assert {("raw_offers", "complete"), ("applications", "references"), ("tags", "mapped")} <= evaluated
    assert len([each for each in evaluated if each[1] == "unique_ids"]) == len(NOTHING_EXCLUDED.kept)


def test_the_progress_is_in_the_log(place: Place, first: dg.ExecuteInProcessResult) -> None:
    logged = [entry.user_message for entry in place.instance.all_logs(first.run_id)]
    assert "Reading everything from Lever." in logged
    lines = [line for each in logged for line in each.splitlines()]
    assert len([line for line in lines if line.endswith(" (mapping candidates)")]) == 1
    assert any(re.fullmatch(r"requests \d+ of (about )?\d+, .* left \(interviews\)", line) for line in lines)


@pytest.mark.long
def test_a_full_run_on_top_changes_nothing(place: Place, filled: Tables) -> None:
    again = place.run("lever_full_sync")
    assert again.success
    assert place.tables() == filled
    told = reported(again, "raw_opportunities")
    assert (told["covers"], told["inserted"], told["updated"]) == ("everything", 0, 0)
    assert told["unchanged"] == 40
    marked = {each.partition for each in again.get_asset_materialization_events()}
    assert marked == {windows(place.settings())[-1]}  # the others are marked already


@pytest.mark.long
def test_a_delta_asks_only_for_what_changed(place: Place, filled: Tables) -> None:
    worked_on = place.sandbox.touch(share=0.05)
    place.sandbox.reset_requests()
    delta = place.run(tags={"dagster/partition": windows(place.settings())[-1], "lever/refresh": "delta"})
    assert delta.success
    assert reported(delta, "raw_opportunities")["covers"] == "what changed since the last sync"
    interviews = place.sandbox.requests().of("/opportunities/:id/interviews")
    assert len(worked_on) <= interviews < 10

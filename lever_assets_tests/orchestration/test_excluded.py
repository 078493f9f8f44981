"""With LEVER_EXCLUDE the lineage shows what is kept, and a run reads, fills and checks only that."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from lever_assets.definitions import build
from lever_assets.orchestration.names import REFERENCES
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.settings import Settings, SettingsError
from lever_assets.unified.catalogue import INSIGHT_MODELS, MODELS
from lever_assets.unified.marts import MARTS
from lever_assets_tests.orchestration.running import ASSETS, Place, failed_checks, key, window_range, windows

LEFT_OUT = (
    "jobs",
    "tags",
    "offers",
    "candidates.source",
    "candidates.integration_fields",
    "candidates.custom_fields",
    "application_origins.sources",
)


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build(Settings(api_key=None, exclude=LEFT_OUT))


def test_what_is_left_out_has_no_asset(definitions: dg.Definitions) -> None:
    names = {spec.key.path[-1] for spec in definitions.resolve_all_asset_specs()}
    assert (
        not {
            "jobs",
            "requisitions",
            "job_requisitions",
            "tags",
            "offers",
            "raw_tags",
            "raw_offers",
            "raw_sources",
            "raw_requisition_fields",
        }
        & names
    )
    assert {"job_postings", "candidate_tags", "candidates", "raw_postings", "raw_requisitions"} <= names
    marts = {each.table for each in MARTS}
    assert names & marts == {"mart_interviewer_load"}  # which alone reads none of these
    assert len(names) == ASSETS - 9 - len(marts) + 1


def test_what_is_kept_does_not_depend_on_it(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    above = {each.path[-1] for each in graph.get(key("applications")).parent_keys}
    assert above == {"raw_opportunities", "raw_archive_reasons", "candidates", "rejection_reasons"}
    assert {each.path[-1] for each in graph.get(key("job_postings")).parent_keys} == {"raw_postings"}


def test_no_check_asks_after_it(definitions: dg.Definitions) -> None:
    checks = definitions.resolve_asset_graph().asset_check_keys
    assert {each.asset_key.path[-1] for each in checks} & {"jobs", "tags", "offers"} == set()
    assert dg.AssetCheckKey(key("job_postings"), REFERENCES) not in checks  # it refers to jobs only
    assert dg.AssetCheckKey(key("applications"), REFERENCES) in checks


def test_an_asset_says_which_fields_are_left_out(definitions: dg.Definitions) -> None:
    told = {spec.key.path[-1]: spec.description or "" for spec in definitions.resolve_all_asset_specs()}
    assert "`custom_fields`, `integration_fields`, `source`: always null" in told["candidates"]
    assert "LEVER_EXCLUDE" not in told["applications"]


@pytest.mark.long
def test_a_run_reads_only_what_is_kept_and_every_check_passes(place: Place) -> None:
    place.sandbox.reset_requests()
    keys = windows(place.settings())
    done = place.run(tags=window_range(keys[0], keys[-1]), exclude=LEFT_OUT)
    assert done.success
    asked = place.sandbox.requests()
    paths = ("/tags", "/sources", "/requisition_fields", "/opportunities/:id/offers")
    assert [asked.of(path) for path in paths] == [0, 0, 0, 0]
    assert asked.of("/opportunities/:id/interviews") == 40
    empty = {name for name, rows in place.tables().items() if not rows}
    beside = {each.name for each in INSIGHT_MODELS if each.beside in LEFT_OUT}
    assert empty == {"jobs", "tags", "offers"} | beside
    assert failed_checks(done) == {}


def test_a_name_that_does_not_exist_stops_the_definitions() -> None:
    with pytest.raises(SettingsError, match="there is no model 'job'"):
        build(Settings(api_key=None, exclude=("job",)))


def test_a_first_day_in_the_future_breaks_no_full_sync(folder: Path) -> None:
    later = datetime.now(UTC).date() + timedelta(days=100)
    but_users = tuple(model.name for model in MODELS if model.name != "users")
    with running_sandbox(SandboxConfig(opportunities=1, rate=0)) as sandbox:
        place = Place(sandbox, folder)
        done = place.run("lever_full_sync", sync_start=later, exclude=but_users)
        assert done.success
        assert failed_checks(done) == {}
        assert len(place.tables()["users"]) == len(sandbox.ids("users"))

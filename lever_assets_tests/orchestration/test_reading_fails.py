"""What a run of Dagster's does with what can't be read, or is not read since it was cancelled."""

import os
import signal
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pydantic import SecretStr

from lever_assets.definitions import build
from lever_assets.frames.frame import frame
from lever_assets.orchestration.partitions import sync_windows
from lever_assets.settings import Settings
from lever_assets.unified.marts import MARTS
from lever_assets_tests.hasty import retry_hastily
from lever_assets_tests.orchestration.keeping import keeping
from lever_assets_tests.orchestration.running import (
    FIRST,
    Place,
    failed_checks,
    failures,
    key,
    reported,
    window_range,
    windows,
)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry without much waiting."""
    retry_hastily(monkeypatch, attempts=2)


def test_one_record_that_can_not_be_read_warns_on_its_asset_and_nothing_else(
    place: Place, folder: Path
) -> None:
    here, sandbox = Place(place.sandbox, folder), place.sandbox
    record: dict[str, Any] = sandbox.get("interviews", sandbox.ids("interviews")[0]) or {}
    bad = record["opportunityId"]
    sandbox.set_faults(f"404,path=/opportunities/{bad}/interviews")
    result = here.run("lever_full_sync")
    sandbox.set_faults()

    assert result.success
    assert set(failed_checks(result)) == {"raw_interviews.complete"}
    assert "what lies below 1 records could not be read" in failed_checks(result)["raw_interviews.complete"]
    metadata = reported(result, "raw_interviews")
    assert metadata["unread"] == 1
    assert metadata["unread_tried_again_at"] > 0
    assert str(bad) in metadata["warnings"]
    assert len(here.tables()["candidates"]) == len(sandbox.ids("opportunities"))


@pytest.mark.long
def test_a_step_that_fails_has_mapped_what_was_read(place: Place, folder: Path) -> None:
    here, sandbox = Place(place.sandbox, folder), place.sandbox
    sandbox.set_faults("500=1,path=/opportunities/*/interviews,from=10")
    result = here.run("lever_full_sync")
    sandbox.set_faults()

    assert not result.success
    (sentence,) = failures(result)
    assert "the reading of interviews was broken off" in sentence
    assert "up to date with Lever are all but interviews and interviewing_team_members." in sentence
    tables = here.tables()
    assert 0 < len(tables["interviews"]) < len(sandbox.ids("interviews"))
    assert len(tables["offers"]) == len(sandbox.ids("offers"))
    made = [each.asset_materialization for each in here.instance.all_logs(result.run_id)]
    told = {each.asset_key.path[-1] for each in made if each is not None}
    assert {"candidates", "raw_offers", "offers"} <= told
    assert not told & {"raw_interviews", "interviews", "interviewing_team_members"}


@pytest.mark.long
def test_a_list_that_fails_has_mapped_what_is_stored_of_it_and_below(place: Place, folder: Path) -> None:
    here, sandbox = Place(place.sandbox, folder), place.sandbox
    assert here.run("lever_full_sync").success
    new = sandbox.ids("opportunities")[0]
    sandbox.edit("opportunities", new, {"name": "Somebody New", "updatedAt": sandbox.now()})
    sandbox.set_faults("500=1,path=/opportunities,from=2")
    result = here.run("lever_full_sync", tags={"lever/refresh": "delta"})
    sandbox.set_faults()

    assert not result.success
    (sentence,) = failures(result)
    stale = "candidates, tags, candidate_tags, applications, interviews, offers, application_stage_changes, "
    assert f"all but {stale}application_origins, candidate_owners and people." in sentence
    rows = {row["remote_id"]: row for row in here.tables()["candidates"]}
    assert rows[new]["last_name"] == "New"


def in_ui(place: Place) -> dict[str, str]:
    """Return what the UI says of each asset's windows: of an asset it is the same in all."""
    parts, keys = sync_windows(place.settings()), windows(place.settings())
    assets = build(place.settings()).resolve_asset_graph().materializable_asset_keys
    found: dict[str, str] = {}
    for each in assets:
        status = place.instance.get_status_by_partition(each, keys, parts)
        assert status is not None
        (same,) = set(status.values())
        found[each.path[-1]] = "MISSING" if same is None else same.value
    return found


def test_what_was_read_and_mapped_counts_as_materialized_and_the_rest_as_failed(
    place: Place, folder: Path
) -> None:
    here, sandbox = Place(place.sandbox, folder), place.sandbox
    keys = windows(here.settings())
    sandbox.set_faults("500=1,path=/archive_reasons")
    result = here.run(tags=window_range(keys[0], keys[-1]))
    sandbox.set_faults()

    assert not result.success
    failed = {name for name, status in in_ui(here).items() if status == "FAILED"}
    marts = {mart.table for mart in MARTS}
    assert failed - marts == {"raw_archive_reasons", "rejection_reasons", "applications"}
    assert marts <= failed
    funnel = frame("mart_funnel", settings=here.settings())  # what is there is counted all the same
    assert funnel["entered"].sum() >= len(sandbox.ids("opportunities"))
    assert in_ui(here)["candidates"] == in_ui(here)["raw_users"] == "MATERIALIZED"


def run_alone(folder: str, lever_key: str, url: str) -> None:
    """Run a sync over all windows in a process of its own, in the instance of a folder."""
    settings = Settings(
        api_key=SecretStr(lever_key), base_url=url, data_dir=Path(folder), rate_limit=0, sync_start=FIRST
    )
    keys = windows(settings)
    with keeping(Path(folder)) as instance:
        job = build(settings).resolve_job_def("lever_sync")
        job.execute_in_process(instance=instance, tags=window_range(keys[0], keys[-1]))


@pytest.mark.long
def test_a_run_that_is_cancelled_has_told_what_was_read_and_mapped(place: Place, folder: Path) -> None:
    sandbox = place.sandbox
    sandbox.reset_requests()
    sandbox.set_faults("slow=60,path=/opportunities/*/interviews,from=20")
    process = get_context("spawn").Process(target=run_alone, args=(str(folder), sandbox.key, sandbox.url))
    process.start()
    deadline = time.monotonic() + 60
    while sandbox.requests().of("/opportunities/:id/interviews") < 19 and time.monotonic() < deadline:
        time.sleep(0.02)
    with keeping(folder) as instance:
        (run,) = instance.get_runs()
        instance.report_run_canceling(run)
        os.kill(process.pid or 0, signal.SIGINT)
        process.join(60)
        sandbox.set_faults()
        assert process.exitcode is not None

        here = Place(sandbox, folder, instance)
        (run,) = instance.get_runs()
        assert run.status is dg.DagsterRunStatus.CANCELED
        found = in_ui(here)
        assert found["candidates"] == found["raw_opportunities"] == found["raw_users"] == "MATERIALIZED"
        assert (
            found["raw_interviews"] == found["interviews"] == "MISSING"
        )  # Dagster fails nothing of a cancelled run
        latest = instance.get_latest_materialization_event(key("candidates"))
        assert latest is not None
        assert latest.run_id == run.run_id

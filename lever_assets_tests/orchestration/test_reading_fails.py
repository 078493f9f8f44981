"""What a run of Dagster's does with what can't be read."""

from pathlib import Path
from typing import Any

import pytest

from lever_assets_tests.hasty import retry_hastily
from lever_assets_tests.orchestration.running import Place, failed_checks, failures, reported


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
    assert "all but candidates, tags, candidate_tags, applications, interviews and offers." in sentence
    rows = {row["remote_id"]: row for row in here.tables()["candidates"]}
    assert rows[new]["last_name"] == "New"

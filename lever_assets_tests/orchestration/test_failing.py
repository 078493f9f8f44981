from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.store import Arrival, land
from lever_assets.sync.session import Session
from lever_assets.sync.status import status
from lever_assets_tests.orchestration.running import (
    Place,
    failed_checks,
    failures,
    reported,
    windows,
)
from lever_assets_tests.orchestration.test_refreshing import tick


@pytest.fixture
def latest(place: Place) -> dict[str, str]:
    return {"dagster/partition": windows(place.settings())[-1]}


def test_without_a_key_the_steps_say_how_to_connect(
    place: Place, folder: Path, latest: dict[str, str]
) -> None:
    result = Place(place.sandbox, folder).run(tags=latest, api_key=None)
    assert not result.success
    (sentence,) = failures(result)
    assert sentence.startswith("No Lever account is connected: set LEVER_API_KEY")
    assert "lever-assets demo" in sentence
    logged = [entry.user_message for entry in place.instance.all_logs(result.run_id)]
    assert not [each for each in logged if each.startswith("Reading ")]


def test_a_wrong_key_is_told_in_one_sentence_without_the_key(
    place: Place, folder: Path, latest: dict[str, str]
) -> None:
    result = Place(place.sandbox, folder).run(tags=latest, api_key="mistyped-key")
    assert not result.success
    for sentence in failures(result):
        assert "mistyped-key" not in sentence
        assert "key" in sentence
        assert "\n" not in sentence


def test_an_unusable_database_is_told_in_one_sentence(
    place: Place, folder: Path, latest: dict[str, str]
) -> None:
    (folder / "blocked").write_text("a file where a folder should be")
    address = f"sqlite:///{folder}/blocked/lever.db"
    result = Place(place.sandbox, folder).run(tags=latest, database_url=address)
    assert not result.success
    (sentence,) = failures(result)
    assert "can't be made" in sentence


def test_a_run_without_a_window_says_what_to_launch(place: Place, folder: Path) -> None:
    result = Place(place.sandbox, folder).run()
    assert not result.success
    assert any("launch lever_full_sync" in sentence for sentence in failures(result))


def test_a_full_sync_for_which_windows_were_chosen_reads_these_alone(
    place: Place, folder: Path, latest: dict[str, str]
) -> None:
    here = Place(place.sandbox, folder)
    for tags, whole in ((latest, False), ({}, True)):
        assert here.run("lever_full_sync", tags=tags).success
        with Session.open(here.settings()) as session:
            assert status(session.store, session.name, session.exclusion).complete is whole


def test_a_sync_under_way_elsewhere_fails_the_step_with_its_holder(
    place: Place, folder: Path, latest: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lever_assets.orchestration.assets.LOCK_SECONDS", 0.0)
    here = Place(place.sandbox, folder)
    with Session.open(here.settings()) as session, session.alone():
        result = here.run(tags=latest)
    assert not result.success
    assert all("sync" in sentence for sentence in failures(result))


def test_something_unexpected_is_told_in_one_sentence_without_anybody_s_data(
    place: Place, folder: Path, latest: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("Jane Doe is not a number")

    monkeypatch.setattr("lever_assets.orchestration.assets.sync", broken)
    monkeypatch.setattr("lever_assets.orchestration.sensors.poll", broken)
    here = Place(place.sandbox, folder)
    result = here.run(tags=latest)
    assert not result.success
    (sentence,) = {each.partition(" in ")[0] for each in failures(result)}
    assert sentence == "Something unexpected happened (ValueError)"
    assert all("orchestration/assets.py, line " in each for each in failures(result))
    assert "Jane" not in "".join(map(dg.serialize_value, here.instance.all_logs(result.run_id)))
    with pytest.raises(
        dg.Failure, match=r"unexpected happened \(ValueError\) in orchestration/sensors"
    ) as caught:
        tick(here)
    assert caught.value.__suppress_context__


def test_a_missing_permission_skips_one_resource_and_fails_its_check(folder: Path) -> None:
    with running_sandbox(SandboxConfig(opportunities=20, rate=0, denied=frozenset({"offers"}))) as sandbox:
        here = Place(sandbox, folder)
        result = here.run("lever_full_sync")
        tables = here.tables()
    assert result.success
    assert set(failed_checks(result)) == {"raw_offers.complete"}
    assert "offers was skipped" in failed_checks(result)["raw_offers.complete"]
    assert "offers was skipped" in reported(result, "raw_offers")["skipped"]
    assert reported(result, "raw_offers")["permission_missing"] == "offers:read:admin"
    assert tables["offers"] == []
    assert len(tables["candidates"]) == 20


@pytest.mark.long
def test_a_table_that_holds_more_than_lever_lists_fails_its_check(place: Place, folder: Path) -> None:
    here = Place(place.sandbox, folder)
    future = datetime.now(UTC) + timedelta(days=1)
    stray = Arrival("a tag that a clock gone wrong has seen tomorrow", {"text": "stray"})
    with Session.open(here.settings()) as session, session.writing(at=future) as tx:
        land(tx, "tags", [stray])
    result = here.run("lever_full_sync")

    assert result.success
    assert set(failed_checks(result)) == {"raw_tags.complete"}
    listed = len(place.sandbox.ids("tags"))
    assert failed_checks(result)["raw_tags.complete"].endswith(f"which holds {listed + 1:,} in all.")

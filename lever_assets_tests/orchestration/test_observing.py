"""An action of Dagster's, and a drained event, leave an observation on the assets that they touched."""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from lever_assets.store import inbox
from lever_assets.sync.session import Session
from lever_assets.unified.marts import MARTS
from lever_assets_tests.orchestration.running import Place, key, open_applicant, reported, windows
from lever_assets_tests.orchestration.test_quiet_deltas import delta, told


def observed(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    """Return what a run observed, by asset."""
    found = {}
    for event in result.all_events:
        if event.event_type is dg.DagsterEventType.ASSET_OBSERVATION:
            told = event.asset_observation_data.asset_observation
            found["/".join(told.asset_key.path)] = {
                name: value.value for name, value in told.metadata.items()
            }
    return found


def test_an_action_is_observed_on_what_it_touched_without_what_was_written(synced: Place) -> None:
    candidate = synced.tables()["candidates"][0]["id"]
    config = {"candidate_id": candidate, "tag": {"name": "Sesquipedalian"}}
    ops = {"ops": {"add_candidate_tag": {"config": config}}}
    found = observed(synced.run("add_candidate_tag_job", run_config=ops))
    assert found["lever/candidate_tags"] == {"by": "add_candidate_tag", "inserted": 1}
    assert found["lever/raw_opportunities"] == {"by": "add_candidate_tag", "updated": 1}
    assert "lever/jobs" not in found
    assert "Sesquipedalian" not in str(found)


def test_a_drained_event_is_observed_on_what_it_changed(synced: Place) -> None:
    opportunity, moment = synced.sandbox.ids("opportunities")[0], datetime.now(UTC)
    synced.sandbox.touch(share=1, seed=1)
    arrived = inbox.InboxEvent("one", "candidateStageChange", "token", moment, {"opportunityId": opportunity})
    with Session.open(synced.settings()) as session, session.writing(at=moment) as tx:
        assert inbox.receive(tx, arrived)
    found = observed(synced.run("lever_webhooks"))
    assert found["lever/candidates"] == {"by": "webhooks", "updated": 1}
    assert observed(synced.run("lever_webhooks")) == {}


def moved(place: Place) -> None:
    """Move somebody in Lever, and let the event of it arrive."""
    opportunity, moment = open_applicant(place.sandbox), datetime.now(UTC)
    place.sandbox.move(opportunity)
    arrived = inbox.InboxEvent("one", "candidateStageChange", "token", moment, {"opportunityId": opportunity})
    with Session.open(place.settings()) as session, session.writing(at=moment) as tx:
        assert inbox.receive(tx, arrived)


def test_marts_that_a_drained_event_changed_are_made_in_the_window_that_was_told_last(synced: Place) -> None:
    delta(synced)  # the first after a sync tells of all in the present window
    moved(synced)
    result = synced.run("lever_webhooks")
    changed = told(result)
    assert {"mart_funnel", "mart_aging"} <= changed <= {mart.table for mart in MARTS}
    assert not changed & {"mart_offer_acceptance", "mart_time_to_fill"}
    shown = reported(result, "mart_funnel")
    assert (shown["by"], shown["written"] >= 1) == ("webhooks", True)
    made = synced.instance.get_materialized_partitions(key("mart_funnel"))
    assert made == {windows(synced.settings())[-1]}
    assert not told(delta(synced)) & changed, "the next delta has nothing more to tell of them"


def test_a_mart_that_no_run_has_made_yet_is_observed(synced: Place) -> None:
    synced.instance.wipe_assets([key("mart_funnel")])
    moved(synced)
    result = synced.run("lever_webhooks")
    assert "mart_funnel" not in told(result)
    assert observed(result)["lever/mart_funnel"]["by"] == "webhooks"

"""An action of Dagster's, and a drained event, leave an observation on the assets that they touched."""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from lever_assets.store import inbox
from lever_assets.sync.session import Session
from lever_assets_tests.orchestration.running import Place


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

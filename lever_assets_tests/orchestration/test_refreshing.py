"""The sensor and the schedule that keep an account fresh: what they start, and why they don't."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from lever_assets.definitions import build
from lever_assets.orchestration import runs
from lever_assets.orchestration.partitions import window_range
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.store import put_state
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.hasty import retry_hastily
from lever_assets_tests.orchestration.running import Place, reported, windows
from lever_assets_tests.sync.tables import live


def tick(place: Place, **changes: Any) -> dg.RunRequest | dg.SkipReason:
    """Evaluate the delta sensor once."""
    settings = place.settings(watch_budget=0, **changes)
    definitions = build(settings)
    sensor = definitions.resolve_sensor_def("lever_delta")
    context = dg.build_sensor_context(instance=place.instance, definitions=definitions)
    found = sensor(context)
    assert isinstance(found, dg.RunRequest | dg.SkipReason)
    return found


def skipped(place: Place, **changes: Any) -> str:
    found = tick(place, **changes)
    assert isinstance(found, dg.SkipReason)
    return found.skip_message or ""


def requested(place: Place, **changes: Any) -> dict[str, str]:
    found = tick(place, **changes)
    assert isinstance(found, dg.RunRequest)
    return dict(found.tags)


def test_without_a_key_it_says_how_to_connect(tmp_path: Path) -> None:
    with running_sandbox(SandboxConfig(opportunities=1, rate=0)) as sandbox:
        assert "LEVER_API_KEY" in skipped(Place(sandbox, tmp_path), api_key=None)


def test_an_account_that_was_never_read_waits_for_a_full_sync(tmp_path: Path) -> None:
    with running_sandbox(SandboxConfig(opportunities=1, rate=0)) as sandbox:
        assert "full sync" in skipped(Place(sandbox, tmp_path))


@pytest.mark.long
def test_nothing_changed(synced: Place) -> None:
    assert skipped(synced).startswith("Nothing has changed since")


def test_a_change_starts_one_run_that_reads_only_it(synced: Place) -> None:
    touched = synced.sandbox.touch(share=0.1, seed=1)
    tags = requested(synced)
    assert tags["lever/refresh"] == "delta"
    assert tags["lever/cause"] == "Some opportunities have changed."
    synced.sandbox.reset_requests()
    result = synced.run(tags=tags)

    assert result.success
    assert reported(result, "raw_opportunities")["updated"] == len(touched)
    assert synced.sandbox.requests().of("/opportunities/:id/interviews") == len(touched)
    assert skipped(synced).startswith("Nothing has changed since")


@pytest.mark.long
def test_one_run_covers_every_window_missed(synced: Place) -> None:
    keys = windows(synced.settings())
    assert len(keys) == 2
    synced.sandbox.touch(share=0.1, seed=2)
    tags = requested(synced)
    assert {name: tags[name] for name in window_range(*keys)} == window_range(keys[-1], keys[-1])

    last_week = datetime.now(UTC) - timedelta(days=7)
    with Session.open(synced.settings()) as session, session.writing() as tx:
        put_state(tx, "caught_up:postings", last_week.isoformat())
    tags = requested(synced)
    assert {name: tags[name] for name in window_range(*keys)} == window_range(keys[0], keys[-1])


@pytest.mark.long
def test_never_two_at_a_time(synced: Place) -> None:
    synced.sandbox.touch(share=0.1, seed=3)
    tags = requested(synced)
    job = build(synced.settings()).resolve_job_def("lever_sync")
    waiting = synced.instance.create_run_for_job(job, tags=tags)
    assert waiting.run_id in skipped(synced)
    synced.instance.delete_run(waiting.run_id)
    with Session.open(synced.settings()) as session, session.alone():
        assert "another sync" in skipped(synced).lower()
    assert requested(synced)["lever/refresh"] == "delta"


def begun(place: Place) -> dg.DagsterRun:
    """Leave a run that began, and said so."""
    job = build(place.settings()).resolve_job_def("lever_sync")
    run = place.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    place.instance.report_engine_event("at work", run)
    return run


@pytest.mark.long
def test_a_run_whose_process_is_gone_is_ended_and_holds_up_no_other(
    synced: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun(synced)
    assert run.run_id in skipped(synced)
    monkeypatch.setattr(runs, "_SILENT", timedelta())
    with Session.open(synced.settings()) as session, session.alone():
        assert run.run_id in skipped(synced)  # somebody is at work
    assert skipped(synced).startswith("Nothing has changed since")
    ended = synced.instance.get_run_by_id(run.run_id)
    assert ended is not None
    assert ended.status is dg.DagsterRunStatus.FAILURE


def test_a_run_of_another_connection_holds_up_nothing(synced: Place) -> None:
    tags = {"lever/refresh": "delta", "lever/connection": "other"}
    job = dg.GraphDefinition(name="other_sync", node_defs=[]).to_job()
    synced.instance.create_run_for_job(job, tags=tags, status=dg.DagsterRunStatus.STARTED)
    assert skipped(synced).startswith("Nothing has changed since")


def test_an_unreachable_lever_fails_the_tick_in_one_sentence(
    synced: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    retry_hastily(monkeypatch)
    with pytest.raises(dg.Failure) as caught:
        tick(synced, base_url="http://127.0.0.1:9", timeout_seconds=1)
    assert "can't be reached" in (caught.value.description or "")


def test_the_schedule_starts_a_reconcile_that_reports_and_mends_drift(synced: Place) -> None:
    sandbox = synced.sandbox
    sandbox.edit("opportunities", sandbox.ids("opportunities")[0], {"name": "Renamed In Silence"})
    definitions = build(synced.settings())
    schedule = definitions.resolve_schedule_def("lever_reconcile")
    assert schedule.cron_schedule == "0 3 * * 0"
    context = dg.build_schedule_context(
        instance=synced.instance, scheduled_execution_time=datetime.now(UTC) + timedelta(days=1)
    )
    found = schedule(context)
    assert isinstance(found, dg.RunRequest)
    assert found.tags["lever/refresh"] == "reconcile"
    result = synced.run(tags=dict(found.tags))

    assert result.success
    assert reported(result, "raw_opportunities")["drift"] == "1 stale"
    assert reported(result, "raw_postings")["drift"] == "none"
    fresh = synced.folder / "fresh.db"
    with Session.open(synced.settings(database_url=f"sqlite:///{fresh}")) as session:
        sync(session, Scope())
    assert live(synced.settings().tables_url) == live(f"sqlite:///{fresh}")

"""Events, notices and erasure through Dagster: what the sensors start, and what the jobs leave."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from lever_assets.connect.connections import connect_by_key, enable, wanted_connection
from lever_assets.definitions import build
from lever_assets.notices.finishing import sync_id_of
from lever_assets.notices.keeping import add
from lever_assets.orchestration.ended import EndedSyncs
from lever_assets.store import Store, inbox
from lever_assets.store.assessments import Package, replace_packages
from lever_assets.store.sizes import DATABASE
from lever_assets.store.tables import UNIFIED, notice_outbox
from lever_assets.store.transaction import NOBODY
from lever_assets.sync.session import Session
from lever_assets_tests.notices.hooks import listening
from lever_assets_tests.orchestration.running import Place


def tick(place: Place, name: str, **changes: Any) -> dg.RunRequest | dg.SkipReason:
    definitions = build(place.settings(**changes))
    context = dg.build_sensor_context(instance=place.instance, definitions=definitions)
    found = definitions.resolve_sensor_def(name)(context)
    assert isinstance(found, dg.RunRequest | dg.SkipReason)
    return found


def event(place: Place, opportunity: str) -> None:
    """Put an event into the inbox, as the receiver does."""
    moment = datetime.now(UTC)
    arrived = inbox.InboxEvent(
        f"event-{moment.timestamp()}",
        "candidateStageChange",
        f"token-{moment.timestamp()}",
        moment,
        {"opportunityId": opportunity},
    )
    with Session.open(place.settings()) as session, session.writing(at=moment) as tx:
        assert inbox.receive(tx, arrived)


def stage_of(place: Place, opportunity: str) -> set[str]:
    tables = place.tables()
    candidate = next(row["id"] for row in tables["candidates"] if row["remote_id"] == opportunity)
    return {row["current_stage_id"] for row in tables["applications"] if row["candidate_id"] == candidate}


@pytest.mark.long
def test_an_event_is_in_the_tables_after_one_tick_and_its_run(synced: Place) -> None:
    assert isinstance(tick(synced, "lever_webhooks"), dg.SkipReason)
    sandbox = synced.sandbox
    opportunity = next(
        each
        for each in sandbox.ids("opportunities")
        if (sandbox.get("opportunities", each) or {})["applications"]
    )
    before = stage_of(synced, opportunity)
    sandbox.move(opportunity)
    event(synced, opportunity)
    requested = tick(synced, "lever_webhooks")
    assert isinstance(requested, dg.RunRequest)
    assert requested.tags["lever/cause"] == "An event of Lever's"
    result = synced.run("lever_webhooks", tags=dict(requested.tags))

    assert result.success
    assert stage_of(synced, opportunity) != before
    assert isinstance(tick(synced, "lever_webhooks"), dg.SkipReason)


def test_a_run_that_drains_is_waited_for(synced: Place) -> None:
    event(synced, synced.sandbox.ids("opportunities")[0])
    job = build(synced.settings()).resolve_job_def("lever_webhooks")
    waiting = synced.instance.create_run_for_job(job)
    found = tick(synced, "lever_webhooks")
    assert isinstance(found, dg.SkipReason)
    assert waiting.run_id in (found.skip_message or "")


def test_the_user_s_urls_are_told_once_of_what_changed(synced: Place) -> None:
    with listening() as hook:
        first = tick(synced, "lever_notices", notice_urls=hook.url)
        again = tick(synced, "lever_notices", notice_urls=hook.url)
        assert isinstance(first, dg.SkipReason)
        assert isinstance(again, dg.SkipReason)
        assert (first.skip_message or "").startswith("1 notices arrived")
        assert again.skip_message == "Nothing has changed that was not told."
    none = tick(synced, "lever_notices")
    assert isinstance(none, dg.SkipReason)
    assert "LEVER_NOTICE_URLS" in (none.skip_message or "")


def test_a_target_with_a_name_is_told_though_no_url_is_set(synced: Place) -> None:
    settings = synced.settings()
    with listening() as hook, closing(Store.open(settings.tables_url)) as store:
        add(store, settings, "crm", SecretStr(hook.url), ["data-changed"])
        first = tick(synced, "lever_notices")
        assert isinstance(first, dg.SkipReason)
        assert (first.skip_message or "").startswith("1 notices arrived")
        assert [each["type"] for each in hook.notices] == ["data-changed"]


def test_assessments_are_ordered_and_told_to_lever_also_where_no_url_is_to_be_told(synced: Place) -> None:
    ids = synced.sandbox.ids("opportunities")
    records = [synced.sandbox.get("opportunities", each) or {} for each in ids]
    person = next(
        each for each in records if each["applications"] and each["emails"] and not each["archived"]
    )
    stage = next(each for each in synced.sandbox.ids("stages") if each != person["stage"])
    with Session.open(synced.settings()) as session, session.writing() as tx:
        replace_packages(tx, [Package("p1", "SKILLS_TEST", "Coding", "")])
    wanted: dict[str, Any] = {"assessment_stage": stage, "assessment_default_package": "Coding"}
    tick(synced, "lever_notices", **wanted)  # from now on
    synced.sandbox.move(person["id"], stage)
    event(synced, person["id"])
    synced.run("lever_webhooks")

    told = tick(synced, "lever_notices", **wanted)

    assert isinstance(told, dg.SkipReason)
    assert "assessment: sent" in (synced.sandbox.get("opportunities", person["id"]) or {})["tags"]


def test_the_user_s_urls_are_told_once_of_each_sync_that_ended(synced: Place) -> None:
    with listening() as hook:
        wanted: dict[str, Any] = {
            "notice_urls": hook.url,
            "notice_types": ("sync-finished",),
            "ui_url": "http://dagster.test",
        }
        synced.run("lever_erasure")  # no sync
        before = synced.run("lever_full_sync")
        tick(synced, "lever_notices", **wanted)
        assert hook.notices == []  # what ended before somebody wanted to know is not made up for
        well = synced.run("lever_full_sync")
        tick(synced, "lever_notices", **wanted)
        synced.sandbox.set_faults("401=1.0")
        refused = synced.run("lever_full_sync")
        for _ in range(2):
            tick(synced, "lever_notices", **wanted)
    assert before.success
    told = [each["data"] for each in hook.notices if each["type"] == "sync-finished"]
    assert [each["sync_state"] for each in told] == ["SUCCEEDED", "AUTHENTICATION_FAILED"]
    assert [each["log_url"] for each in told] == [
        f"http://dagster.test/runs/{each.run_id}" for each in (well, refused)
    ]
    assert len(hook.notices) == 2


def test_an_end_by_switching_the_connection_off_is_told(synced: Place) -> None:
    settings = synced.settings(notice_urls="http://127.0.0.1:9/", notice_types=("sync-finished",))
    ended = EndedSyncs()
    with closing(Store.open(settings.tables_url)) as store:
        ended.tell(synced.instance, store, settings, [settings], {})
        run = synced.run("lever_full_sync")
        given = settings.api_key
        assert given is not None
        connect_by_key(store, settings, wanted_connection(store, settings, "lever"), given)
        enable(store, "lever", enabled=False)
        for _ in range(2):
            ended.tell(synced.instance, store, settings, [], {})  # it is none of the accounts any more
        with store.reading("lever") as tx:
            told = tx.sql.execute(select(notice_outbox.c.body)).scalars().all()
    assert run.success
    assert [each["data"]["sync_state"] for each in map(json.loads, told)] == ["SUCCEEDED"]


def test_a_run_that_failed_before_it_was_switched_off_failed(synced: Place) -> None:
    settings = synced.settings(notice_urls="http://127.0.0.1:9/", notice_types=("sync-finished",))
    ended = EndedSyncs()
    with closing(Store.open(settings.tables_url)) as store:
        ended.tell(synced.instance, store, settings, [settings], {})
        given = settings.api_key
        assert given is not None
        connect_by_key(store, settings, wanted_connection(store, settings, "lever"), given)
        synced.sandbox.set_faults("400=1.0")
        failed = synced.run("lever_full_sync")
        synced.sandbox.set_faults()
        enable(store, "lever", enabled=False)
        off = synced.run("lever_full_sync")
        ended.tell(synced.instance, store, settings, [], {})
        with store.reading("lever") as tx:
            told = tx.sql.execute(select(notice_outbox.c.body)).scalars().all()
    assert not failed.success
    assert not off.success
    states = {each["data"]["sync_id"]: each["data"]["sync_state"] for each in map(json.loads, told)}
    assert states == {
        sync_id_of("lever", failed.run_id): "FAILED",
        sync_id_of("lever", off.run_id): "CANCELLED",
    }


def test_what_ended_while_no_url_was_to_be_told_is_not_made_up_for(synced: Place) -> None:
    with listening() as hook:
        wanted: dict[str, Any] = {"notice_urls": hook.url, "notice_types": ("sync-finished",)}
        tick(synced, "lever_notices", **wanted)
        tick(synced, "lever_notices")
        synced.run("lever_full_sync")
        for _ in range(2):
            tick(synced, "lever_notices", **wanted)
    assert hook.notices == []


@pytest.mark.long
def test_what_was_gone_long_enough_is_erased_by_night(synced: Place) -> None:
    with Session.open(synced.settings()) as session, session.writing() as tx:
        long_ago = datetime.now(UTC) - timedelta(days=15)
        tx.sql.execute(update(UNIFIED["candidates"]).values(remote_deleted_at=long_ago))
    result = synced.run("lever_erasure")

    assert result.success
    with Session.open(synced.settings()) as session, session.reading() as tx:
        assert len(DATABASE.read(tx.of(NOBODY)) or ()) == 1  # how large it is: kept every night
    assert {row["first_name"] for row in synced.tables()["candidates"]} == {None}
    assert build(synced.settings()).resolve_schedule_def("lever_erasure").cron_schedule == "30 2 * * *"

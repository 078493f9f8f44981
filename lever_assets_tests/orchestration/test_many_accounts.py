"""Several accounts in one code location: each has what is its own, and none holds up another."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import time_machine
from sqlalchemy import select, update

from lever_assets.connect.connections import enable, remove, set_own
from lever_assets.connect.first_sync import Asked, claim
from lever_assets.connect.known import settings_of
from lever_assets.lever import JsonObject
from lever_assets.orchestration import rounds, ticks
from lever_assets.orchestration.config import for_connection
from lever_assets.orchestration.names import DRAIN_OP
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store import Store, inbox
from lever_assets.store.accounts import keep_account, stored_account
from lever_assets.store.erased_files import TABLES
from lever_assets.store.tables import RAW, UNIFIED
from lever_assets.store.transaction import now
from lever_assets.sync.polling import Poll, poll
from lever_assets.sync.session import Session
from lever_assets_tests.notices.hooks import listening
from lever_assets_tests.orchestration.many import Many, asked_for, skipped
from lever_assets_tests.orchestration.running import ASSETS, failures
from lever_assets_tests.sync.tables import unified_tables

SHARED = {"lever_webhooks", "lever_erasure", "lever_doctor", "add_candidate_tag_job"}


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[tuple[Sandbox, Sandbox]]:
    """Two accounts of Lever's, which differ."""
    with (
        running_sandbox(SandboxConfig(opportunities=12, rate=0)) as one,
        running_sandbox(SandboxConfig(opportunities=9, seed=2, rate=0)) as other,
    ):
        yield one, other


@pytest.fixture
def many(tmp_path: Path, sandboxes: tuple[Sandbox, Sandbox]) -> Many:
    """Two connections, `acme` and `beta`, that were never read."""
    made = Many(tmp_path)
    made.connect("acme", sandboxes[0])
    made.connect("beta", sandboxes[1], sync_window="monthly", exclude=["offers"])
    return made


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, sandboxes: tuple[Sandbox, Sandbox]) -> Many:
    """The same, read whole; the tests of this module share it and leave nothing behind that counts."""
    made = Many(tmp_path_factory.mktemp("both"))
    made.connect("acme", sandboxes[0])
    made.connect("beta", sandboxes[1])
    made.read("acme", "beta")
    return made


def test_each_has_assets_and_two_jobs_and_all_else_is_there_once(many: Many) -> None:
    repository = many.definitions().get_repository_def()
    keys = repository.assets_defs_by_key.keys()

    assert len([key for key in keys if key.path[0] == "acme"]) == ASSETS
    assert {"offers", "raw_offers"} & {key.path[1] for key in keys if key.path[0] == "beta"} == set()
    jobs = {job.name for job in repository.get_all_jobs() if not job.name.startswith("__")}
    own = {f"{name}_{job}" for name in ("acme", "beta") for job in ("sync", "full_sync")}
    assert own | SHARED <= jobs
    assert {each for each in jobs if each.startswith(("acme", "beta"))} == own
    assert {each.name for each in repository.sensor_defs} == {
        "lever_delta",
        "lever_webhooks",
        "lever_notices",
        "lever_retention",
        "lever_purge",
    }
    assert {each.name for each in repository.schedule_defs} == {"lever_reconcile", "lever_erasure"}
    windows = repository.get_job("beta_sync").partitions_def
    assert isinstance(windows, dg.TimeWindowPartitionsDefinition)
    assert windows.cron_schedule == "0 0 1 * *"


def test_one_that_was_never_read_is_read_by_itself_and_has_ids_of_its_own(many: Many) -> None:
    definitions = many.definitions()
    asked = asked_for(many.tick(definitions))
    assert {name: each.job_name for name, each in asked.items()} == {
        "acme": "acme_full_sync",
        "beta": "beta_full_sync",
    }
    assert {each.tags["lever/cause"] for each in asked.values()} == {"first sync"}
    assert many.run(definitions, "acme_full_sync").success
    many.read("beta")

    told = skipped(many.tick(definitions))
    assert told == "2 connections: nothing has changed."
    tables = unified_tables(many.settings().tables_url)
    for rows in tables.values():
        ids = [row["id"] for row in rows]
        assert len(set(ids)) == len(ids)
    assert {row["connection"] for row in tables["candidates"]} == {"acme", "beta"}


def test_only_some_first_syncs_are_asked_for_at_once(
    many: Many, monkeypatch: pytest.MonkeyPatch, sandboxes: tuple[Sandbox, Sandbox]
) -> None:
    monkeypatch.setattr("lever_assets.orchestration.sensors._FIRST_SYNCS", 1)
    definitions = many.definitions()
    (first,) = asked_for(many.tick(definitions))
    job = definitions.resolve_job_def(f"{first}_full_sync")
    many.instance.create_run_for_job(job)
    (second,) = asked_for(many.tick(definitions))
    assert {first, second} == {"acme", "beta"}


def test_a_first_sync_that_fails_is_asked_for_later_each_time_and_takes_nobody_s_turn(
    many: Many, monkeypatch: pytest.MonkeyPatch, sandboxes: tuple[Sandbox, Sandbox]
) -> None:
    """No run is under way at the next tick: each has failed by then."""
    monkeypatch.setattr("lever_assets.orchestration.sensors._FIRST_SYNCS", 1)
    definitions, began = many.definitions(), now()
    asked: dict[str, list[int]] = {"acme": [], "beta": []}
    for minute in range(36):
        with time_machine.travel(began + timedelta(minutes=minute), tick=False):
            found = many.tick(definitions)
            for name in asked_for(found):
                asked[name].append(minute)
    one, other = sorted(asked.values())
    assert one == [0, 2, 6, 14, 30]
    assert other == [1, 3, 7, 15, 31]
    assert "2 connections: the first sync did not read the account, and is asked" in skipped(found)

    with time_machine.travel(began + timedelta(minutes=36), tick=False):
        many.connect("acme", sandboxes[0])
        assert set(asked_for(many.tick(definitions))) == {"acme"}  # whoever reconnects it does not wait


def test_a_first_sync_that_the_api_begins_during_the_tick_is_not_asked_for_again(
    many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begun_meanwhile(session: Session, **given: Any) -> Poll:
        found = poll(session, **given)
        if session.name == "acme":
            with Store(session.store.engine).writing("acme") as tx:
                assert claim(tx) is None
        return found

    monkeypatch.setattr("lever_assets.orchestration.sensors.poll", begun_meanwhile)
    assert set(asked_for(many.tick(many.definitions()))) == {"beta"}


def test_a_first_sync_is_asked_for_at_least_once_an_hour() -> None:
    assert Asked(now(), 1000).due_at - now() <= timedelta(hours=1)


def test_an_action_is_done_in_the_account_that_its_form_names(both: Many) -> None:
    definitions = both.definitions()
    tables = unified_tables(both.settings().tables_url)
    for name in ("acme", "beta"):
        candidate = next(row["id"] for row in tables["candidates"] if row["connection"] == name)
        config = {"connection": name, "candidate_id": candidate, "tag": {"name": f"Of {name}"}}
        done = both.run(
            definitions, "add_candidate_tag_job", {"ops": {"add_candidate_tag": {"config": config}}}
        )
        assert done.success
        run = both.instance.get_run_by_id(done.run_id)
        assert run is not None
        assert run.tags["lever/connection"] == name
    after = unified_tables(both.settings().tables_url)["tags"]
    assert {(row["connection"], row["name"]) for row in after} >= {("acme", "Of acme"), ("beta", "Of beta")}


@pytest.mark.parametrize("named", ["gamma", None])
def test_an_action_of_a_connection_that_there_is_not_fails_in_a_sentence(
    both: Many, named: str | None
) -> None:
    config = {"connection": named, "candidate_id": "1" * 24, "tag": {"name": "x"}}
    done = both.run(
        both.definitions(), "add_candidate_tag_job", {"ops": {"add_candidate_tag": {"config": config}}}
    )
    (told,) = failures(done)
    assert ("no connection 'gamma'" if named else "several connections, acme, beta") in told
    assert "--connection" not in told
    assert named or "in the field `connection` of the run's config" in told


@contextmanager
def slow_lever(seconds: float) -> Iterator[str]:
    """Answer each request after so many seconds, with an empty list."""
    over = threading.Event()

    def answer(peer: socket.socket) -> None:
        with suppress(OSError), peer:
            while peer.recv(65_536) and not over.wait(seconds):
                body = b'{"data":[],"hasNext":false}'
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
                peer.sendall(head.encode() + b"\r\n\r\n" + body)

    def accept() -> None:
        with suppress(OSError):
            while True:
                peer, _ = listener.accept()
                threading.Thread(target=answer, args=(peer,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join(10)


def test_a_revoked_and_a_slow_one_hold_up_no_other(
    both: Many, sandboxes: tuple[Sandbox, Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticks, "TICK_SECONDS", 3.0)
    monkeypatch.setattr(rounds, "_OWN_SECONDS", 1.0)
    both.connect("revoked", sandboxes[0])
    both.connect("slow", sandboxes[0])
    both.read("acme", "beta", "revoked", "slow")
    both.spoil_key("revoked")
    definitions = both.definitions()
    with slow_lever(40) as url:
        both.move("slow", url)
        quiet = skipped(both.tick(definitions))
        assert "2 connections: nothing has changed." in quiet
        assert "slow: Lever did not say within" in quiet
        assert "revoked: " in quiet
        for each in sandboxes:
            each.touch(share=0.5, seed=3)
        began = time.monotonic()
        asked = asked_for(both.tick(definitions))
        assert time.monotonic() - began < 3.0 + 2.0
    assert {name: each.job_name for name, each in asked.items()} == {
        "acme": "acme_sync",
        "beta": "beta_sync",
    }
    assert {each.tags["lever/refresh"] for each in asked.values()} == {"delta"}
    both.read("acme", "beta")
    with both.store() as store:
        for name in ("revoked", "slow"):
            enable(store, name, enabled=False)


def test_one_that_is_invalid_is_told_and_not_asked_until_it_is_connected_again(
    many: Many, sandboxes: tuple[Sandbox, Sandbox]
) -> None:
    def asked_in_a_tick() -> tuple[str, int, int]:
        for each in sandboxes:
            each.reset_requests()
        told = skipped(many.tick(definitions))
        return told, sandboxes[0].requests().total, sandboxes[1].requests().total

    many.read("acme", "beta")
    many.spoil_key("acme")
    definitions = many.definitions()
    told, refused, asked = asked_in_a_tick()
    assert (refused > 0, asked > 0) == (True, True)
    assert "pause" not in told

    with time_machine.travel(now() + timedelta(days=3, minutes=1)):
        many.read("beta")
        told, refused, asked = asked_in_a_tick()  # it is tried on, until it is refused after three days
        assert (refused > 0, asked > 0) == (True, True)
        told, refused, asked = asked_in_a_tick()
        assert (refused, asked > 0) == (0, True)
        assert "acme: The connection is invalid. Since " in told
        assert "Syncs pause until it is reconnected." in told
        assert "1 connections: nothing has changed." in told

        many.connect("acme", sandboxes[0])
        many.read("acme")
        told, again, asked = asked_in_a_tick()
        assert (again > 0, asked > 0) == (True, True)
        assert told == "2 connections: nothing has changed."


def test_a_run_that_waits_holds_up_its_own_account_alone(
    both: Many, sandboxes: tuple[Sandbox, Sandbox]
) -> None:
    definitions = both.definitions()
    waiting = both.instance.create_run_for_job(definitions.resolve_job_def("acme_sync"))
    for each in sandboxes:
        each.touch(share=0.5, seed=4)
    assert set(asked_for(both.tick(definitions))) == {"beta"}
    both.instance.delete_run(waiting.run_id)
    both.read("acme", "beta")
    assert skipped(both.tick(definitions)) == "2 connections: nothing has changed."


def test_the_schedules_ask_for_a_run_of_each(both: Many) -> None:
    definitions = both.definitions()
    context = dg.build_schedule_context(instance=both.instance, scheduled_execution_time=datetime.now(UTC))
    found = definitions.resolve_schedule_def("lever_reconcile")(context)
    assert isinstance(found, list)
    assert [each.tags["lever/connection"] for each in found] == ["acme", "beta"]
    for each in found:
        assert each.tags["lever/refresh"] == "reconcile"
        assert {key.path[0] for key in each.asset_selection} == {each.tags["lever/connection"]}
        assert len(each.asset_selection) == ASSETS
    done = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=both.instance, asset_selection=found[1].asset_selection, tags=found[1].tags
    )
    assert done.success
    assert {each.asset_key.path[0] for each in done.get_asset_materialization_events() if each.asset_key} == {
        "beta"
    }
    for name in (
        "lever_reconcile",
        "lever_erasure",
    ):  # as the daemon does it, which takes less than we may say
        requests = definitions.resolve_schedule_def(name).evaluate_tick(context).run_requests or []
        assert {"acme", "beta"} <= {each.tags["lever/connection"] for each in requests}
    nightly = definitions.resolve_schedule_def("lever_erasure")(context)
    assert isinstance(nightly, list)
    assert {"acme", "beta"} <= {each.tags["lever/connection"] for each in nightly}
    assert both.run(definitions, "lever_erasure", nightly[0].run_config).success


def test_of_one_that_was_removed_only_erasure_goes_on(
    tmp_path: Path, sandboxes: tuple[Sandbox, Sandbox]
) -> None:
    many = Many(tmp_path)
    for name, sandbox in zip(("acme", "beta"), sandboxes, strict=True):
        many.connect(name, sandbox, retention_days="0")
    many.read("acme")
    with Session.open(many.settings().of("acme")) as session, session.writing() as tx:
        tx.sql.execute(update(RAW["opportunities"]).values(deleted_at=now()))
        tx.sql.execute(update(UNIFIED["candidates"]).values(remote_deleted_at=now()))
    with many.store() as store:
        remove(store, "acme", erase=False)
    definitions = many.definitions()

    assert "acme_sync" not in {each.name for each in definitions.get_repository_def().get_all_jobs()}
    context = dg.build_schedule_context(instance=many.instance, scheduled_execution_time=datetime.now(UTC))
    nightly = definitions.resolve_schedule_def("lever_erasure")(context)
    assert isinstance(nightly, list)
    asked = {each.tags["lever/connection"]: each.run_config for each in nightly}
    assert {"acme", "beta"} <= set(asked)
    assert many.run(definitions, "lever_erasure", asked["acme"]).success
    with many.store() as store, store.reading("acme") as tx:
        query = select(UNIFIED["candidates"].c.last_name).distinct()
        assert list(tx.sql.execute(query).scalars()) == [None]
        assert not TABLES.are_due(tx)
    drained = many.run(definitions, "lever_webhooks", for_connection(DRAIN_OP, "acme"))
    assert "was removed" in str(failures(drained))
    with Session.open(settings_of(many.settings(), "acme", removed=True)) as session, session.writing() as tx:
        TABLES.note(tx)
    many.tick(definitions, "lever_retention")
    with many.store() as store, store.reading("acme") as tx:
        assert not TABLES.are_due(tx)


def test_settings_that_can_not_be_used_are_told_of_their_account_and_the_others_go_on(
    many: Many, capfd: pytest.CaptureFixture[str]
) -> None:
    """A setting of its own is right until the environment gets one beside which it can't be."""
    many.read("beta")
    with many.store() as store:
        set_own(store, many.settings(), "acme", {"candidate_cutoff": "90d"})
        for name in ("acme", "beta"):
            with store.writing(name) as tx:
                inbox.receive(tx, inbox.InboxEvent("one", "candidateStageChange", "token", now(), {}))
    definitions = many.definitions(only_created=True)
    fault = "The connection 'acme' has settings of its own that can't be used: LEVER_ONLY_CREATED"
    context = dg.build_schedule_context(instance=many.instance, scheduled_execution_time=datetime.now(UTC))
    reconcile = definitions.resolve_schedule_def("lever_reconcile")

    found = reconcile(context)
    assert isinstance(found, list)
    assert [each.tags["lever/connection"] for each in found] == ["beta"]
    assert set(asked_for(many.tick(definitions, "lever_webhooks"))) == {"beta"}
    assert capfd.readouterr().err.count(f"WARNING - acme: {fault}") == 2

    with many.store() as store:
        enable(store, "beta", enabled=False)
        told = reconcile(context)
        assert isinstance(told, dg.SkipReason)
        assert f"acme: {fault}" in str(told.skip_message)
        assert "beta: The connection 'beta' is switched off" in str(told.skip_message)
    assert f"acme: {fault}" in skipped(many.tick(definitions, "lever_webhooks"))


def test_events_are_drained_for_the_account_that_they_are_of(
    both: Many, sandboxes: tuple[Sandbox, Sandbox]
) -> None:
    definitions = both.definitions()
    assert skipped(both.tick(definitions, "lever_webhooks")) == "No event waits in the inbox."
    moment = datetime.now(UTC)
    about: JsonObject = {"opportunityId": sandboxes[1].ids("opportunities")[0]}
    with Session.open(both.settings().of("beta")) as session, session.writing(at=moment) as tx:
        assert inbox.receive(tx, inbox.InboxEvent("one", "candidateStageChange", "token", moment, about))
    asked = asked_for(both.tick(definitions, "lever_webhooks"))
    assert set(asked) == {"beta"}
    assert both.run(definitions, "lever_webhooks", asked["beta"].run_config).success
    assert skipped(both.tick(definitions, "lever_webhooks")) == "No event waits in the inbox."


def test_the_user_s_urls_are_told_of_each_account_once(both: Many) -> None:
    with listening() as hook:
        definitions = both.definitions(notice_urls=hook.url)
        both.tick(definitions, "lever_notices")
        assert len(hook.bodies) == 2
        both.tick(definitions, "lever_notices")
        assert len(hook.bodies) == 2
    assert len({each["data"]["integration_id"] for each in hook.notices}) == 2


def test_loading_shows_who_is_there_now(many: Many, sandboxes: tuple[Sandbox, Sandbox]) -> None:
    many.connect("gamma", sandboxes[0])
    with many.store() as store:
        enable(store, "beta", enabled=False)
        with store.writing("acme") as tx:  # a setting that an older program has left there
            row = stored_account(tx)
            assert row is not None
            row.settings["sync_window"] = "fortnightly"
            keep_account(tx, row)
    definitions = many.definitions()
    jobs = {each.name for each in definitions.get_repository_def().get_all_jobs()}
    assert {"acme_sync", "gamma_sync"} <= jobs
    assert "beta_sync" not in jobs
    warnings = str(definitions.metadata["lever/warnings"])
    assert "acme" in warnings
    assert "gamma" in asked_for(many.tick(definitions))


def test_all_may_be_switched_off(many: Many) -> None:
    with many.store() as store:
        for each in ("acme", "beta"):
            enable(store, each, enabled=False)
    definitions = many.definitions()
    definitions.get_repository_def().load_all_definitions()
    dg.Definitions.validate_loadable(definitions)
    assert asked_for(many.tick(definitions)) == {}


def test_without_the_database_they_are_as_they_were_with_a_warning(many: Many) -> None:
    many.definitions()
    unreachable = "postgresql://nobody@127.0.0.1:9/nothing"
    definitions = many.definitions(database_url=unreachable)
    assert {"acme_sync", "beta_sync"} <= {
        each.name for each in definitions.get_repository_def().get_all_jobs()
    }
    assert "as they were" in str(definitions.metadata["lever/warnings"])
    assert "as they were" in (definitions.resolve_sensor_def("lever_delta").description or "")
    with pytest.raises(dg.Failure, match="can't be reached"):
        many.tick(definitions)


def test_settings_of_its_own_are_an_accounts_alone(many: Many) -> None:
    with many.store() as store:
        set_own(store, many.settings(), "acme", {"exclude": ["interviews"]})
    keys = [spec.key for spec in many.definitions().resolve_all_asset_specs()]
    assert dg.AssetKey(["acme", "interviews"]) not in keys
    assert dg.AssetKey(["beta", "interviews"]) in keys


@pytest.mark.long
def test_fifty_of_which_one_is_revoked_one_slow_and_one_large(
    tmp_path: Path, sandboxes: tuple[Sandbox, Sandbox]
) -> None:
    many = Many(tmp_path)
    small, well = sandboxes[0], [f"customer_{number}" for number in range(47)]
    for name in (*well, "revoked", "slow"):
        many.connect(name, small)
    many.read(*well, "revoked", "slow")
    many.spoil_key("revoked")
    with running_sandbox(SandboxConfig(opportunities=20_000, rate=0)) as large, slow_lever(40) as url:
        many.connect("large", large)
        many.move("slow", url)
        definitions = many.definitions()
        with syncing(many, "large"):
            first = many.tick(definitions)
            assert "47 connections: nothing has changed." in skipped(first)
            small.touch(share=0.5, seed=9)
            asked: set[str] = set()
            for _ in range(2):
                began = time.monotonic()
                asked |= set(asked_for(many.tick(definitions)))
                assert time.monotonic() - began < ticks.TICK_SECONDS + 5
    assert asked == set(well)


@contextmanager
def syncing(many: Many, name: str) -> Iterator[None]:
    """Have an account read whole by another process meanwhile, which is killed at the end.

    It is held to a rate at which any machine takes minutes, so that it does not end before the ticks.
    """
    bare = {each: value for each, value in os.environ.items() if not each.startswith("LEVER_")}
    own = {"LEVER_DATA_DIR": str(many.folder), "LEVER_RATE_LIMIT": "100"}
    command = [sys.executable, "-m", "lever_assets", "sync", "--full", "--connection", name]
    process = subprocess.Popen(command, env={**bare, **own}, cwd=many.folder, stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not is_busy(many, name):
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.2)
        yield
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def is_busy(many: Many, name: str) -> bool:
    with many.store() as store:
        return store.holder(name) is not None

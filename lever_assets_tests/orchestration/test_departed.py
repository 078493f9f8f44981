"""What Dagster keeps of a connection goes with it, or follows its new name; what waits for it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import time_machine
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from pydantic import SecretStr

from lever_assets.connect.connections import enable, remove, rename
from lever_assets.orchestration.departed import cancel_syncs_of_departed, see_to_departed
from lever_assets.orchestration.retention import erase_runs
from lever_assets.orchestration.tagging import Tagging
from lever_assets.orchestration.ticks import Budget
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store import Store
from lever_assets.store.erased_files import TABLES
from lever_assets.store.tables import sync_state
from lever_assets.store.transaction import now
from lever_assets.sync.session import Session
from lever_assets_tests.orchestration.keeping import keeping, where
from lever_assets_tests.orchestration.many import Many, asked_for, skipped
from lever_assets_tests.orchestration.running import failures
from lever_assets_tests.sync.tables import unified_tables

pytestmark = pytest.mark.long

TAG = "lever/connection"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=5, rate=0)) as running:
        yield running


@pytest.fixture
def many(tmp_path: Path, sandbox: Sandbox) -> Iterator[Many]:
    """Two connections, read whole, and a Dagster that keeps everything on disk."""
    with keeping(tmp_path) as instance:
        made = Many(tmp_path, instance)
        for name in ("acme", "beta"):
            made.connect(name, sandbox)
        made.read("acme", "beta")
        yield made


def config_of(name: str | None, word: str, candidate: str = "1" * 24) -> dict[str, Any]:
    config = {"connection": name, "candidate_id": candidate, "tag": {"name": word}}
    return {"ops": {"add_candidate_tag": {"config": config}}}


def never_started(many: Many, definitions: dg.Definitions, name: str | None, word: str) -> str:
    job = definitions.resolve_job_def("add_candidate_tag_job")
    run = many.instance.create_run_for_job(job, run_config=config_of(name, word))
    many.instance.report_run_canceled(run)
    return run.run_id


def queued(many: Many, definitions: dg.Definitions, job: str, **tags: str) -> str:
    """Have a run wait in the queue, as the daemon finds it."""
    location = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("lever_assets"), "__repository__")
    resolved = definitions.resolve_job_def(job)
    run = many.instance.create_run_for_job(
        resolved,
        status=dg.DagsterRunStatus.QUEUED,
        tags={**resolved.tags, **tags},
        remote_job_origin=RemoteJobOrigin(location, job),
    )
    return run.run_id


def tag_of(many: Many, run_id: str) -> str | None:
    run = many.instance.get_run_by_id(run_id)
    assert run is not None
    return run.tags.get(TAG)


def tick(many: Many, definitions: dg.Definitions) -> None:
    context = dg.build_sensor_context(instance=many.instance, definitions=definitions)
    definitions.resolve_sensor_def("lever_retention")(context)


def marks(many: Many) -> list[str]:
    """The kinds of what is kept of nobody about the connection acme."""
    with many.store() as store, store.reading("") as tx:
        kept = sync_state.select().where(sync_state.c.connection == "", sync_state.c.key.contains("acme"))
        return [row.key.partition(":")[0] for row in tx.sql.execute(kept)]


def made_at(many: Many, run_id: str, at: datetime) -> None:
    """Have a run be one that was made at an instant."""
    with many.instance.run_storage.connect() as conn:  # type: ignore[attr-defined] # in SQL
        stamp = at.strftime("%Y-%m-%d %H:%M:%S")
        conn.exec_driver_sql(f"UPDATE runs SET create_timestamp = '{stamp}' WHERE run_id = '{run_id}'")


@contextmanager
def ago(many: Many, minutes: int) -> Iterator[Store]:
    """Do something to connections so long before now."""
    with many.store() as store, time_machine.travel(now() - timedelta(minutes=minutes)):
        yield store


def test_of_a_connection_that_is_removed_with_its_rows_nothing_is_left_in_dagster(many: Many) -> None:
    definitions = many.definitions()
    candidates = unified_tables(many.settings().tables_url)["candidates"]
    for name, word in (("acme", "Zeugma"), ("beta", "Hyperbaton")):
        candidate = next(row["id"] for row in candidates if row["connection"] == name)
        assert many.run(definitions, "add_candidate_tag_job", config_of(name, word, candidate)).success
    assert many.run(definitions, "acme_full_sync").success
    never_started(many, definitions, "acme", "Anacoluthon")
    stays = never_started(many, definitions, "beta", "Hyperbaton")
    waits = queued(many, definitions, "acme_sync")
    words = ["Zeugma", "Anacoluthon"]
    assert len(where(words, many.folder, "")) > 1

    with many.store() as store:
        remove(store, "acme", erase=True)
    tick(many, definitions)

    assert where([*words, waits], many.folder, "") == set()
    assert many.instance.get_run_ids(dg.RunsFilter(tags={TAG: "acme"})) == []
    assert many.instance.get_asset_keys(prefix=["acme"]) == []
    assert tag_of(many, stays) == "beta"
    assert len(many.instance.get_run_ids()) == 2
    assert marks(many) == ["connection_erased"]
    with time_machine.travel(now() + timedelta(days=8)):
        tick(many, definitions)
    assert marks(many) == []


def test_a_connection_of_the_same_name_that_is_made_later_keeps_its_runs(
    many: Many, sandbox: Sandbox
) -> None:
    definitions = many.definitions()
    before = never_started(many, definitions, "acme", "Zeugma")
    with many.store() as store:
        remove(store, "acme", erase=True)
    again = never_started(many, definitions, "acme", "Hyperbaton")
    made_at(many, again, datetime(2099, 1, 1, tzinfo=UTC))
    many.connect("acme", sandbox)
    tick(many, definitions)
    assert set(many.instance.get_run_ids()) == {again}
    assert before != again


def test_a_run_that_goes_on_is_waited_for(many: Many) -> None:
    definitions = many.definitions()
    job = definitions.resolve_job_def("add_candidate_tag_job")
    goes_on = many.instance.create_run_for_job(
        job, run_config=config_of("acme", "Zeugma"), status=dg.DagsterRunStatus.STARTED
    )
    with many.store() as store:
        remove(store, "acme", erase=True)
        tagging = Tagging(many.instance, many.settings())
        assert see_to_departed(many.instance, store, Budget(25), tagging).waiting == 1
        many.instance.report_run_failed(goes_on)
        found = see_to_departed(many.instance, store, Budget(25), tagging)
        assert (found.deleted, found.waiting) == (1, 0)
    assert many.instance.get_run_ids() == []


def test_runs_follow_a_connection_to_its_new_name(many: Many) -> None:
    definitions = many.definitions()
    run_id = never_started(many, definitions, "acme", "Zeugma")
    with many.store() as store:
        rename(store, "acme", "acme_ltd")
        rename(store, "acme_ltd", "globex")
    tick(many, definitions)
    assert tag_of(many, run_id) == "globex"


def test_the_runs_of_one_that_takes_the_name_of_an_erased_one_stay(many: Many) -> None:
    definitions = many.definitions()
    goes, stays = (never_started(many, definitions, name, "Zeugma") for name in ("acme", "beta"))
    for each in (goes, stays):
        made_at(many, each, now() - timedelta(minutes=90))
    with ago(many, 60) as store:
        remove(store, "acme", erase=True)
    with ago(many, 30) as store:
        rename(store, "beta", "acme")
    told = skipped(many.tick(definitions, "lever_retention"))
    assert "1 runs of removed connections were deleted." in told
    tick(many, definitions)
    assert many.instance.get_run_ids() == [stays]
    assert tag_of(many, stays) == "acme"
    assert marks(many) == []


def test_the_runs_of_an_erased_one_do_not_follow_another_of_its_name(many: Many, sandbox: Sandbox) -> None:
    definitions = many.definitions()
    goes, stays = (never_started(many, definitions, "acme", word) for word in ("Zeugma", "Hyperbaton"))
    made_at(many, goes, now() - timedelta(minutes=90))
    made_at(many, stays, now() - timedelta(minutes=40))
    with ago(many, 60) as store:
        remove(store, "acme", erase=True)
    many.connect("acme", sandbox)
    with ago(many, 30) as store:
        rename(store, "acme", "hooli")
    tick(many, definitions)
    assert many.instance.get_run_ids() == [stays]
    assert tag_of(many, stays) == "hooli"


def test_what_has_to_wait_holds_up_what_happened_to_the_same_names_later(
    many: Many, sandbox: Sandbox
) -> None:
    definitions = many.definitions()
    job = definitions.resolve_job_def("add_candidate_tag_job")
    started = dg.DagsterRunStatus.STARTED
    goes_on = many.instance.create_run_for_job(job, run_config=config_of("acme", "Zeugma"), status=started)
    stays, others = (never_started(many, definitions, name, "x") for name in ("beta", "gamma"))
    for each in (goes_on.run_id, stays, others):
        made_at(many, each, now() - timedelta(minutes=90))
    many.connect("gamma", sandbox)
    with ago(many, 60) as store:
        remove(store, "acme", erase=True)
    with ago(many, 30) as store:
        rename(store, "beta", "acme")
        rename(store, "gamma", "delta")
    told = skipped(many.tick(definitions, "lever_retention"))
    assert "Runs of removed connections have not ended, and are deleted when they have: 1." in told
    assert [tag_of(many, each) for each in (stays, others)] == ["beta", "delta"]
    many.instance.report_run_failed(goes_on)
    tick(many, definitions)
    assert [tag_of(many, each) for each in (stays, others)] == ["acme", "delta"]
    assert set(many.instance.get_run_ids()) == {stays, others}


def test_what_comes_under_the_name_of_an_erased_one_goes_too(many: Many) -> None:
    definitions = many.definitions()
    with many.store() as store:
        remove(store, "acme", erase=True)
    tick(many, definitions)
    assert not many.run(definitions, "acme_full_sync").success
    never_started(many, definitions, "acme", "Zeugma")
    assert many.instance.get_asset_keys(prefix=["acme"])

    with time_machine.travel(now() + timedelta(minutes=11)):
        tick(many, definitions)

    assert many.instance.get_run_ids() == []
    assert many.instance.get_asset_keys(prefix=["acme"]) == []


def test_the_environments_account_of_a_name_that_was_erased_is_there(many: Many, sandbox: Sandbox) -> None:
    with many.store() as store:
        remove(store, "acme", erase=True)
    many.given = {"api_key": SecretStr(sandbox.key), "connection": "acme", "base_url": sandbox.url}
    definitions = many.definitions()
    waits = queued(many, definitions, "acme_sync")
    with many.store() as store:
        assert cancel_syncs_of_departed(many.instance, store, many.settings()) == 0
    many.instance.delete_run(waits)
    assert many.run(definitions, "acme_full_sync").success
    assets = many.instance.get_asset_keys(prefix=["acme"])
    tick(many, definitions)
    assert assets
    assert set(many.instance.get_asset_keys(prefix=["acme"])) == set(assets)


def test_the_runs_of_one_that_was_removed_go_when_it_is_erased_later(many: Many) -> None:
    definitions = many.definitions()
    with many.store() as store:
        remove(store, "acme", erase=False)
    run_id = never_started(many, definitions, "acme", "Zeugma")
    with many.store() as store:
        assert Tagging(many.instance, many.settings()).see_to(store, Budget(25))
        assert tag_of(many, run_id) == "acme"
        remove(store, "acme", erase=True)
    tick(many, definitions)
    assert many.instance.get_run_ids() == []


def test_a_run_that_says_whose_it_is_meanwhile_keeps_that(
    many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = never_started(many, many.definitions(), None, "Zeugma")
    records = many.instance.get_run_records

    def then_it_starts(*args: Any, **rest: Any) -> Any:
        found = records(*args, **rest)
        many.instance.add_run_tags(run_id, {TAG: "beta"})
        return found

    monkeypatch.setattr(many.instance, "get_run_records", then_it_starts)
    with many.store() as store:
        assert Tagging(many.instance, many.settings()).see_to(store, Budget(25))
    assert tag_of(many, run_id) == "beta"


def test_each_run_is_read_once_for_all_accounts(many: Many, monkeypatch: pytest.MonkeyPatch) -> None:
    definitions = many.definitions()
    mine = never_started(many, definitions, "acme", "Zeugma")
    for _ in range(3):
        never_started(many, definitions, "beta", "Hyperbaton")
    nobodys = never_started(many, definitions, "gamma", "Anacoluthon")
    read: list[str] = []
    records = many.instance.get_run_records

    def counted(filters: dg.RunsFilter, *args: Any, **rest: Any) -> Any:
        read.extend(filters.run_ids or ())
        return records(filters, *args, **rest)

    monkeypatch.setattr(many.instance, "get_run_records", counted)
    tagging = Tagging(many.instance, many.settings())
    with Session.open(many.settings().of("acme")) as session:
        for _ in range(2):
            with session.writing() as tx:
                TABLES.note(tx)
            erase_runs(many.instance, session, Budget(25), tagging=tagging)
    assert len(read) == 5 + 2 * 2
    assert {each for each in read if read.count(each) > 1} == {mine, nobodys}
    assert (tag_of(many, mine), tag_of(many, nobodys)) == ("acme", "?")


def test_syncs_that_wait_for_a_connection_that_is_off_or_gone_are_cancelled(many: Many) -> None:
    definitions = many.definitions()

    def status(run_id: str) -> dg.DagsterRunStatus:
        run = many.instance.get_run_by_id(run_id)
        assert run is not None
        return run.status

    off, gone = queued(many, definitions, "acme_sync"), queued(many, definitions, "beta_full_sync")
    others = queued(many, definitions, "acme_sync", **{TAG: "of_another_database"})
    erasure = queued(many, definitions, "lever_erasure", **{TAG: "acme"})
    with many.store() as store:
        assert cancel_syncs_of_departed(many.instance, store, many.settings()) == 0
        enable(store, "acme", enabled=False)
        remove(store, "beta", erase=False)
    assert asked_for(many.tick(definitions)) == {}
    assert {status(each) for each in (off, gone)} == {dg.DagsterRunStatus.CANCELED}
    assert {status(each) for each in (others, erasure)} == {dg.DagsterRunStatus.QUEUED}
    told = [
        [record.event_log_entry.message for record in many.instance.get_records_for_run(each).records]
        for each in (off, gone)
    ]
    assert any("switched off" in each for each in told[0])
    assert any("was removed" in each for each in told[1])


@pytest.mark.parametrize("erase", [True, False])
def test_a_run_that_starts_for_a_connection_that_is_gone_says_so_and_writes_nothing(
    many: Many, erase: bool
) -> None:
    definitions = many.definitions()
    with many.store() as store:
        remove(store, "acme", erase=erase)
        with store.reading("acme") as tx:
            mine = sync_state.select().where(sync_state.c.connection == "acme")
            before = tx.sql.execute(mine).all()
    ran = many.run(definitions, "acme_full_sync")
    (told,) = failures(ran)
    assert told.startswith("The connection 'acme' was removed")
    with many.store() as store, store.reading("acme") as tx:
        assert tx.sql.execute(mine).all() == before
    acted = many.run(definitions, "add_candidate_tag_job", config_of("acme", "x"))
    gone = "There is no connection 'acme'" if erase else "The connection 'acme' was removed, and its rows"
    assert any(gone in each for each in failures(acted))


def test_of_the_environments_account_without_a_key_nobody_says_that_it_was_removed(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    many = Many(tmp_path)
    definitions = many.definitions()
    many.connect("acme", sandbox)
    (told,) = failures(many.run(definitions, "lever_full_sync"))
    assert told.startswith("The connection 'lever' is not connected")

"""What commands did is seen in a Dagster that there is: windows, counts, checks; and told once."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from sqlalchemy import func, select, update

import lever_assets
from lever_assets.cli import output
from lever_assets.cli.telling_dagster import tell_dagster
from lever_assets.definitions import build
from lever_assets.lever import JsonObject
from lever_assets.lever.resources import RESOURCES
from lever_assets.orchestration.home import default_home
from lever_assets.orchestration.layout import Layout
from lever_assets.orchestration.partitions import sync_windows
from lever_assets.orchestration.purging import purge_runless
from lever_assets.orchestration.runless import tell, tell_of_all
from lever_assets.orchestration.untold import TOLD, UNTOLD, begin_of_window, note_refreshed
from lever_assets.policy.exclusion import Exclusion
from lever_assets.sandbox import Sandbox
from lever_assets.settings import Cadence, Settings
from lever_assets.store import Store, inbox
from lever_assets.store.transaction import now
from lever_assets.sync.session import Session, Written
from lever_assets.sync.windows import covering
from lever_assets.ui.home import configuration, dagster_home
from lever_assets.unified.catalogue import ALL_MODELS
from lever_assets.unified.marts import MARTS
from lever_assets_tests.cli.conftest import Command
from lever_assets_tests.cli.test_following import read_to_end
from lever_assets_tests.orchestration.running import open_applicant

pytestmark = pytest.mark.long

ROWS = "dagster/partition_row_count"
START = datetime.now(UTC).date() - timedelta(days=15)
"""Three windows."""


@pytest.fixture(autouse=True)
def few_windows(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dagster's own work grows with the windows."""
    monkeypatch.setenv("LEVER_SYNC_START", START.isoformat())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Dagster home of the project's own kind, which DAGSTER_HOME names."""
    folder = tmp_path / "home"
    make(folder)
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    return folder


def make(folder: Path) -> None:
    folder.mkdir()
    (folder / "dagster.yaml").write_text(configuration(folder))


@contextmanager
def opened(home: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def key(table: str) -> dg.AssetKey:
    return dg.AssetKey(["lever", table])


def every_window() -> list[str]:
    return list(sync_windows(Settings.load()).get_partition_keys())


def every_key() -> set[dg.AssetKey]:
    exclusion = Exclusion.of(Settings.load())
    models = {each.name for each in ALL_MODELS if exclusion.keeps(each.name)}
    raw = {each.table for each in RESOURCES if exclusion.needs(each.name)}
    marts = {each.table for each in MARTS}
    return {each for each in Layout().keys("lever") if each.path[-1] in models | raw | marts}


def made(instance: dg.DagsterInstance, table: str) -> list[dg.AssetMaterialization]:
    """Return the materializations of an asset, the last one first."""
    records = instance.fetch_materializations(key(table), limit=1000).records
    return [each.asset_materialization for each in records if each.asset_materialization is not None]


def observed(instance: dg.DagsterInstance, table: str) -> list[dict[str, Any]]:
    records = instance.fetch_observations(key(table), limit=100).records
    return [told(each.asset_observation) for each in records]


def told(event: Any) -> dict[str, Any]:
    return {name: value.value for name, value in event.metadata.items()}


def events(home: Path) -> int:
    """Return how many events Dagster has in all."""
    with opened(home) as instance:
        return len(instance.event_log_storage.get_logs_for_run(""))


def waiting() -> dict[str, Any]:
    settings = Settings.load()
    with closing(Store.open(settings.tables_url)) as store, store.reading("lever") as tx:
        return dict(UNTOLD.every(tx))


def imports_dagster(*arguments: str) -> bool:
    """Run a command in a process of its own, and tell whether it imported Dagster."""
    program = f"""
import sys
from lever_assets.cli import main
try:
    main({list(arguments)})
except SystemExit as ended:
    assert not ended.code, ended.code
    print("with" if "dagster" in sys.modules else "without", "Dagster")
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.rstrip().endswith("with Dagster")


def test_a_full_sync_marks_every_window_of_every_asset_and_tells_its_counts_and_checks(
    command: Command, home: Path
) -> None:
    done = command("sync")
    assert done.code == 0
    assert "warning" not in done.err
    windows = every_window()
    assert len(windows) == 3
    with opened(home) as instance:
        graph = build(Settings.load()).resolve_asset_graph()
        assert graph.get_all_asset_keys() == every_key()
        for each in every_key():
            assert instance.get_materialized_partitions(each) == set(windows), each
        last = made(instance, "candidates")[0]
        assert last.partition == windows[-1]
        assert told(last)["inserted"] == told(last)["dagster/row_count"] == 25
        assert told(last)["command"] == "sync"
        assert "preview" in told(last)
        raw = told(made(instance, "raw_opportunities")[0])
        assert raw["seen"] == 25
        assert raw["covers"] == "everything"
        checks = graph.asset_check_keys
        found = instance.event_log_storage.get_latest_asset_check_execution_by_key(list(checks))
        assert {each for each, record in found.items() if record.event is not None} == set(checks)
        targets = {record.evaluation.target_materialization_data for record in found.values()}  # type: ignore[union-attr] # each was evaluated
        assert None not in targets
    assert waiting() == {}


def test_each_window_that_a_command_marks_says_how_many_rows_it_has(
    command: Command, home: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, last = every_window()
    monkeypatch.setenv("LEVER_REPORT_TO_DAGSTER", "false")
    command("sync", "--from", second)
    command("sync")
    sandbox.touch(share=0.1, seed=1)
    command("sync", "--delta")  # what waits of some assets is what this one did
    monkeypatch.delenv("LEVER_REPORT_TO_DAGSTER")
    with opened(home) as instance, Session.open(Settings.load()) as session:
        assert tell(instance, session, home, seconds=60)
        for table in ("candidates", "applications", "raw_opportunities", "raw_interviews"):
            counts = {each.partition: told(each)[ROWS] for each in made(instance, table)}
            assert counts == {window: in_window(table, window) for window in (first, second, last)}, table
            assert sum(counts.values()) == told(made(instance, table)[0])["dagster/row_count"]
        assert not any(ROWS in told(each) for each in made(instance, "users"))  # its rows are of no window
        assert counts[first] > 0

    sandbox.touch(share=0.1, seed=2)
    command("sync", "--delta")
    with opened(home) as instance:
        assert ROWS not in told(made(instance, "candidates")[0])  # a pass over all records
        command("sync", "--full")
        assert told(made(instance, "candidates")[0])[ROWS] == in_window("candidates", last)


def in_window(table: str, window: str) -> int:
    """Return how many rows an asset of somebody's own would get in a window."""
    settings = Settings.load()
    every = sync_windows(settings)
    covered, first = every.time_window_for_partition_key(window), every.get_first_partition_window()
    assert first is not None
    bounds = covering(covered.start, covered.end, first=first.start, now=now())
    return len(lever_assets.frame(table, settings=settings, window=bounds))


def test_the_definitions_take_what_was_told_as_the_state_of_their_code(command: Command, home: Path) -> None:
    command("sync")
    with opened(home) as instance:
        tags = made(instance, "offers")[0].tags or {}
    specs = {each.key: each for each in build(Settings.load()).resolve_all_asset_specs()}
    code = specs[key("offers")].code_version
    assert tags["dagster/code_version"] == code
    assert "dagster/input_event_pointer/lever/raw_offers" in tags


def test_an_idle_delta_leaves_nothing_and_does_not_import_dagster(
    command: Command, home: Path, sandbox: Sandbox
) -> None:
    command("sync")
    before = events(home)
    assert imports_dagster("sync", "--delta") is False
    assert events(home) == before

    sandbox.touch(share=0.1, seed=1)
    command("sync", "--delta")
    with opened(home) as instance:
        last = made(instance, "candidates")[0]
        assert last.partition == every_window()[-1]
        assert told(last)["updated"] == 2
        assert "preview" not in told(last)
        assert len(made(instance, "users")) == 3  # it did not change
    assert events(home) - before < 12


def test_what_is_excluded_before_it_was_told_is_no_reason_to_tell_for_ever(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEVER_REPORT_TO_DAGSTER", "false")
    command("sync")
    monkeypatch.delenv("LEVER_REPORT_TO_DAGSTER")
    monkeypatch.setenv("LEVER_EXCLUDE", "offers")
    command("sync", "--delta")
    marts = {"mart_offer_acceptance", "mart_source_effectiveness"}  # which are made of offers, too
    assert set(waiting()) <= {"offers", "raw_offers"} | marts
    assert imports_dagster("sync", "--delta") is False


def test_eeo_answers_that_are_switched_off_before_they_were_told_do_not_keep_the_rest_untold(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEVER_REPORT_TO_DAGSTER", "false")
    monkeypatch.setenv("LEVER_EEO", "true")
    command("sync", "--full")
    assert "mart_eeo" in waiting()
    monkeypatch.delenv("LEVER_REPORT_TO_DAGSTER")
    monkeypatch.setenv("LEVER_EEO", "false")
    assert "warning: Dagster" not in command("sync", "--delta").err
    assert set(waiting()) <= {"mart_eeo"}
    assert imports_dagster("sync", "--delta") is False


def test_checks_for_which_there_is_no_time_are_made_by_the_next_tellings(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("sync")
    monkeypatch.setenv("LEVER_REPORT_TO_DAGSTER", "false")
    command("replay", "jobs", "tags", "users")
    assert set(waiting()) == {"jobs", "tags", "users"}
    with opened(home) as instance, Session.open(Settings.load()) as session:
        assert tell(instance, session, home, seconds=0) is False
        assert len(waiting()) == 2
        assert tell(instance, session, home, seconds=0) is False
        assert tell(instance, session, home, seconds=0) is True
    assert waiting() == {}


def test_a_replay_tells_of_the_models_that_it_mapped(command: Command, home: Path) -> None:
    command("sync")
    before = events(home)
    command("replay", "offers")
    with opened(home) as instance:
        assert told(made(instance, "offers")[0])["command"] == "replay"
        assert told(made(instance, "jobs")[0])["command"] == "sync"
    assert 0 < events(home) - before < 6


def test_a_range_marks_its_windows_alone_and_the_next_one_the_others(command: Command, home: Path) -> None:
    first, second, last = every_window()
    until = (datetime.fromisoformat(second) - timedelta(days=1)).date().isoformat()
    command("sync", "--from", first, "--to", until)
    with opened(home) as instance:
        assert instance.get_materialized_partitions(key("candidates")) == {first}
        assert instance.get_materialized_partitions(key("raw_interviews")) == {first}
    command("sync", "--from", second)
    with opened(home) as instance:
        assert instance.get_materialized_partitions(key("candidates")) == {first, second, last}
        assert made(instance, "candidates")[0].partition == last


def test_an_action_leaves_an_observation_on_the_assets_that_it_touched_without_its_words(
    command: Command, home: Path, sandbox: Sandbox, tmp_path: Path
) -> None:
    command("sync")
    opportunity = sandbox.ids("opportunities")[0]
    given = tmp_path / "tag.json"
    given.write_text(json.dumps({"candidate_id": f"remote:{opportunity}", "tag": {"name": "Sesquipedalian"}}))
    done = command("action", "add_candidate_tag", "--input", str(given))
    assert done.code == 0, done.err
    assert done.json["status"] == "success"
    with opened(home) as instance:
        assert observed(instance, "candidates") == [{"by": "add_candidate_tag", "updated": 1}]
        assert observed(instance, "candidate_tags") == [{"by": "add_candidate_tag", "inserted": 1}]
        assert observed(instance, "raw_opportunities") == [{"by": "add_candidate_tag", "updated": 1}]
        assert observed(instance, "jobs") == []
        logs = instance.event_log_storage.get_logs_for_run("")
    assert "Sesquipedalian" not in str(logs)
    before = events(home)
    command("action", "add_candidate_tag", "--input", str(given), "--dry-run")
    assert events(home) == before


def test_drained_events_are_told_with_what_they_changed(
    command: Command, home: Path, sandbox: Sandbox
) -> None:
    command("sync")
    sandbox.touch(share=0.1, seed=1)
    settings = Settings.load()
    with closing(Store.open(settings.tables_url)) as store, store.writing("lever") as tx:
        for number, each in enumerate(sandbox.ids("opportunities")):
            about: JsonObject = {"opportunityId": each}
            name = f"event-{number}"
            inbox.receive(tx, inbox.InboxEvent(name, "candidateStageChange", name, tx.instant, about))
    done = command("webhooks", "drain", "--json")
    assert done.json["read"] == 25
    with opened(home) as instance:
        last = made(instance, "candidates")[0]
    assert last.partition == every_window()[-1]
    assert told(last) == {"command": "webhooks drain", "updated": 2}


def test_marts_that_a_drained_event_changed_are_told_as_those_of_a_delta(
    command: Command, home: Path, sandbox: Sandbox
) -> None:
    command("sync")
    opportunity = open_applicant(sandbox)
    sandbox.move(opportunity)
    settings = Settings.load()
    with closing(Store.open(settings.tables_url)) as store, store.writing("lever") as tx:
        about: JsonObject = {"opportunityId": opportunity}
        inbox.receive(tx, inbox.InboxEvent("one", "candidateStageChange", "one", tx.instant, about))
    command("webhooks", "drain")
    with opened(home) as instance:
        last, first = made(instance, "mart_funnel")[0], made(instance, "mart_funnel")[-1]
        assert last.partition == every_window()[-1]
        assert told(last)["command"] == "webhooks drain"
        assert told(last)["written"] >= 1
        assert told(last)["dagster/row_count"] > 1
        assert "plot" not in told(last)
        assert "plot" not in told(first)  # of a window in which nothing is told but its own
        assert {told(each)["command"] for each in made(instance, "mart_offer_acceptance")} == {"sync"}
    assert waiting() == {}


def test_a_drain_is_no_failure_where_another_program_keeps_the_database_from_noting_it(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("sync")
    file = Settings.load().tables_url.removeprefix("sqlite:///")
    monkeypatch.setenv("LEVER_DATABASE_URL", f"sqlite:///{file}?timeout=0.1")
    before = waiting()
    with Session.open(Settings.load()) as session, closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        note_refreshed(session, "webhooks drain", Written())
        note_refreshed(session, "webhooks drain", Written({("candidates", "updated"): 1}))
        other.rollback()
    assert waiting() == before


@pytest.mark.sampled(2)
@pytest.mark.parametrize("broken", ["no folder", "damaged", "not writable", "another version", "elsewhere"])
def test_a_dagster_that_can_t_be_told_is_one_warning_and_told_by_the_next_sync(
    command: Command, home: Path, broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside, file = tmp_path / "aside", home / "dagster.yaml"
    right = file.read_text()
    match broken:
        case "no folder":
            home.rename(aside)
        case "damaged":
            file.write_text("storage: [")
        case "not writable":
            (home / "history").write_text("a file in the place of a folder")
        case "another version":
            with opened(home) as instance, instance.event_log_storage.index_connection() as conn:  # type: ignore[attr-defined] # it is in SQL
                conn.exec_driver_sql("UPDATE alembic_version SET version_num = 'of tomorrow'")
                conn.exec_driver_sql("DROP TABLE event_logs")
        case _:
            file.write_text("storage: {sqlite: {base_dir: some/where}}")
    done = command("sync")
    assert done.code == 0
    assert "candidates" in done.out
    (warning,) = [line for line in done.err.splitlines() if "Dagster" in line]
    assert warning.startswith("warning: Dagster was not told what was done (")
    assert not Path("some").exists()

    match broken:
        case "no folder":
            aside.rename(home)
        case "not writable":
            (home / "history").unlink()
        case "another version":
            (home / "history" / "runs" / "index.db").unlink()
        case _:
            file.write_text(right)
    again = command("sync", "--delta")
    assert "warning" not in again.err
    with opened(home) as instance:
        assert instance.get_materialized_partitions(key("offers")) == set(every_window())
        assert told(made(instance, "candidates")[0])["inserted"] == 25


@pytest.mark.long
def test_a_database_of_dagster_s_that_is_away_is_not_waited_for(command: Command, home: Path) -> None:
    url = "postgresql://dagster:lost-word@127.0.0.1:9/dagster"
    (home / "dagster.yaml").write_text(f"storage: {{postgres: {{postgres_url: '{url}'}}}}")
    done = command("sync")
    assert done.code == 0
    assert "Dagster was not told" in done.err
    assert "lost-word" not in done.err


def test_a_home_like_the_checkout_s_is_told_once_dagster_was_started_there(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "checkout"
    place.mkdir()
    (place / "dagster.yaml").write_text(
        "local_artifact_storage:\n  module: dagster._core.storage.root\n  class: LocalArtifactStorage\n"
        "  config: {base_dir: kept}\n"
    )
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.chdir(place)
    assert imports_dagster("sync") is False
    assert len(waiting()) == len(every_key())
    (place / "kept").mkdir()
    assert "Dagster" not in command("sync", "--delta").err
    assert waiting() == {}


def test_without_a_dagster_nothing_is_needed_and_a_later_one_begins_with_all_that_was_done(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    assert "Dagster" not in command("sync").err
    assert "Dagster" not in command("sync", "--delta").err
    settings = Settings.load()
    assert not default_home(settings).exists()
    assert len(waiting()) == len(every_key())
    home = dagster_home(settings)
    with opened(home) as instance:
        assert list(tell_of_all(instance, settings, home)) == []
        assert instance.get_materialized_partitions(key("candidates")) == set(every_window())
        assert told(made(instance, "candidates")[0])["inserted"] == 25
    before = events(home)
    command("sync", "--delta")
    assert events(home) == before


def test_dagster_is_left_alone_where_that_is_wanted(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEVER_REPORT_TO_DAGSTER", "false")
    command("sync")
    assert not (home / "history").exists()
    monkeypatch.delenv("LEVER_REPORT_TO_DAGSTER")
    command("sync", "--delta")
    with opened(home) as instance:
        assert instance.get_materialized_partitions(key("jobs")) == set(every_window())


def test_what_a_run_of_dagster_s_told_is_not_told_again(command: Command, home: Path) -> None:
    with opened(home) as instance:
        job = build(Settings.load()).resolve_job_def("lever_full_sync")
        assert job.execute_in_process(instance=instance).success
        before = {each: len(made(instance, each)) for each in ("candidates", "raw_opportunities", "offers")}
    command("sync", "--delta")
    with opened(home) as instance:
        assert {each: len(made(instance, each)) for each in before} == before


def test_a_window_that_was_read_by_a_sync_that_died_before_it_said_so_is_told_by_the_next(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = """
import os
from lever_assets.orchestration.untold import Noting
Noting.__call__ = lambda self, report: None
Noting._end = lambda self: os.kill(os.getpid(), 9)
from lever_assets.cli import main
main(["sync"])
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert ended.returncode == -9
    assert waiting() == {}
    assert command("sync", "--delta").code == 0
    with opened(home) as instance:
        assert instance.get_materialized_partitions(key("offers")) == set(every_window())


@pytest.mark.long
def test_one_that_is_killed_while_it_tells_leaves_no_window_untold(command: Command, home: Path) -> None:
    program = """
import os
from lever_assets.orchestration import runless
store, calls = runless.store_runless, []
def dying(*given, **more):
    calls.append(given)
    if len(calls) == 9:
        os.kill(os.getpid(), 9)
    return store(*given, **more)
runless.store_runless = dying
from lever_assets.cli import main
main(["sync"])
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert ended.returncode == -9
    command("sync", "--delta")
    windows = every_window()
    with opened(home) as instance:
        for table in ("raw_users", "raw_opportunities", "candidates", "offers"):
            partitions = [each.partition for each in made(instance, table)]
            assert sorted(map(str, partitions)) == windows, table
    assert waiting() == {}


@pytest.mark.long
def test_two_at_once_tell_each_window_once(command: Command, home: Path) -> None:
    command("sync")
    with opened(home) as instance:
        instance.wipe_assets([key("offers"), key("jobs")])
    with closing(Store.open(Settings.load().tables_url)) as store, store.writing("lever") as tx:
        TOLD.forget_every(tx)
    line = [sys.executable, "-m", "lever_assets", "replay"]
    both = [subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(2)]
    for each in both:
        each.communicate()
    command("sync", "--delta")
    with opened(home) as instance:
        for table in ("offers", "jobs"):
            *others, last = every_window()
            partitions = sorted(str(each.partition) for each in made(instance, table))
            assert [each for each in partitions if each != last] == others
    assert waiting() == {}


def test_the_events_of_commands_grow_old_and_go_but_the_last_of_each_window(
    command: Command, home: Path
) -> None:
    command("sync")
    command("replay", "offers")
    command("replay", "offers")
    with opened(home) as instance:
        assert len(made(instance, "offers")) == 5
        assert [told(each)["command"] for each in made(instance, "offers")] == ["replay"] * 2 + ["sync"] * 3
        assert purge_runless(instance, every_key(), 30) == 0
        assert purge_runless(instance, every_key(), -1) > 0
        assert sorted(str(each.partition) for each in made(instance, "offers")) == every_window()
        assert told(made(instance, "offers")[0])["command"] == "replay"
        assert purge_runless(instance, every_key(), -1) == 0


def test_what_somebody_else_reported_of_our_assets_stays_however_old(command: Command, home: Path) -> None:
    command("sync")
    with opened(home) as instance:
        named = {"command": "their own", "by": "them"}
        window = every_window()[0]
        for number in range(2):  # so that the first is not the last one of anything
            said: dict[str, Any] = {**named, "number": number}
            for event in (
                dg.AssetMaterialization(key("offers"), partition=window, metadata=said),
                dg.AssetObservation(key("offers"), metadata=said),
                dg.AssetCheckEvaluation(
                    asset_key=key("offers"), check_name="theirs", passed=True, metadata=said
                ),
            ):
                instance.report_runless_asset_event(event)
        command("replay", "offers")
        before = events(home)
        gone = purge_runless(instance, every_key(), -1)
        assert 0 < gone == before - events(home)
        theirs = [each for each in made(instance, "offers") if "number" in each.metadata]
        assert len(theirs) == 2
        assert [each["number"] for each in observed(instance, "offers")] == [1, 0]
        logs = instance.event_log_storage.get_logs_for_run(
            "", of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
        )
        assert sum("theirs" in str(each.dagster_event) for each in logs) == 2


@pytest.mark.parametrize("damage", [('"TextMetadataEntryData"', '"OfANewerDagster"'), ("{", "")])
def test_events_of_others_that_can_t_be_read_stay_and_keep_none_of_ours(
    command: Command, home: Path, damage: tuple[str, str]
) -> None:
    command("sync")
    with opened(home) as instance:
        theirs = dg.AssetObservation(key("offers"), metadata={"command": "their own"})
        instance.report_runless_asset_event(theirs)
        table, storage = SqlEventLogStorageTable, instance.event_log_storage
        assert isinstance(storage, SqlEventLogStorage)
        is_theirs = table.c.event.like("%their own%")
        damaged = func.replace(table.c.event, *damage)
        with storage.index_transaction() as conn:
            conn.execute(update(table).where(is_theirs).values(event=damaged))
        command("replay", "offers")
        assert purge_runless(instance, every_key(), -1) > 0
        with storage.index_transaction() as conn:
            assert conn.execute(select(func.count()).where(is_theirs)).scalar_one() == 1


@pytest.mark.parametrize("length", list(Cadence))
@pytest.mark.parametrize("start", ["2026-01-01", "2026-01-31", "2025-11-10"])
def test_the_open_window_begins_where_dagster_s_does(length: Cadence, start: str) -> None:
    settings = Settings(sync_window=length, sync_start=datetime.fromisoformat(start).date())
    partitions = sync_windows(settings)
    last = partitions.get_last_partition_key()
    assert last is not None
    window = partitions.time_window_for_partition_key(last)
    assert begin_of_window(settings, now()) == window.start


def test_a_terminal_is_told_what_the_prompt_is_held_for(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("sync")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(output, "_A_MOMENT", 0.0)
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        tell_dagster(Settings.load())
    assert "telling Dagster …" in read_to_end(ours)

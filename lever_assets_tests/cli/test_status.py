"""`status`: which settings are in force, what they leave out, and what a monitor should call somebody for."""

import os
import re
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from lever_assets.notices.delivering import MOST_ATTEMPTS
from lever_assets.sandbox import Sandbox
from lever_assets.settings import Settings
from lever_assets.store import Store, due
from lever_assets.store.mapping_errors import MappingError, record
from lever_assets.store.sizes import DAGSTER, DATABASE, note_size
from lever_assets.store.tables import notice_outbox, sync_state
from lever_assets.store.transaction import NOBODY, now
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.cli.conftest import Command
from lever_assets_tests.hasty import retry_hastily
from lever_assets_tests.notices.hooks import listening


@pytest.fixture
def store(tmp_path: Path) -> Any:
    opened = Store.open(f"sqlite:///{tmp_path / 'data' / 'lever.db'}")
    yield opened
    opened.close()


def in_force(told: Any) -> dict[str, str]:
    return {each["name"]: each["value"] for each in told["settings"]}


def test_the_settings_in_force_are_shown_without_what_is_secret(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_default = in_force(command("status", "--json").json)
    assert by_default == {
        "LEVER_API_KEY": "set",
        "LEVER_BASE_URL": sandbox.url,
        "LEVER_RATE_LIMIT": "0.0",
        "LEVER_SYNC_WINDOW": "weekly",
        "LEVER_SYNC_START": "2026-01-01",
        "LEVER_CANDIDATE_CUTOFF": "none",
        "LEVER_ONLY_CREATED": "false",
        "LEVER_EXCLUDE": "none",
        "LEVER_INSIGHT": "true",
        "LEVER_OFFERS": "likely",
        "LEVER_RETENTION_DAYS": "14",
        "LEVER_CHANGE_HISTORY": "true",
        "LEVER_REMOTE_DATA": "true",
        "LEVER_NOTICE_URLS": "none",
    }
    for name, value in {
        "LEVER_CANDIDATE_CUTOFF": "2026-02-01",
        "LEVER_EXCLUDE": "offers,users.email",
        "LEVER_NOTICE_URLS": "https://me:topsecret@one.example/topsecret?k=topsecret http://two.example:81/",
        "LEVER_NOTICE_SECRET": "topsecret",
        "LEVER_UI_URL": "https://me:topsecret@ui.example/topsecret",
        "LEVER_RETENTION_DAYS": "OFF",
        "LEVER_BASE_URL": "http://me:topsecret@127.0.0.1:8420/v1?k=topsecret",
    }.items():
        monkeypatch.setenv(name, value)
    told = command("status", "--json")
    shown = in_force(told.json)
    assert shown["LEVER_CANDIDATE_CUTOFF"] == "since 2026-02-01"
    assert shown["LEVER_EXCLUDE"] == "offers, users.email"
    assert shown["LEVER_NOTICE_URLS"] == "one.example, two.example:81"
    assert (shown["LEVER_NOTICE_SECRET"], shown["LEVER_RETENTION_DAYS"]) == ("set", "off")
    assert shown["LEVER_UI_URL"] == "https://ui.example"
    assert shown["LEVER_BASE_URL"] == "http://127.0.0.1:8420/v1"
    people = command("status")
    assert "LEVER_EXCLUDE" in people.out
    assert "since 2026-02-01" in people.out
    assert "topsecret" not in told.out + told.err + people.out + people.err
    assert sandbox.key not in told.out + people.out


def test_what_hardly_means_what_it_says_is_warned_of(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "fields.json").write_text('{"jobs": {"cost_centre": "cost_centre"}}')
    monkeypatch.setenv("LEVER_CUSTOM_FIELDS", "fields.json")
    monkeypatch.setenv("LEVER_SYNC_START", f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%d}")
    synced, told = command("sync"), command("status")
    for each in (synced, told):
        assert "warning: LEVER_SYNC_START lies in the future" in each.err
        assert "warning: no record of jobs has the field 'cost_centre' (for 'cost_centre')" in each.err
    assert (
        "in the future: 2026-01-01 until then"
        in in_force(command("status", "--json").json)["LEVER_SYNC_START"]
    )


@pytest.mark.long
def test_what_is_left_out_stands_beside_what_is_gone(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("sync")
    sandbox.delete("opportunities", sandbox.ids("opportunities")[0])
    monkeypatch.setenv("LEVER_ONLY_CREATED", "true")
    told = command("sync")
    assert "left out" in told.out
    people = next(
        each for each in command("status", "--json").json["models"] if each["model"] == "candidates"
    )
    assert (people["live"], people["deleted"], people["left_out"]) == (0, 1, 24)
    assert "left out" in command("status").out


def test_a_check_of_an_account_that_is_well_says_nothing(command: Command) -> None:
    command("sync")
    told = command("status", "--check")
    assert (told.code, told.out, told.err) == (0, "", "")
    assert command("status", "--check", "--json").json["problems"] == []
    assert command("status", "--check", "--max-age", "90m").code == 0


def test_a_check_does_not_ask_dagsters_database(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("sync")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://me@127.0.0.1:{silent.getsockname()[1]}/none?connect_timeout=2"
        (tmp_path / "dagster.yaml").write_text(f"storage: {{postgres: {{postgres_url: '{url}'}}}}")
        monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
        assert command("status", "--check").code == 0
        silent.settimeout(0)
        with pytest.raises(BlockingIOError):
            silent.accept()
        assert command("status").code == 0
        silent.accept()[0].close()


def problems(command: Command, *arguments: str) -> list[str]:
    """Return what a check says; the same stands in its JSON, and only a check has another exit code."""
    told = command("status", "--check", *arguments)
    lines = told.out.splitlines()
    assert told.code == bool(lines)
    both = command("status", "--check", "--json", *arguments)
    assert both.code == told.code
    assert both.json["problems"] == lines
    assert command("status", *arguments).code == 0
    return lines


def test_a_check_before_the_first_sync_fails(command: Command) -> None:
    assert problems(command) == ["the account was not read whole yet: run `lever-assets sync`"]


@pytest.mark.long
def test_a_check_of_an_account_that_was_read_in_part_fails(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    retry_hastily(monkeypatch)
    sandbox.set_faults("500=1.0,endpoint=GET /opportunities/:id/interviews")
    assert command("sync").code == 1
    assert "the account was not read whole yet: run `lever-assets sync`" in problems(command)
    sandbox.set_faults()
    command("sync")
    assert problems(command) == []


def test_a_check_of_an_account_of_which_history_is_left_fails_and_no_end_is_told_while_nobody_reads(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEVER_RATE_LIMIT", "10")
    with Session.open(Settings.load(), history_seconds=0.0) as session:  # as a run of Dagster's begins
        sync(session, Scope())
    [problem] = problems(command)
    assert problem.startswith("the account was not read whole yet (still to be read: ")
    assert problem.endswith(
        "interviews, offers): a running Dagster sees to it by itself; without one, run `lever-assets sync`"
    )
    told, as_json = command("status"), command("status", "--json").json
    assert (
        "Of the history the interviews of 25 opportunities are still to be read, which takes about "
        in told.out
    )
    assert "until about" not in told.out
    assert as_json["under_way"] is None
    assert [each["resource"] for each in as_json["history_left"]] == as_json["history_of"]
    assert all(each["seconds"] > 0 and each["until"] for each in as_json["history_left"])
    command("sync")
    assert problems(command) == []
    assert "history" not in command("status").out


def test_a_sync_that_is_under_way_is_told_with_its_process_and_nobody_is_told_to_run_one(
    command: Command, sandbox: Sandbox
) -> None:
    sandbox.set_faults("slow=2,path=/opportunities/*/interviews")
    with subprocess.Popen(
        [sys.executable, "-m", "lever_assets", "sync"],
        env=os.environ | {"LEVER_CONCURRENCY": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as syncing:
        try:
            deadline = time.monotonic() + 60
            while not sandbox.requests().of("/opportunities/:id/interviews") and time.monotonic() < deadline:
                time.sleep(0.05)
            told, check = command("status"), command("status", "--check")
            holder = command("status", "--json").json["under_way"]
        finally:
            syncing.kill()
    by = f"a sync is under way (process {syncing.pid} on {socket.gethostname()}, since {holder['since']})"
    assert (holder["pid"], holder["host"]) == (str(syncing.pid), socket.gethostname())
    assert f"A{by[1:]}.\n" in told.out
    assert "not finished" not in told.err
    assert check.code == 1
    assert re.fullmatch(rf"the account was not read whole yet.*: {re.escape(by)}\n", check.out)
    assert "lever-assets sync" not in told.out + told.err + check.out + check.err

    assert command("status", "--json").json["under_way"] is None  # it was killed
    assert "a sync was not finished" in command("status").err
    assert "run `lever-assets sync`" in command("status", "--check").out


def test_a_check_of_what_was_read_and_never_mapped_fails(command: Command, store: Store) -> None:
    command("sync")
    with store.writing("lever") as tx:
        c, hour_ago = sync_state.c, (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        tx.sql.execute(update(sync_state).where(c.key == "to_derive:interviews").values(value=10**9))
        for key in tx.sql.execute(select(c.key).where(c.key.like("resource:%"))).scalars().all():
            tx.sql.execute(update(sync_state).where(c.key == key).values(value={"read_at": hour_ago}))
    assert problems(command) == ["what a sync read is not in the tables yet: run `lever-assets sync`"]


def test_a_check_names_a_list_of_which_deletions_are_held_back(command: Command, sandbox: Sandbox) -> None:
    command("sync")
    sandbox.set_faults("empty-list,path=/tags")
    told = command("sync")
    assert "the list is read whole again by a later sync" in told.err
    [problem] = problems(command)
    assert problem.startswith("Lever's list lacked ")
    assert "of tags, kept so far" in problem
    assert "failed" not in command("status").err
    sandbox.set_faults()
    command("sync")
    assert problems(command) == []


@pytest.mark.long
def test_a_wrong_address_counts_as_no_reading_and_the_sentence_names_its_version(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("sync")
    before = command("status", "--json").json
    monkeypatch.setenv("LEVER_BASE_URL", sandbox.url.removesuffix("/v1"))
    told = command("sync")
    assert told.code == 1
    assert "check LEVER_BASE_URL: it is the address of Lever's Data API, version and all (…/v1)" in told.err
    assert "What was read" not in told.err
    after = command("status", "--json").json
    lists = [each["resource"] for each in after["resources"] if each["denied"]]
    assert {"users", "opportunities"} <= set(lists)
    read_at = [
        {each["resource"]: each["read_at"] for each in found["resources"] if each["resource"] in lists}
        for found in (before, after)
    ]
    assert read_at[0] == read_at[1]


@pytest.mark.long
def test_a_check_of_a_key_that_was_revoked_says_so(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command("sync")
    monkeypatch.setenv("LEVER_API_KEY", "revoked")
    assert command("sync").code == 1
    connection, reads = problems(command)
    for problem in (connection, reads):
        assert "Lever does not accept the API key" in problem
    assert connection.startswith("since ")


@pytest.mark.long
def test_a_check_of_what_is_older_than_it_should_be_fails(command: Command, store: Store) -> None:
    command("sync")
    two_days_ago = datetime.now(UTC) - timedelta(days=2)
    with store.writing("lever") as tx:
        c = sync_state.c
        tx.sql.execute(
            update(sync_state).where(c.key == "caught_up:postings").values(value=two_days_ago.isoformat())
        )
    [told] = problems(command)
    assert told.startswith(f"the tables are as of {two_days_ago:%Y-%m-%d %H:%M} UTC, longer ago than ")
    assert problems(command, "--max-age", "3d") == []
    for wrong in ("3", "x", "3 weeks", "-1h"):
        assert command("status", "--check", "--max-age", wrong).code == 2
    command("sync")
    assert problems(command) == []


def test_a_check_of_what_could_not_be_read_or_mapped_fails(command: Command, store: Store) -> None:
    command("sync")
    moment = datetime.now(UTC)
    with store.writing("lever", at=moment) as tx:
        due.put_off(tx, "raw_offers", "opportunities", {"a": "HTTP 500"})
        record(tx, [MappingError("jobs", "postings", "b", "no text")])
    again = f"{moment + timedelta(minutes=2):%Y-%m-%d %H:%M} UTC"
    assert problems(command) == [
        f"1 read failed and is tried again, next at {again} (of offers: HTTP 500); "
        "the table mapping_errors says why",
        "1 record could not be mapped, or not as a whole; the table mapping_errors says why",
    ]
    assert "1 read failed" in command("status").err
    assert command("status", "--json").json["failed_reads"]["count"] == 1


def test_what_was_read_and_may_not_be_read_any_more_fails_a_check(command: Command, sandbox: Sandbox) -> None:
    command("sync")
    sandbox.set_faults("403=1.0,endpoint=GET /users")
    command("sync")
    [told] = problems(command)
    assert told.startswith("users was skipped: ")
    assert told.endswith("What is stored of it is not brought up to date any more.")


@pytest.mark.long
def test_a_notice_that_fails_is_told_with_its_host_why_and_when_it_is_sent_again(
    command: Command, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as hook:
        monkeypatch.setenv("LEVER_NOTICE_URLS", hook.url)
        hook.statuses += [503, 503]
        host = hook.url.removeprefix("http://").partition("/")[0]
        for told in (command("sync"), command("status")):
            assert (
                f"warning: the notice that data changed did not arrive at {host}: the answer was HTTP 503; "
                in (told.err)
            )
            assert "it is sent again at 20" in told.err
            assert "topsecret" not in told.err
        assert problems(command) == []

        with store.writing("lever") as tx:
            due_now = {"due_at": datetime.now(UTC), "attempts": MOST_ATTEMPTS - 1}
            tx.sql.execute(update(notice_outbox).values(**due_now))
        told = command("sync")
        assert f"it was given up after {MOST_ATTEMPTS} attempts" in told.err
        [problem] = problems(command)
        assert f": the notice that data changed did not arrive at {host}: the answer was HTTP " in problem
        [notice] = command("status", "--json").json["notices"]
        assert (notice["url"], notice["again_at"]) == (host, None)

        monkeypatch.setenv("LEVER_REMOTE_DATA", "false")
        assert "did not arrive" not in command("sync").err
        assert problems(command) == []


def test_how_large_the_database_and_dagsters_storage_are_is_told_and_how_they_grow(
    command: Command, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / "storage").mkdir(parents=True)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    command("sync")
    there = (tmp_path / "data" / "lever.db").stat().st_size
    told = command("status", "--json").json["storage"]
    assert told["database"]["bytes"] >= there > 100_000
    assert (told["database"]["a_day"], told["dagster"]) == (None, None)
    assert command("status").out.rstrip().endswith("MB.")

    with store.writing(NOBODY, now() - timedelta(days=2)) as tx:
        note_size(tx, DATABASE, 0)
        note_size(tx, DAGSTER, 3_000_000)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    (home / "storage" / "index.db").write_bytes(bytes(2_000_000))
    found = command("status", "--json").json["storage"]
    assert found["database"]["days"] == 2
    assert abs(found["database"]["a_day"] - found["database"]["bytes"] / 2) < 1000
    assert (found["dagster"]["bytes"], found["dagster"]["days"]) == (2_000_000, 2)
    assert abs(found["dagster"]["a_day"] + 500_000) < 1000  # a moment has passed, too
    said = command("status").out
    assert "The database takes" in said
    assert "Dagster's storage 2.0 MB (0.5 MB less each day, over 2 days)." in said


def test_a_sync_keeps_how_large_they_are_once_a_day(
    command: Command, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / "storage").mkdir(parents=True)
    (home / "storage" / "index.db").write_bytes(bytes(1000))
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.setenv("LEVER_REPORT_TO_DAGSTER", "false")  # no Dagster could open it
    command("sync")
    command("sync")
    with store.reading(NOBODY) as tx:
        database, dagster = DATABASE.read(tx), DAGSTER.read(tx)
    assert database is not None
    assert dagster is not None
    assert [len(database), len(dagster), dagster[0].bytes] == [1, 1, 1000]

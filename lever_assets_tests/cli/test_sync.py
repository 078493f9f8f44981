"""`sync`, `status`, `plan` and `replay`: what they do, say and return."""

import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, update

from lever_assets.insight import keeping
from lever_assets.lever import RetryPolicy
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store import Store
from lever_assets.store.tables import UNIFIED, notice_outbox
from lever_assets_tests.cli.conftest import Command
from lever_assets_tests.notices.hooks import listening


def test_the_first_sync_reads_the_whole_account_and_the_next_what_changed(
    command: Command, sandbox: Sandbox
) -> None:
    first = command("sync", "--json")
    assert first.code == 0
    assert first.json["covers"] == "everything"
    assert first.json["models"]["candidates"]["inserted"] == 25
    assert first.json["warnings"] == []

    sandbox.touch(share=0.1, seed=1)
    second = command("sync", "--json")
    assert second.json["covers"] == "what changed since the last sync"
    assert second.json["models"]["candidates"]["updated"] == 2
    assert second.json["requests"] < first.json["requests"]


def test_a_full_sync_and_a_delta_can_be_asked_for(command: Command) -> None:
    assert command("sync", "--delta", "--json").json["covers"] == "what changed since the last sync"
    again = command("sync", "--full", "--json").json
    assert again["covers"] == "everything"
    changes = [(each["inserted"], each["updated"], each["deleted"]) for each in again["models"].values()]
    assert set(changes) == {(0, 0, 0)}


def test_days_are_read_from_midnight_to_midnight(command: Command) -> None:
    told = command("sync", "--from", "2026-10-01", "--to", "2026-10-31", "--json").json
    assert told["covers"] == "2026-10-01 00:00 to 2026-11-01 00:00 UTC"
    assert 0 < told["models"]["candidates"]["rows"] < 25


def test_people_get_a_table_and_a_line(command: Command) -> None:
    told = command("sync")
    assert told.code == 0
    assert "candidates" in told.out
    assert told.out.rstrip().endswith("seconds.")
    assert told.err.startswith("Reading everything of the account 'lever'")
    assert command("sync").err.startswith("Reading what changed since the last sync")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("sync", "--full", "--delta"), "give one of"),
        (("sync", "--full", "--from", "2026-01-01"), "give one of"),
        (("sync", "--from", "2026-02-01", "--to", "2026-01-01"), "--from lies after --to"),
        (("sync", "--from", "yesterday"), "yesterday"),
        (("sync", "--nonsense"), "--nonsense"),
        (("nonsense",), "nonsense"),
        (("replay", "panels"), "no such model: panels"),
        (("sandbox", "serve", "--fault", "gremlins"), "unknown fault 'gremlins'"),
        (("sandbox", "serve", "--fault", "500=often"), "rate: Input should be a valid number"),
        (("demo", "--opportunities", "0"), "--opportunities"),
    ],
)
def test_bad_usage_is_refused(command: Command, arguments: tuple[str, ...], says: str) -> None:
    told = command(*arguments)
    assert told.code == 2
    line = one_line(told.err)
    assert line.startswith("error: ")
    assert line.endswith("--help`)")
    assert says in line
    assert "pydantic" not in line
    assert told.out == ""


def one_line(err: str) -> str:
    """Return the one line that an error is."""
    lines = err.splitlines()
    assert len(lines) == 1, err
    return lines[0]


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("LEVER_API_KEY", "", "No Lever account is connected: set LEVER_API_KEY"),
        ("LEVER_API_KEY", "wrong", "Lever does not accept the API key"),
        ("LEVER_BASE_URL", "http://127.0.0.1:9/v1", "127.0.0.1:9 can't be reached"),
        ("LEVER_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none", "can't be reached"),
        ("LEVER_DATABASE_URL", "sqlite:////dev/null/lever.db", "/dev/null"),
        ("LEVER_SYNC_WINDOW", "fortnightly", "LEVER_SYNC_WINDOW can't be used"),
    ],
)
def test_what_fails_says_so_in_one_line(
    command: Command, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    monkeypatch.setattr("lever_assets.lever.client.RetryPolicy", partial(RetryPolicy, attempts=1))
    monkeypatch.setenv(variable, value)
    told = command("sync")
    assert told.code == 1
    assert told.out == ""
    line = one_line(told.err)
    assert line.startswith("error: ")
    assert says in line


def test_a_database_that_may_not_be_written_is_left_as_it_was(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command("sync")
    database = tmp_path / "data" / "lever.db"
    before = database.read_bytes()
    monkeypatch.setenv("LEVER_DATABASE_URL", f"sqlite:///file:{database}?mode=ro&uri=true")
    told = command("sync", "--full")
    assert told.code == 1
    assert "can't be written" in one_line(told.err)
    assert database.read_bytes() == before


def test_a_sandbox_that_cannot_start_says_why_in_one_line(command: Command, sandbox: Sandbox) -> None:
    taken = sandbox.url.split(":")[2].split("/")[0]
    for arguments, says in (
        (("--port", taken), f"127.0.0.1:{taken} can't be used"),
        (("--db", "/dev/null/account.db"), "/dev/null/account.db can't be used"),
        (("--data", "nowhere"), "nowhere is not a folder"),
    ):
        told = command("sandbox", "serve", "--opportunities", "1", *arguments)
        assert (told.code, told.out) == (1, "")
        assert says in one_line(told.err)


def test_an_unexpected_error_names_its_kind_and_debug_shows_it(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by accident")

    monkeypatch.setattr("lever_assets.cli.syncing.run_sync", broken)
    told = command("sync")
    assert told.code == 1
    assert "something unexpected happened (ZeroDivisionError) in cli/syncing.py, line" in one_line(told.err)
    assert "by accident" not in told.err
    from lever_assets.cli import main

    with pytest.raises(ZeroDivisionError):
        main(["--debug", "sync"])


def test_a_missing_permission_is_a_warning(
    command: Command, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    denied = frozenset({"offers"})
    with running_sandbox(SandboxConfig(opportunities=25, rate=0, denied=denied)) as other:
        monkeypatch.setenv("LEVER_BASE_URL", other.url)
        told = command("sync", "--json")
        assert told.code == 0
        assert "warning: offers was skipped" in told.err
        assert "offers:read:admin" in told.json["warnings"][0]
        assert "warning: offers was skipped" in command("status").err
    assert sandbox.requests().total == 0


def test_the_plan_is_what_a_full_sync_then_takes(command: Command, sandbox: Sandbox) -> None:
    told = command("plan", "--json").json
    assert told["opportunities"] == 25
    sandbox.reset_requests()
    assert command("sync", "--full", "--json").json["requests"] == told["total"]
    assert sandbox.requests().total == told["total"]
    assert f"{told['total']:,} requests" in command("plan").out


def test_status_before_and_after(command: Command) -> None:
    before = command("status")
    assert before.code == 0
    assert "was not read whole yet" in before.out
    command("sync")
    told = command("status", "--json").json
    assert told["complete"]
    assert {each["model"]: each["live"] for each in told["models"]}["candidates"] == 25
    assert "was not read whole yet" not in command("status").out


@pytest.mark.long
def test_a_replay_asks_lever_nothing_and_changes_nothing(command: Command, sandbox: Sandbox) -> None:
    command("sync")
    sandbox.reset_requests()
    told = command("replay", "candidates", "jobs", "--json").json
    assert set(told["models"]) == {"candidates", "jobs"}
    assert told["models"]["candidates"]["unchanged"] == 25
    assert sandbox.requests().total == 0
    assert "candidates" in command("replay").out


def test_the_key_is_never_shown(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVER_API_KEY", "a-key-nobody-may-see")
    told = command("sync")
    assert "a-key-nobody-may-see" not in told.out + told.err


def test_version_and_help(command: Command) -> None:
    assert command("--version").out.startswith("lever-assets 0.")
    assert "Bring the database up to Lever." in command("--help").out


@pytest.mark.long
def test_whoever_wants_to_know_is_told_that_a_sync_is_over(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as hook:
        monkeypatch.setenv("LEVER_NOTICE_URLS", hook.url)
        monkeypatch.setenv("LEVER_NOTICE_TYPES", "sync-finished")
        assert command("sync").code == 0
        monkeypatch.setenv("LEVER_API_KEY", "unknown")
        assert command("sync").code == 1
    told = [(each["type"], each["data"]["sync_state"]) for each in hook.notices]
    assert told == [("sync-finished", "SUCCEEDED"), ("sync-finished", "AUTHENTICATION_FAILED")]


def test_a_notice_that_did_not_arrive_is_sent_again_with_the_next_command(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with listening() as hook:
        monkeypatch.setenv("LEVER_NOTICE_URLS", hook.url)
        monkeypatch.setenv("LEVER_NOTICE_SECRET", "s3cret")
        hook.statuses.append(500)
        first = command("sync")
        assert "did not arrive" in first.err
        store = Store.open(f"sqlite:///{tmp_path / 'data' / 'lever.db'}")
        with store.writing("lever") as tx:
            tx.sql.execute(update(notice_outbox).values(due_at=datetime.now(UTC)))
        store.close()
        second = command("sync")
        assert "did not arrive" not in second.err
        assert len(hook.bodies) == 2


@pytest.mark.long
def test_what_is_due_is_erased_without_dagster_too(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LEVER_RETENTION_DAYS", "0")
    command("sync")
    gone = sandbox.ids("opportunities")[0]
    sandbox.delete("opportunities", gone)
    command("sync")
    command("sync")
    store = Store.open(f"sqlite:///{tmp_path / 'data' / 'lever.db'}")
    c = UNIFIED["candidates"].c
    with store.reading("lever") as tx:
        row = tx.sql.execute(select(c.last_name, c.remote_deleted_at).where(c.remote_id == gone)).one()
    store.close()
    assert row.remote_deleted_at is not None
    assert row.last_name is None


def test_a_misspelt_setting_is_told(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVER_RATELIMIT", "5")
    told = command("status")
    assert told.code == 0
    assert told.err.startswith("warning: LEVER_RATELIMIT is no setting; did you mean LEVER_RATE_LIMIT?")


def test_replaying_before_anything_was_read_says_so(command: Command) -> None:
    told = command("replay")
    assert told.code == 1
    assert "nothing was read from Lever yet" in told.err


def test_a_sync_without_news_says_so(command: Command) -> None:
    command("sync")
    assert "Nothing has changed in the tables." in command("sync").out


def test_a_sync_tells_of_the_marts(command: Command, sandbox: Sandbox) -> None:
    first = command("sync", "--json").json["marts"]
    assert first["mart_source_effectiveness"]["written"] > 0
    assert command("sync", "--json").json["marts"] == {}
    [moved, *_] = sandbox.ids("opportunities")
    sandbox.edit("opportunities", moved, {"sources": ["A new source"], "updatedAt": sandbox.now()})
    assert re.search(r"\n\d marts changed: \d+ rows? written, \d+ taken out\.\n", command("sync").out)


def test_what_insight_being_off_takes_out_is_not_called_nothing(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = command("sync", "--json").json["marts"]
    monkeypatch.setenv("LEVER_INSIGHT", "false")
    told = command("sync")
    assert "LEVER_INSIGHT is off from now on: the insight models were taken out" in told.err
    rows = [each["written"] for each in made.values() if each["written"]]
    assert f"{len(rows)} marts changed: 0 rows written, {sum(rows):,} taken out." in told.out
    assert "Nothing has changed in the tables." in command("sync").out


def test_marts_that_go_with_an_excluded_model_are_told(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = command("sync", "--json").json["marts"]
    monkeypatch.setenv("LEVER_EXCLUDE", "offers")
    told = command("sync", "--json").json["marts"]
    gone = {"mart_offer_acceptance", "mart_source_effectiveness"}
    assert {name: told[name] for name in gone} == {
        name: {"written": 0, "removed": made[name]["written"]} for name in gone
    }


def test_marts_that_can_not_be_made_are_told(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise ValueError("of a column")

    monkeypatch.setattr(keeping, "keep_up", break_down)
    told = command("sync", "--json")
    assert told.code == 0
    assert "The marts of lever stand as they did" in told.err
    assert any("The marts of lever stand" in each for each in told.json["warnings"])
    doubts = {each["mart"]: each["doubt"] for each in command("status", "--json").json["marts"]}
    assert doubts["mart_funnel"] == "Not counted yet: the next sync does that."


def test_status_tells_of_the_marts(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.set_quirks("denied=offers")
    command("sync")
    monkeypatch.setenv("LEVER_EEO", "true")
    found = {each["mart"]: each for each in command("status", "--json").json["marts"]}
    assert found["mart_funnel"]["rows"] > 0
    assert found["mart_funnel"]["doubt"] is None
    assert "offers" in found["mart_offer_acceptance"]["doubt"]
    assert found["mart_eeo"] == {
        "mart": "mart_eeo",
        "rows": 0,
        "made_at": None,
        "doubt": "No full sync has counted the answers yet.",
    }
    assert re.search(r"mart_funnel +\d+ +20", command("status").out)
    monkeypatch.setenv("LEVER_INSIGHT", "false")
    assert command("status", "--json").json["marts"] == []
    assert "mart_" not in command("status").out


def test_status_says_of_a_mart_that_was_never_made_no_instant_and_of_the_others_what_is_so(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEVER_EXCLUDE", "offers")
    command("sync")
    monkeypatch.delenv("LEVER_EXCLUDE")
    found = {each["mart"]: each for each in command("status", "--json").json["marts"]}
    assert found["mart_offer_acceptance"]["made_at"] is None
    assert found["mart_offer_acceptance"]["doubt"] == "Not counted yet: the next sync does that."
    assert found["mart_funnel"]["made_at"] is not None
    assert found["mart_funnel"]["doubt"] is None


def test_a_new_database_is_its_owners_alone(command: Command, tmp_path: Path) -> None:
    command("sync")
    assert (tmp_path / "data" / "lever.db").stat().st_mode & 0o077 == 0

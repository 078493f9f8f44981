"""What the commands say of connections: what is so now, what to run next, and for which of several."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from lever_assets.policy.exclusion import Exclusion
from lever_assets.prerequisites.permissions import to_grant
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets_tests.cli.conftest import Command, Outcome
from lever_assets_tests.connect.connecting import connected
from lever_assets_tests.hasty import retry_hastily

READING = ("users:read:admin", "stages:read:admin", "offline_access")


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    retry_hastily(monkeypatch)
    with running_sandbox(SandboxConfig(opportunities=6, seed=7, rate=0)) as running:
        yield running


@pytest.fixture
def _nothing_set_up(environment: None, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in sandbox.client_settings().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LEVER_API_KEY")
    monkeypatch.delenv("DAGSTER_HOME", raising=False)


@pytest.fixture
def two(_nothing_set_up: None, command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two connections by key, `acme` and `beta`, and no account of the environment's own."""
    for name in ("acme", "beta"):
        assert given(command, monkeypatch, name, sandbox.key).code == 0


def given(command: Command, monkeypatch: pytest.MonkeyPatch, name: str, key: str, *more: str) -> Outcome:
    """Connect by a key that is piped in."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{key}\n"))
    return command("connect", name, "--api-key", *more)


def by_oauth(name: str, scopes: tuple[str, ...] = READING) -> None:
    """Connect by OAuth, as `connect` does."""
    settings = Settings.load()
    store = Store.open(settings.tables_url)
    connected(store, settings, name, scopes)
    store.close()


def only_line(done: Outcome) -> str:
    assert done.code == 0, done.err
    (line,) = done.out.splitlines()
    return line


@pytest.mark.usefixtures("two")
def test_each_change_is_told_in_a_line_with_when_it_counts(command: Command) -> None:
    windows = only_line(command("connections", "set", "acme", "sync_window=daily"))
    assert windows.startswith("acme has sync_window=daily. Its partitions in Dagster become others; nothing")
    assert "once its code location is reloaded" in windows
    assert "was not done" in windows
    assert "maps everything again" in only_line(command("connections", "set", "acme", "exclude=offers"))
    both = only_line(command("connections", "set", "acme", "perform_as=", "candidate_cutoff=90d"))
    assert both.startswith("acme has perform_as as in the environment, candidate_cutoff=90d. perform_as: it")
    assert "candidate_cutoff: the next sync marks what is left out" in both
    off = only_line(command("connections", "disable", "acme"))
    assert off.startswith("acme is switched off: from now on no sync and no action of it begins.")
    on = only_line(command("connections", "enable", "acme"))
    assert "`lever-assets sync --connection acme`" in on
    assert only_line(command("connections", "rename", "acme", "initech")).startswith(
        "acme is called initech from now on"
    )


@pytest.mark.usefixtures("two")
def test_a_change_that_fails_says_nothing_of_what_is_so_now(command: Command) -> None:
    done = command("connections", "set", "acme", "sync_window=never")

    assert (done.code, done.out) == (1, "")


def test_what_to_run_next_names_the_connection_that_it_is_about(
    two: None, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = "`lever-assets sync --connection beta`"
    assert sync in command("status", "--connection", "beta").out
    assert sync in command("status", "--connection", "beta", "--check").out
    assert sync in command("replay", "--connection", "beta").err
    assert sync in command("fields", "--connection", "beta").err
    by_itself = "a running Dagster sees to it by itself; without one, "
    assert (
        f"beta: the account was not read whole yet: {by_itself}run {sync}"
        in command("connections", "list").err
    )
    assert "as `lever" not in (unclear := command("doctor").err)
    assert (
        "several connections, acme, beta: say which one is meant, with `lever-assets doctor NAME`" in unclear
    )
    assert "with --connection NAME or by LEVER_CONNECTION" in command("sync").err
    assert command("sync", "--connection", "beta").code == 0
    unknown = command("fields", "map", "ours", "nowhere", "--connection", "beta").err
    assert "`lever-assets fields --connection beta` lists them" in unknown


@pytest.mark.usefixtures("two")
def test_only_connections_that_there_are_are_listed(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "there is acme, beta; `lever-assets connect NAME`" in command("sync", "--connection", "x").err

    monkeypatch.setenv("LEVER_API_KEY", sandbox.key)
    assert "there is acme, beta, lever; " in command("sync", "--connection", "x").err


@pytest.mark.usefixtures("_nothing_set_up")
def test_with_nothing_set_up_the_ways_to_connect_an_account_are_told(command: Command) -> None:
    ways = ("No Lever account is connected", "set LEVER_API_KEY", "`lever-assets connect NAME`")
    listed, shown = command("connections", "list"), command("status")

    for each in ways:
        assert each in listed.out
        assert each in shown.out
        assert each in command("status", "--check").out
    assert "not read whole" not in listed.out + listed.err + shown.out + shown.err
    assert len(shown.out.splitlines()) == 2  # and no table of naughts
    assert "there is none" in command("status", "--connection", "acme").err
    (row,) = command("connections", "list", "--json").json["connections"]
    assert (row["connection"], row["state"]) == ("lever", "set-up incomplete")
    assert "LEVER_API_KEY" in row["problems"][0]


@pytest.mark.usefixtures("_nothing_set_up")
def test_with_nothing_set_up_the_doctor_says_what_is_to_be_done_and_not_all_that_it_cannot_tell(
    command: Command,
) -> None:
    told, whole = command("doctor"), command("doctor", "--json")

    assert (told.code, whole.code) == (1, 1)
    assert "No Lever account is connected" in told.out
    assert "\nRequired and missing: API key. " in told.out
    assert "can't tell" not in told.out
    assert len(told.out.splitlines()) < 12
    assert len(whole.json["findings"]) > 30


@pytest.mark.usefixtures("_nothing_set_up")
def test_what_was_read_before_is_shown_without_a_key_too(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEVER_API_KEY", sandbox.key)
    assert command("sync").code == 0
    monkeypatch.delenv("LEVER_API_KEY")

    shown = command("status")
    assert "Unified tables" in shown.out
    assert "No Lever account is connected" in command("doctor").out


@pytest.mark.usefixtures("_nothing_set_up")
def test_a_refused_key_is_told_as_the_key_that_it_is(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = given(command, monkeypatch, "acme", "mistyped")
    assert "check the key that was just given" in wrong.err
    assert "LEVER_API_KEY" not in wrong.err
    assert given(command, monkeypatch, "acme", sandbox.key).code == 0

    sandbox.set_faults("401=1")
    stored = command("sync", "--connection", "acme")
    assert "`lever-assets connect acme --api-key`" in stored.err
    assert "LEVER_API_KEY" not in stored.err
    monkeypatch.setenv("LEVER_API_KEY", "mistyped")
    assert "check LEVER_API_KEY: it may be mistyped" in command("sync").err


@pytest.mark.usefixtures("_nothing_set_up")
def test_a_revoked_connection_is_told_by_its_name_and_connected_again_as_it_was(
    command: Command, sandbox: Sandbox
) -> None:
    by_oauth("acme")
    by_oauth("beta", (*READING, "notes:write:admin"))
    sandbox.revoke_tokens()

    for name, command_to_run in (("acme", "connect acme --read-only`"), ("beta", "connect beta`")):
        told = command("sync", "--connection", name).err.splitlines()[-1]
        assert f"The connection '{name}' was revoked in Lever, or has ended (invalid_grant)" in told
        assert f"connect again with `lever-assets {command_to_run}" in told


@pytest.mark.usefixtures("_nothing_set_up")
def test_doctor_can_not_tell_what_a_dead_token_would_let_in(command: Command, sandbox: Sandbox) -> None:
    by_oauth("acme", (*READING, "notes:write:admin", "confidential:access:admin"))
    alive = {
        each["subject"]: each["verdict"] for each in command("doctor", "acme", "--json").json["findings"]
    }
    sandbox.revoke_tokens()
    dead = {each["subject"]: each["verdict"] for each in command("doctor", "acme", "--json").json["findings"]}

    given = ("users:read:admin", "stages:read:admin", "notes:write:admin", "confidential:access:admin")
    assert {alive[each] for each in given} == {"fine"}
    assert {dead[each] for each in given} == {"cant_tell"}
    assert (dead["OAuth token"], dead["postings:read:admin"]) == ("missing", "missing")


@pytest.mark.usefixtures("_nothing_set_up")
def test_what_is_to_be_set_of_a_stored_connection_is_told_as_its_own(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_oauth("acme", (*READING, "notes:write:admin"))
    found = {each["subject"]: each["remedy"] for each in command("doctor", "acme", "--json").json["findings"]}
    assert "`lever-assets connections set acme perform_as=…`" in found["perform_as user"]
    assert "`lever-assets connections set acme exclude=…`" in found["postings:read:admin"]

    assert given(command, monkeypatch, "acme", sandbox.key).code == 0
    assert command("sync", "--connection", "acme").code == 0
    assert command("connections", "set", "acme", "exclude=offers,candidates.custom_fields").code == 0
    told = command("sync", "--connection", "acme").err
    assert "exclude of the connection 'acme' leaves out candidates.custom_fields, offers from now on" in told
    told += command("replay", "offers", "--connection", "acme").err
    assert "exclude of the connection 'acme' leaves out offers: take it out there" in told
    assert "LEVER_EXCLUDE" not in told

    monkeypatch.setenv("LEVER_API_KEY", sandbox.key)
    own = {each["subject"]: each["remedy"] for each in command("doctor", "--json").json["findings"]}
    assert "LEVER_PERFORM_AS" in own["perform_as user"]


@pytest.mark.usefixtures("_nothing_set_up")
def test_an_account_that_is_read_already_is_connected_with_a_warning(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert given(command, monkeypatch, "acme", sandbox.key).code == 0
    assert "read already" not in given(command, monkeypatch, "unread", sandbox.key).err
    assert command("sync", "--connection", "acme").code == 0

    twice, again = (given(command, monkeypatch, name, sandbox.key) for name in ("beta", "acme"))
    with running_sandbox(SandboxConfig(opportunities=3, seed=8, rate=0)) as another:
        monkeypatch.setenv("LEVER_BASE_URL", another.url)
        elsewhere = given(command, monkeypatch, "gamma", another.key)

    assert (twice.code, again.code, elsewhere.code) == (0, 0, 0)
    assert "warning: this Lever account is read already, as acme: from now on it is read twice" in twice.err
    assert "read already" not in again.err + elsewhere.err
    command("connections", "remove", "acme", "--yes")
    assert "read already" not in given(command, monkeypatch, "beta", sandbox.key).err


@pytest.mark.usefixtures("_nothing_set_up")
def test_of_a_read_only_connection_nothing_is_said_of_actions(command: Command) -> None:
    asked = dict(to_grant(Exclusion.of(Settings.load()), read_only=True))
    by_oauth("acme")
    found = {each["subject"]: each for each in command("doctor", "acme", "--json").json["findings"]}

    assert "actions" not in asked["postings:read:admin"] + asked["opportunities:read:admin"]
    assert "actions" in dict(to_grant(Exclusion.of(Settings.load()), read_only=False))["postings:read:admin"]
    assert (found["perform_as user"]["verdict"], found["perform_as user"]["remedy"]) == ("not_needed", "")


@pytest.mark.usefixtures("_nothing_set_up")
def test_a_stored_connections_address_is_moved_by_connecting_again(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(SandboxConfig(opportunities=0, rate=0)) as going:
        monkeypatch.setenv("LEVER_BASE_URL", going.url)
        assert f"Lever: custom, {going.url}\n" in given(command, monkeypatch, "acme", going.key).err
    told = command("connections", "test", "acme").out

    assert (
        "`lever-assets connect acme --api-key --environment custom` with LEVER_BASE_URL set moves it" in told
    )


@pytest.mark.usefixtures("_nothing_set_up")
def test_a_sync_without_an_account_does_not_say_that_it_reads(command: Command) -> None:
    told = command("sync").err

    assert "No Lever account is connected" in told
    assert "Reading" not in told


@pytest.mark.usefixtures("_nothing_set_up")
def test_what_a_read_only_connection_may_not_do_is_told_with_how_it_may(command: Command) -> None:
    by_oauth("acme")
    setting_up = command("webhooks", "setup", "--url", "http://127.0.0.1:9/x", "--connection", "acme")
    reading = command("sync", "--connection", "acme")

    assert setting_up.code == 1
    assert "connect again without `--read-only`: `lever-assets connect acme`" in setting_up.err
    assert "lacks the permission postings:read:admin" in reading.err
    assert "connect again with `lever-assets connect acme --read-only`, as somebody who has it" in reading.err


@pytest.mark.usefixtures("_nothing_set_up")
def test_doctor_fails_where_lever_can_not_be_reached(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEVER_API_KEY", "any")
    monkeypatch.setenv("LEVER_BASE_URL", "http://127.0.0.1:9/v1")
    told = command("doctor")

    assert told.code == 1
    assert told.out.count("(required)") == 1
    assert "\nRequired, and nobody answered: base URL (of " in told.out


@pytest.mark.usefixtures("two")
def test_doctor_says_of_a_connection_that_is_switched_off_just_that(command: Command) -> None:
    command("connections", "disable", "acme")
    told = command("doctor", "acme")

    assert told.code == 1
    assert "`lever-assets connections enable acme`" in told.out
    assert "API key" not in told.out
    assert "Permissions" not in told.out
    assert "free space" in told.out


def test_all_that_is_known_of_a_connection_is_shown_and_no_secret(
    two: None,
    command: Command,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    whose = ("--organization", "Acme Inc", "--email", "it@acme.example", "--origin-id", "42")
    own = ("--set", "candidate_cutoff=2026-01-01", "--set", "offers=likely")
    assert given(command, monkeypatch, "acme", sandbox.key, *whose, *own).code == 0
    shown, found = command("connections", "show", "acme"), command("connections", "show", "acme", "--json")

    lines = dict(line.split("  ", 1) for line in shown.out.splitlines())
    assert {name: value.strip() for name, value in lines.items() if name != "created (UTC)"} == {
        "connection": "acme",
        "state": "first sync pending",
        "kind": "api_key",
        "Lever": "custom",
        "base URL": sandbox.url,
        "organisation": "Acme Inc",
        "e-mail": "it@acme.example",
        "origin id": "42",
        "candidate_cutoff": "since 2026-01-01  (environment: none)",
        "offers": "likely  (as in the environment)",
    }
    assert (
        "warning: the account was not read whole yet: a running Dagster sees to it by itself; without one, "
        "run `lever-assets sync --connection acme`" in shown.err
    )
    assert found.json["settings"][0] == {
        "name": "candidate_cutoff",
        "value": "since 2026-01-01",
        "in_environment": "none",
    }
    assert (found.json["email"], found.json["scopes"], found.json["stored"]) == (
        "it@acme.example",
        None,
        True,
    )
    assert sandbox.key not in shown.out + shown.err + found.out


@pytest.mark.usefixtures("two")
def test_of_a_token_its_scopes_and_its_end_are_shown_and_not_itself(command: Command) -> None:
    by_oauth("gamma")
    shown, found = command("connections", "show", "gamma"), command("connections", "show", "gamma", "--json")

    assert "scopes                     offline_access stages:read:admin users:read:admin\n" in shown.out
    assert "read-only                  yes\n" in shown.out
    assert found.json["kind"] == "oauth"
    assert found.json["refresh_token_until"] > found.json["created_at"]
    assert set(found.json) == {
        "connection", "stored", "kind", "environment", "base_url", "auth_url", "organization", "email",
        "origin_id", "created_at", "removed_at", "settings", "scopes", "read_only", "refresh_token_until",
        "state", "permissions_missing", "problems",
    }  # fmt: skip
    for secret in ("sandbox-secret", "access_token", 'token":'):
        assert secret not in shown.out + found.out


def test_the_environments_own_account_is_shown_too_and_one_that_is_not_there_is_told(
    command: Command, sandbox: Sandbox
) -> None:
    shown = command("connections", "show", "lever")

    assert "lever (of the environment)" in shown.out
    assert sandbox.key not in shown.out
    gone = command("connections", "show", "acme")
    assert (gone.code, gone.out) == (1, "")
    assert "There is no connection 'acme': there is lever" in gone.err

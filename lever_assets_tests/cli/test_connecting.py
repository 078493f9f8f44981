"""`connect` and `connections` as somebody types them; Lever's consent page is answered over HTTP."""

import io
import os
import socket
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from lever_assets.connect.oauth import Authorization, OAuthServer
from lever_assets.sandbox import Sandbox
from lever_assets.store import Store
from lever_assets_tests.cli.conftest import Command
from lever_assets_tests.connect.browser import CHROMIUM, browsing
from lever_assets_tests.connect.connecting import consent
from lever_assets_tests.web import WEB


@pytest.fixture
def callback(environment: None, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the environment be that of somebody with an OAuth app and no key; the app's callback address."""
    for name, value in sandbox.client_settings().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LEVER_API_KEY")
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}/callback"
    monkeypatch.setenv("LEVER_OAUTH_REDIRECT_URI", address)
    return address


@contextmanager
def connecting(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `connect` until it waits; yields it and the address that it has printed on a line of its own."""
    command = [sys.executable, "-m", "lever_assets", "connect", "acme", *options]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, text=True, env={**os.environ, "BROWSER": "true"}, **pipes) as running:  # type: ignore[call-overload]
        try:
            assert running.stdout is not None
            address = next(line.strip() for line in running.stdout if line.startswith("http"))
            yield running, address
        finally:
            running.kill()


def test_a_browser_on_this_machine_connects(command: Command, callback: str) -> None:
    with connecting() as (running, address):
        stray = WEB.get(f"{callback}?code=x&state=of-another-attempt")
        elsewhere = WEB.get(callback.replace("callback", "favicon.ico"))
        page = WEB.get(consent(address))
        assert running.wait(30) == 0

    assert (stray.status_code, elsewhere.status_code, page.status_code) == (400, 404, 200)
    assert "connected as acme" in page.text
    assert command("connections", "test", "acme").out == "acme: works\n"
    assert command("sync", "--connection", "acme").code == 0
    (told,) = command("connections", "list", "--json").json["connections"]
    assert (told["connection"], told["kind"], told["state"]) == ("acme", "oauth", "active")
    assert told["rows"] > 0


@pytest.mark.usefixtures("callback")
def test_a_refusal_ends_it_with_what_to_do() -> None:
    with connecting() as (running, address):
        page = WEB.get(consent(address, role="admin"))
        _, told = running.communicate(timeout=30)

    assert page.status_code == 400
    assert "accept the request in Lever, signed in as a Super Admin" in page.text
    assert running.returncode == 1
    assert "Super Admin" in told.splitlines()[-1]


@pytest.mark.usefixtures("callback")
def test_without_a_browser_the_address_is_pasted(command: Command) -> None:
    with connecting("--no-browser", "--read-only") as (running, address):
        assert ":write:" not in address
        _, told = running.communicate(f"{consent(address)}\n", timeout=30)

    assert (running.returncode, told) == (0, "")
    assert command("connections", "test").code == 0


@pytest.mark.usefixtures("callback")
def test_a_key_comes_from_standard_input_and_stands_nowhere(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("sandbox-key\n"))

    done = command("connect", "acme", "--api-key", "--organization", "Acme Inc", "--set", "sync_window=daily")

    assert done.code == 0
    assert "sandbox-key" not in done.out + done.err
    assert all(b"sandbox-key" not in each.read_bytes() for each in tmp_path.rglob("*") if each.is_file())
    assert command("connections", "set", "acme", "sync_window=").code == 0
    assert command("connections", "rename", "acme", "initech").code == 0
    assert command("connections", "disable", "initech").code == 0
    assert "connections enable initech" in command("sync", "--connection", "initech").err
    monkeypatch.setattr("sys.stdin", io.StringIO("sandbox-key\n"))
    again = command("connect", "initech", "--api-key").out
    assert "initech is connected.\nIt stays switched off: `lever-assets connections enable initech`" in again
    assert command("connections", "enable", "initech").code == 0
    assert command("connections", "remove", "initech", "--erase", "--yes").code == 0
    assert [each["connection"] for each in command("connections", "list", "--json").json["connections"]] == [
        "lever"
    ]


@pytest.mark.usefixtures("callback")
@pytest.mark.parametrize(
    ("arguments", "typed", "told"),
    [
        (("connect", "acme", "--api-key"), "", "no API key was given"),
        (("connect", "acme", "--api-key"), "mistyped", "does not accept the API key"),
        (("connect", "a b", "--api-key"), "sandbox-key", "can't be the name"),
        (("connect", "acme", "--api-key", "--set", "nonsense"), "sandbox-key", "NAME=VALUE"),
        (("connect", "acme", "--no-browser"), "", "no address came back"),
        (("connect", "acme", "--no-browser"), "hello", "holds no state): run the command again, open the"),
        (("connect", "acme", "--no-browser"), "http://127.0.0.1:1/callback?code=1", "holds no state"),
        (("connect", "acme", "--no-browser"), "http://127.0.0.1:1/?code=1&state=x", "run the command again"),
        (("connections", "rename", "nobody", "somebody"), "", "no stored connection 'nobody'"),
        (("connections", "remove", "nobody"), "", "no stored connection 'nobody'"),
        (("connections", "remove", "a\udcffb"), "", r"no stored connection 'a\udcffb'"),
        (("sync", "--connection", "nobody"), "", "no connection 'nobody'"),
        (("status", "--connection", "nobody"), "", "no connection 'nobody'"),
    ],
)
def test_what_can_not_be_is_said_in_a_line(
    command: Command, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], typed: str, told: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))

    done = command(*arguments)

    assert done.code == 1
    assert told in done.err.splitlines()[-1]


def test_the_environments_own_is_not_renamed_while_its_key_is_set(command: Command) -> None:
    done = command("connections", "rename", "lever", "acme")

    assert done.code == 1
    assert "unset it first" in done.err


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("disable",), "unset that"),
        (("enable",), "unset that"),
        (("set", "offers=all", "sync_window="), "set LEVER_OFFERS, LEVER_SYNC_WINDOW in the environment"),
        (("remove", "--yes"), "unset that"),
    ],
    ids=lambda each: each[0],
)
def test_what_can_not_be_changed_of_the_environments_own_says_where_it_comes_from(
    command: Command, arguments: tuple[str, ...], remedy: str
) -> None:
    done = command("connections", arguments[0], "lever", *arguments[1:])

    assert (done.code, done.out) == (1, "")
    assert "comes from LEVER_API_KEY" in done.err
    assert remedy in done.err
    assert "`lever-assets connect lever --api-key`" in done.err


def test_removing_says_whether_dagster_was_reloaded(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("sandbox-key\n"))
    command("connect", "acme", "--api-key")

    (line,) = command("connections", "remove", "acme", "--yes").out.splitlines()

    assert line.startswith("acme is removed: ")
    assert "once its code location is reloaded (Deployment > Code locations), which was not done" in line


def test_the_connections_of_all_are_tested(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("sandbox-key\n"))
    command("connect", "acme", "--api-key")
    command("connections", "disable", "acme")

    found = command("connections", "test", "--json")

    assert found.code == 0
    assert found.json["connections"]["lever"] == {"works": True, "why": None, "switched_off": False}
    assert "switched off" in found.json["connections"]["acme"]["why"]
    assert found.json["connections"]["acme"]["switched_off"]
    assert command("connections", "test", "acme").code == 1
    assert command("connections", "test", "lever").code == 0
    unknown, shown = command("connections", "test", "nobody"), command("connections", "show", "nobody")
    assert (unknown.code, unknown.err) == (shown.code, shown.err)


class Terminal(io.StringIO):
    """Standard input as somebody types into it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("callback")
def test_in_a_terminal_a_wrong_address_is_asked_for_again(
    command: Command, callback: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Authorization] = []
    ask = OAuthServer.ask

    def noting(server: OAuthServer, scopes: Collection[str]) -> Authorization:
        asked.append(ask(server, scopes))
        return asked[-1]

    def typed(*_: object, **__: object) -> str:
        return given.pop(0) or consent(asked[-1].url)

    monkeypatch.setattr(OAuthServer, "ask", noting)
    monkeypatch.setattr("typer.prompt", typed)
    monkeypatch.setattr("sys.stdin", Terminal())
    given = ["hello", f"{callback}?code=1&state=old", ""]
    connected = command("connect", "acme", "--no-browser")
    given = ["hello", f"{callback}?code=1&state=old", "hello"]
    given_up = command("connect", "beta", "--no-browser")

    assert connected.code == 0
    assert f"it begins with {callback}?" in connected.err
    assert "open the address that this run has printed" in connected.err
    assert given_up.code == 1
    assert "run the command again" in given_up.err.splitlines()[-1]
    assert given_up.err.count("warning:") == 2


@pytest.fixture
def acme(command: Command, callback: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A connection that was read; the environment has no key."""
    monkeypatch.setattr("sys.stdin", io.StringIO("sandbox-key\n"))
    assert command("connect", "acme", "--api-key", "--email", "it@acme.example").code == 0
    assert command("sync", "--connection", "acme").code == 0
    return "acme"


def test_removing_asks_and_says_what_becomes_of_the_rows(
    command: Command, acme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    [before] = command("connections", "list", "--json").json["connections"]
    for options in ((), ("--erase",)):
        alone = command("connections", "remove", acme, *options)
        assert alone.code == 1
        assert "--yes" in alone.err
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    asked = command("connections", "remove", acme)
    assert asked.code == 130
    for told in (f"({before['rows']:,} rows)", "webhooks", "key or tokens", "remove acme --erase", "[y/N]"):
        assert told in asked.err
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    assert "deleted for good" in command("connections", "remove", acme, "--erase").err
    assert command("connections", "list", "--json").json["connections"] == [before]

    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    done = command("connections", "remove", acme)
    assert done.code == 0
    assert f"({before['rows']:,} rows) is kept until" in done.out

    [listed] = command("connections", "list", "--json").json["connections"]
    assert listed == {**before, "kind": "", "state": "removed", "next_by": None}
    assert "removed" in command("connections", "list").out
    shown = command("connections", "show", acme, "--json").json
    assert (shown["state"], shown["kind"], shown["email"], shown["problems"]) == ("removed", "", None, [])
    assert shown["removed_at"]
    assert "removed (UTC)" in command("connections", "show", acme).out
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    erased = command("connections", "remove", acme, "--erase")
    assert "deleted for good" in erased.err
    assert "webhooks" not in erased.err
    assert "the name is free" in erased.out
    assert [each["connection"] for each in command("connections", "list", "--json").json["connections"]] == [
        "lever"
    ]


def test_what_is_about_a_removed_one_says_so(command: Command, acme: str) -> None:
    assert command("connections", "remove", acme, "--yes").code == 0
    for arguments in (
        ("status", "--connection", acme),
        ("sync", "--connection", acme),
        ("fields", "--connection", acme),
        ("doctor", acme),
        ("connections", "set", acme, "rate_limit=5"),
        ("connections", "enable", acme),
        ("connections", "test", acme),
        ("connections", "remove", acme, "--yes"),
    ):
        done = command(*arguments)
        assert done.code == 1, arguments
        assert "was removed, and its rows were kept" in done.err
        assert "`lever-assets connect acme --api-key` connects it again" in done.err
        assert "remove acme --erase" in done.err


@pytest.mark.parametrize("key", ["sandbox-key", "unknown", None])
def test_a_sync_of_another_sees_to_what_is_due_of_a_removed_one(
    command: Command, acme: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str | None
) -> None:
    """Whether it goes well, is refused by Lever, or has no key."""
    assert command("connections", "set", acme, "retention_days=0").code == 0
    store = Store.open(f"sqlite:///{tmp_path / 'data' / 'lever.db'}")
    with closing(store), store.writing(acme) as tx:
        tx.sql.exec_driver_sql("UPDATE candidates SET remote_deleted_at = changed_at")
    assert command("connections", "remove", acme, "--yes").code == 0
    if key is not None:
        monkeypatch.setenv("LEVER_API_KEY", key)

    assert command("sync").code == (0 if key == "sandbox-key" else 1)

    with closing(store), store.reading(acme) as tx:
        query = "SELECT connection, COUNT(last_name) > 0 FROM candidates GROUP BY 1 ORDER BY 1"
        found = [tuple(row) for row in tx.sql.exec_driver_sql(query)]
        assert found == [("acme", 0), ("lever", 1)][: 2 if key == "sandbox-key" else 1]


def test_a_removed_one_without_rows_is_listed(
    command: Command, callback: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("sandbox-key\n"))
    assert command("connect", "acme", "--api-key").code == 0
    assert command("connections", "remove", "acme", "--yes").code == 0
    listed = command("connections", "list").out
    assert "acme" in listed
    assert "No Lever account" not in listed


@pytest.mark.long
@pytest.mark.skipif(CHROMIUM is None, reason="this machine has no Chromium")
@pytest.mark.usefixtures("callback")
@pytest.mark.parametrize(
    ("button", "told"), [("button.accept", "connected as acme"), ("button[value=deny]", "Not connected")]
)
def test_the_whole_flow_in_a_real_browser(command: Command, tmp_path: Path, button: str, told: str) -> None:
    with browsing(tmp_path / "profile") as page, connecting() as (running, address):
        page.open(address)
        assert "lever-assets asks for access" in page.text()
        page.click(button)
        page.wait_for("location.pathname === '/callback' && document.readyState === 'complete'")
        shown = page.text()
        code = running.wait(30)

    assert told in shown
    accepted = button == "button.accept"
    assert code == (0 if accepted else 1)
    assert (command("connections", "test", "acme").code == 0) is accepted

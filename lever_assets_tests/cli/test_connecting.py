"""`connect` and `connections` as somebody types them; Lever's consent page is answered over HTTP."""

import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lever_assets.sandbox import Sandbox
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
        (("connect", "acme", "--no-browser"), "http://127.0.0.1:1/callback?code=1", "another one"),
        (("connections", "rename", "nobody", "somebody"), "", "no stored connection 'nobody'"),
        (("connections", "remove", "nobody"), "", "no stored connection 'nobody'"),
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


def test_the_connections_of_all_are_tested(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("sandbox-key\n"))
    command("connect", "acme", "--api-key")
    command("connections", "disable", "acme")

    found = command("connections", "test", "--json")

    assert found.code == 1
    assert json.loads(found.out)["connections"]["lever"] == {"works": True, "why": None}
    assert "switched off" in json.loads(found.out)["connections"]["acme"]["why"]


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

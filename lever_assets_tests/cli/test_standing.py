"""The commands show how connections stand, and tell the user's URLs of what they change."""

import io
from collections.abc import Iterator
from typing import Any

import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.cli.conftest import Command
from lever_assets_tests.hasty import retry_hastily
from lever_assets_tests.notices.hooks import Hook, listening


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=6, seed=7, rate=0)) as running:
        yield running


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    retry_hastily(monkeypatch)
    with listening() as hook:
        monkeypatch.setenv("LEVER_NOTICE_URLS", hook.url)
        monkeypatch.setenv("LEVER_NOTICE_TYPES", "all")
        yield hook


def naming(permission: str, told: str) -> list[str]:
    return [line for line in told.splitlines() if permission in line]


def test_from_connect_to_remove_everything_is_shown_and_told(
    command: Command, sandbox: Sandbox, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEVER_API_KEY")

    def told() -> list[tuple[str, Any]]:
        new = [(each["type"], each["data"].get("state")) for each in hook.notices]
        hook.bodies.clear()
        return new

    def state(name: str = "acme") -> str:
        [listed] = command("connections", "list", "--json").json["connections"]
        assert listed["connection"] == name
        assert command("status", "--connection", name, "--json").json["state"] == listed["state"]
        return str(listed["state"])

    over = [("sync-finished", None)]
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{sandbox.key}\n"))
    connected = command("connect", "acme", "--api-key", "--organization", "Acme Ltd")
    assert connected.code == 0, connected.err
    assert (state(), told()) == ("first sync pending", [("integration-created", None)])
    assert command("sync", "--connection", "acme").code == 0
    assert state() == "active"
    assert told() == [*over, ("integration-state-changed", "ACTIVE"), ("data-changed", None)]

    sandbox.set_quirks("denied=offers")
    assert command("sync", "--full", "--connection", "acme").code == 0
    shown = command("status", "--connection", "acme")
    assert "Permissions that Lever refuses: offers:read:admin" in shown.out
    assert len(naming("offers:read:admin", shown.err)) == 1
    assert command("status", "--connection", "acme", "--json").json["permissions_missing"] == [
        "offers:read:admin"
    ]
    checked = command("status", "--connection", "acme", "--check")
    assert (checked.code, len(naming("offers:read:admin", checked.out))) == (1, 1)
    assert "acme: " in command("connections", "list").err
    assert told() == [*over, ("issue-status-changed", None)]
    sandbox.set_quirks()

    sandbox.set_faults("401=1.0")
    assert command("sync", "--connection", "acme").code == 1
    assert (state(), told()) == ("authentication failing", [*over, ("issue-status-changed", None)])
    sandbox.set_faults()
    assert command("sync", "--full", "--connection", "acme").code == 0
    assert (state(), told()) == ("active", [*over, *[("issue-status-changed", None)] * 2])

    assert command("connections", "disable", "acme").code == 0
    assert (state(), told()) == ("inactive", [("integration-state-changed", "INACTIVE")])
    assert command("connections", "rename", "acme", "acme_ltd").code == 0
    assert (state("acme_ltd"), told()) == ("inactive", [])

    hook.statuses[:] = [503]
    assert command("connections", "remove", "acme_ltd", "--erase", "--yes").code == 0
    assert told() == [("integration-deleted", None)]

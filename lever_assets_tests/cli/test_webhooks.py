"""`webhooks setup`: all ten events are gone through, each is told, and one that failed is exit code 1."""

import pytest

from lever_assets.connect.vault import Vault
from lever_assets.sandbox import Fault, Sandbox
from lever_assets.webhooks.events import EVENTS
from lever_assets_tests.cli.conftest import Command


@pytest.fixture(autouse=True)
def _configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVER_SECRET_KEY", Vault.fresh_key())
    monkeypatch.setenv("LEVER_WEBHOOK_URL", "https://example.com/lever")


def test_one_that_failed_is_told_by_its_event_and_is_exit_code_1(command: Command, sandbox: Sandbox) -> None:
    sandbox.set_faults(
        Fault.model_validate({"name": "403", "endpoint": "POST /webhooks", "from": 2, "times": 2})
    )
    failed = command("webhooks", "setup")

    assert failed.code == 1
    assert len(sandbox.ids("webhooks")) == 8
    second, third = list(EVENTS)[1:3]
    made = next(line for line in failed.out.splitlines() if line.startswith("made: "))
    assert sorted(made.removeprefix("made: ").split(", ")) == sorted(EVENTS.keys() - {second, third})
    assert f"warning: {second}: " in failed.err
    assert f"warning: {third}: " in failed.err
    assert failed.err.splitlines()[-1].startswith(f"error: 2 of the events failed: {second}, {third}")

    sandbox.set_faults()
    healed = command("webhooks", "setup", "--json")
    assert healed.code == 0
    assert (healed.json["created"], healed.json["failed"]) == ([second, third], {})


def test_a_failure_is_in_the_json_too(command: Command, sandbox: Sandbox) -> None:
    sandbox.set_faults(Fault(name="403", endpoint="POST /webhooks", times=1))
    failed = command("webhooks", "setup", "--json")

    assert failed.code == 1
    assert list(failed.json["failed"]) == [next(iter(EVENTS))]
    assert len(failed.json["created"]) == 9

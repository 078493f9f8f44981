"""A sync that can't read everything: what the command says, how it ends, and what is in the tables."""

from typing import Any

import pytest

from lever_assets.sandbox import Sandbox
from lever_assets_tests.cli.conftest import Command
from lever_assets_tests.hasty import retry_hastily


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry without much waiting."""
    retry_hastily(monkeypatch, attempts=2)


def with_interviews(sandbox: Sandbox) -> str:
    record: dict[str, Any] = sandbox.get("interviews", sandbox.ids("interviews")[0]) or {}
    return str(record["opportunityId"])


@pytest.mark.long
def test_one_record_that_can_not_be_read_is_a_warning_and_status_counts_it(
    command: Command, sandbox: Sandbox
) -> None:
    bad = with_interviews(sandbox)
    sandbox.set_faults(f"500,path=/opportunities/{bad}/interviews")
    told = command("sync", "--json")
    assert told.code == 0
    (warning,) = [line for line in told.err.splitlines() if line.startswith("warning: ")]
    assert f"the interviews of 1 of the opportunities could not be read ({bad})" in warning
    assert f"(GET /opportunities/{bad}/interviews, status 500)" in warning
    assert told.json["warnings"] == [warning.removeprefix("warning: ")]
    assert told.json["resources"]["interviews"]["unread"] == 1
    assert told.json["models"]["candidates"]["rows"] == 25

    shown = command("status")
    assert "warning: 1 read of interviews failed, tried again from" in shown.err
    counted = {
        each["resource"]: each["unread"]["count"] for each in command("status", "--json").json["resources"]
    }
    assert {name: count for name, count in counted.items() if count} == {"interviews": 1}

    sandbox.set_faults()
    assert "warning" not in command("sync", "--full").err
    assert "warning" not in command("status").err


@pytest.mark.long
def test_a_list_that_can_not_be_read_fails_the_command_which_says_what_is_up_to_date(
    command: Command, sandbox: Sandbox
) -> None:
    sandbox.set_faults("500,path=/requisitions")
    told = command("sync")
    assert told.code == 1
    (error,) = [line for line in told.err.splitlines() if line.startswith("error: ")]
    assert "(GET /requisitions, status 500); try again later" in error
    assert "up to date with Lever are all but jobs" in error
    assert error.endswith("The next sync goes on where this one stopped.")
    rows = {each["model"]: each["live"] for each in command("status", "--json").json["models"]}
    assert (rows["candidates"], rows["jobs"] > 0) == (25, True)

    sandbox.set_faults()
    assert command("sync").code == 0


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("quirk", "arguments", "says"),
    [
        (
            "filters-refused",
            ("sync", "--from", "2026-10-01"),
            "Invalid filter: updated_at_start is not allowed",
        ),
        ("confidentiality-refused", ("sync",), "confidential:access:admin"),
        ("expand-refused", ("sync",), "applications:read:admin"),
    ],
)
def test_a_parameter_that_is_refused_is_a_warning_in_lever_s_own_words(
    command: Command, sandbox: Sandbox, quirk: str, arguments: tuple[str, ...], says: str
) -> None:
    sandbox.set_quirks(quirk)
    told = command(*arguments, "--json")
    assert told.code == 0
    warnings = [line for line in told.err.splitlines() if line.startswith("warning: Lever refuses ")]
    assert warnings
    assert all(says in each for each in warnings)
    assert len(told.json["warnings"]) == len(warnings)
    assert told.json["models"]["candidates"]["rows"] == 25


def test_a_list_without_end_fails_the_command_after_a_few_requests(
    command: Command, sandbox: Sandbox
) -> None:
    sandbox.set_faults("circle=1,path=/requisitions")
    told = command("sync")
    assert told.code == 1
    (error,) = [line for line in told.err.splitlines() if line.startswith("error: ")]
    assert "Lever's answer can't be read: a page of the list leads back to one before it" in error
    assert "(GET /requisitions)" in error
    assert sandbox.requests().of("/requisitions") <= 5
    rows = {each["model"]: each["live"] for each in command("status", "--json").json["models"]}
    assert rows["candidates"] == 25

    sandbox.set_faults()
    assert command("sync").code == 0

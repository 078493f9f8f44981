"""`doctor`: one line a finding, the remedy below; the exit code says if something required is missing."""

import re
from pathlib import Path

import pytest

from lever_assets.sandbox import Sandbox
from lever_assets_tests.cli.conftest import Command

PAGE = Path(__file__).parents[2] / "docs" / "doctor.md"


def verdicts(text: str) -> dict[str, str]:
    """Return the verdict of each line that is one of a finding."""
    words = "fine|missing|can't tell|not needed"
    return dict(re.findall(rf"^  (\S.*?)  +({words})(?:  .*| \(not required\))?$", text, flags=re.M))


@pytest.fixture(autouse=True)
def _without_dagster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)


def test_the_documented_example_is_what_it_says(command: Command, sandbox: Sandbox) -> None:
    sandbox.set_quirks("denied=offers")
    told = command("doctor")

    assert told.code == 1
    example = PAGE.read_text("utf-8").split("```text\n")[1].split("```")[0]
    assert len(verdicts(example)) > 30
    assert verdicts(example).items() <= verdicts(told.out).items()
    assert "\nRequired and missing: offers:read:admin (of" in told.out
    assert sandbox.key not in told.out + told.err


def test_all_that_is_required_being_there_is_exit_code_0(command: Command) -> None:
    told = command("doctor")

    assert told.code == 0
    assert "Nothing that is required is missing (of" in told.out


def test_json_has_every_finding_with_its_group_reason_and_remedy(command: Command, sandbox: Sandbox) -> None:
    sandbox.set_quirks("denied=offers")
    told = command("doctor", "lever", "--json")

    assert told.code == 1
    assert (told.json["connection"], told.json["missing"]) == ("lever", ["offers:read:admin"])
    by_subject = {each["subject"]: each for each in told.json["findings"]}
    assert len(by_subject) == len(told.json["findings"]) > 30
    offers = by_subject["offers:read:admin"]
    assert (offers["group"], offers["verdict"], offers["required"]) == (
        "Permissions: reading",
        "missing",
        True,
    )
    assert {each["verdict"] for each in by_subject.values()} == {"fine", "missing", "cant_tell", "not_needed"}
    assert all(each["why"] for each in by_subject.values())
    assert all(each["remedy"] for each in by_subject.values() if each["verdict"] == "missing")


def test_a_connection_that_there_is_not_is_told(command: Command, sandbox: Sandbox) -> None:
    told = command("doctor", "acme")

    assert told.code == 1
    assert told.err.startswith("error: There is no connection 'acme': there is lever")
    assert sandbox.requests().total == 0


def test_dagster_is_looked_at_where_it_has_a_home(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}", encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    found = verdicts(command("doctor").out)

    assert found["home"] == "fine"
    assert found["daemon"] == "can't tell"

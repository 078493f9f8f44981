"""`action` and `passthrough`: input in, effect in Lever, one JSON object out."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from lever_assets.actions.catalogue import ACTIONS
from lever_assets.sandbox import Sandbox
from lever_assets_tests.cli.conftest import Command
from lever_assets_tests.sandbox.writing import user_of
from lever_assets_tests.web import WEB


@pytest.fixture
def candidate(synced: None, sandbox: Sandbox) -> str:
    """Return Lever's id of a candidate with an application, who was synced."""
    return next(
        each
        for each in sandbox.ids("opportunities")
        if (sandbox.get("opportunities", each) or {})["applications"]
    )


def written(folder: Path, given: Any) -> str:
    """Write an input and return the path of its file."""
    file = folder / "input.json"
    file.write_text(json.dumps(given), encoding="utf-8")
    return str(file)


def tagging(candidate: str, tag: str = "From the command line") -> dict[str, Any]:
    return {"candidate_id": f"remote:{candidate}", "tag": {"name": tag}}


def tags(sandbox: Sandbox, candidate: str) -> list[str]:
    found: list[str] = (sandbox.get("opportunities", candidate) or {})["tags"]
    return found


def test_an_action_is_done_and_answered(
    command: Command, sandbox: Sandbox, candidate: str, tmp_path: Path
) -> None:
    done = command("action", "add_candidate_tag", "--input", written(tmp_path, tagging(candidate)))

    assert done.code == 0
    assert done.json == {"status": "success", "data": {}, "warnings": []}
    assert "From the command line" in tags(sandbox, candidate)


def test_the_input_may_come_through_a_pipe(
    command: Command, sandbox: Sandbox, candidate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    piped = io.TextIOWrapper(io.BytesIO(json.dumps(tagging(candidate, "Piped")).encode()))
    monkeypatch.setattr("sys.stdin", piped)

    assert command("action", "add_candidate_tag", "--input", "-").code == 0
    assert "Piped" in tags(sandbox, candidate)


def test_a_dry_run_sends_nothing(command: Command, sandbox: Sandbox, candidate: str, tmp_path: Path) -> None:
    file = written(tmp_path, tagging(candidate))
    told = command("action", "add_candidate_tag", "--input", file, "--dry-run")

    assert told.code == 0
    assert told.json["data"]["requests"][0]["path"] == f"/opportunities/{candidate}/addTags"
    assert "From the command line" not in tags(sandbox, candidate)


def test_the_same_key_returns_the_first_result(
    command: Command, sandbox: Sandbox, candidate: str, tmp_path: Path
) -> None:
    application = (sandbox.get("opportunities", candidate) or {})["applications"][0]
    given = {"application_id": f"remote:{application}", "content": "Once."}
    for _ in range(2):
        assert (
            command("action", "add_application_note", "--input", written(tmp_path, given), "--key", "a").code
            == 0
        )

    listed = WEB.get(f"{sandbox.url}/opportunities/{candidate}/notes", auth=(sandbox.key, ""))
    assert [each["fields"][0]["value"] for each in listed.json()["data"]].count("Once.") == 1


@pytest.mark.long
def test_what_fails_is_one_line_and_exit_code_1(command: Command, candidate: str, tmp_path: Path) -> None:
    file = written(tmp_path, {"candidate_id": "1" * 24, "tag": {"name": "x"}})
    failed = command("action", "add_candidate_tag", "--input", file)

    assert failed.code == 1
    assert failed.json["error"]["code"] == "PLATFORM.INPUT_INVALID"
    assert failed.err.startswith("error: There is no candidate 1111")
    assert failed.err.count("\n") == 1


def test_a_field_that_does_not_exist_is_refused(
    command: Command, sandbox: Sandbox, candidate: str, tmp_path: Path
) -> None:
    typo = {**tagging(candidate), "remote_feilds": {}}
    failed = command("action", "add_candidate_tag", "--input", written(tmp_path, typo))

    assert failed.code == 1
    assert failed.json["error"]["code"] == "PLATFORM.INPUT_INVALID"
    assert "remote_feilds" in failed.err
    assert "From the command line" not in tags(sandbox, candidate)


def test_warnings_are_on_standard_error_too(command: Command, candidate: str, sandbox: Sandbox) -> None:
    file = Path("input.json")
    file.write_text(json.dumps({"candidate_id": f"remote:{candidate}"}), encoding="utf-8")
    sandbox_file = {"file": ("cv.pdf", b"%PDF", "application/pdf")}
    WEB.post(
        f"{sandbox.url}/opportunities/{candidate}/files",
        params={"perform_as": user_of(sandbox)},
        files=sandbox_file,
        auth=(sandbox.key, ""),
    ).raise_for_status()
    listed = command("action", "get_candidate_attachments", "--input", str(file))

    assert listed.code == 0
    assert listed.json["warnings"]
    assert listed.err.startswith("warning: The addresses of the files need Lever's API key")


def test_files_are_downloaded(command: Command, candidate: str, sandbox: Sandbox, tmp_path: Path) -> None:
    WEB.post(
        f"{sandbox.url}/opportunities/{candidate}/files",
        params={"perform_as": user_of(sandbox)},
        files={"file": ("cv.pdf", b"%PDF whole", "application/pdf")},
        auth=(sandbox.key, ""),
    ).raise_for_status()
    file = written(tmp_path, {"candidate_id": f"remote:{candidate}"})
    folder = str(tmp_path / "files")
    listed = command("action", "get_candidate_attachments", "--input", file, "--download", folder)

    own = next(each for each in listed.json["data"]["results"] if each["file_name"] == "cv.pdf")
    assert Path(own["data_url"].removeprefix("file://")).read_bytes() == b"%PDF whole"


def test_without_a_name_the_actions_are_listed(command: Command) -> None:
    listed = command("action")

    assert listed.code == 0
    assert "create_candidate" in listed.out
    assert "get_candidate_attachments" in listed.out


def test_the_help_lists_the_actions(command: Command) -> None:
    helped = command("action", "--help")

    assert helped.code == 0
    for each in ACTIONS:
        assert each.name in helped.out


def test_json_may_be_asked_for_as_of_every_command(command: Command) -> None:
    assert command("passthrough", "GET", "/users", "--json").json["data"]["status"] == 200


def test_the_schema_of_an_input_is_json_schema(command: Command) -> None:
    shown = command("action", "create_candidate", "--schema")

    assert shown.code == 0
    assert set(shown.json["required"]) == {"candidate", "application"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["action", "hire_everybody", "--input", "x"], 2, "there is no action 'hire_everybody'"),
        (["action", "add_candidate_tag"], 2, "give the input with --input FILE"),
        (["action", "add_candidate_tag", "--input", "nowhere.json"], 1, "nowhere.json can't be read"),
        (["action", "add_candidate_tag", "--input", "list.json"], 1, "not a JSON object"),
        (["action", "add_candidate_tag", "--input", "broken.json"], 1, "not valid JSON (line 1"),
        (["passthrough", "GET", "/users", "--param", "limit"], 2, "write --param as NAME=VALUE"),
        (["passthrough", "FETCH", "/users"], 1, "method"),
        (["passthrough", "GET", "https://example.com/"], 1, "path"),
        (["passthrough", "GET", "/users", "--header", "Authorization: Basic x"], 1, "set by the connector"),
    ],
)
def test_bad_input_is_told_in_one_line(command: Command, arguments: list[str], code: int, said: str) -> None:
    Path("list.json").write_text("[]", encoding="utf-8")
    Path("broken.json").write_text("{", encoding="utf-8")
    told = command(*arguments)

    assert told.code == code
    assert said in told.err
    assert told.err.count("\n") == 1


def test_a_request_is_passed_through(command: Command, sandbox: Sandbox) -> None:
    told = command("passthrough", "get", "/users", "--param", "limit=2", "--param", "includeDeactivated=true")

    assert told.code == 0
    assert told.json["data"]["status"] == 200
    assert len(told.json["data"]["data"]["data"]) == 2
    assert sandbox.key not in told.out


def test_parameters_are_sent_in_the_order_in_which_they_are_given(command: Command, sandbox: Sandbox) -> None:
    params = ["--param", "b=2", "--param", "a=", "--param", "b=1 +%"]
    told = command("passthrough", "GET", "/users?limit=1&b=0", *params)

    assert told.code == 0
    assert told.json["data"]["url"] == f"{sandbox.url}/users?limit=1&b=0&b=2&a=&b=1+%2B%25"


def test_a_refusal_of_levers_is_an_answer(command: Command) -> None:
    told = command("passthrough", "GET", "/opportunities/none")

    assert told.code == 0
    assert told.json["data"]["status"] == 404


@pytest.mark.long
def test_a_body_and_a_form_are_passed_through(command: Command, sandbox: Sandbox, tmp_path: Path) -> None:
    ident = sandbox.ids("opportunities")[0]
    body = written(tmp_path, {"tags": ["Passed"]})
    assert command("passthrough", "POST", f"/opportunities/{ident}/addTags", "--data", body).code == 0
    assert "Passed" in tags(sandbox, ident)

    (tmp_path / "cv.pdf").write_bytes(b"%PDF")
    path = f"/opportunities/{ident}/files?perform_as={user_of(sandbox)}"
    told = command("passthrough", "POST", path, "--form", f"file=@{tmp_path / 'cv.pdf'}")

    assert told.json["data"]["status"] == 201
    assert told.json["data"]["data"]["data"]["name"] == "cv.pdf"

"""`action` and `passthrough` write their envelope whatever Lever answers: JSON on standard output, always."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from lever_assets.cli import main
from lever_assets.cli.errors import CommandError
from lever_assets.sandbox import Sandbox
from lever_assets_tests.actions import newcomers
from lever_assets_tests.actions.newcomers import answer, open_job
from lever_assets_tests.actions.recruiting import Recruiting
from lever_assets_tests.actions.test_any_answer import CODES, spoiling, template
from lever_assets_tests.cli.conftest import Command, Outcome
from lever_assets_tests.cli.test_acting import written
from lever_assets_tests.hasty import retry_hastily
from lever_assets_tests.meddling import Asked, Meddler, Reply, meddling
from lever_assets_tests.sandbox.writing import user_of

FORM = re.compile(r"/postings/[^/]+/apply")


@pytest.fixture
def meddler(synced: None, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Meddler]:
    """Stand between the command and a Lever that was synced."""
    retry_hastily(monkeypatch)
    with meddling(sandbox.url) as between:
        monkeypatch.setenv("LEVER_BASE_URL", between.url)
        monkeypatch.setenv("LEVER_PERFORM_AS", user_of(sandbox))
        yield between


def creation(sandbox: Sandbox, folder: Path) -> dict[str, Any]:
    """Return somebody who fills in a form."""
    job = open_job(Recruiting(sandbox, folder, ""), "text", "choice", "date", required=("text",), eeo=True)
    given = [answer("text", "Because."), answer("choice", "remote:o-1"), answer("date", "2026-12-31")]
    return newcomers.creation(job, screening_question_answers=given)


def in_the_envelope(outcome: Outcome) -> dict[str, Any]:
    """Assert that the whole of standard output is the envelope, and standard error lines for people."""
    told: dict[str, Any] = outcome.json
    assert told["status"] in {"success", "error"}
    assert outcome.code == (0 if told["status"] == "success" else 1)
    assert told["status"] == "success" or told["error"]["code"] in CODES
    assert "Traceback" not in outcome.err
    return told


@pytest.mark.sampled(1)
@pytest.mark.parametrize("odd", [{"id": None}, {"id": 7}, {"id": ""}])
def test_an_odd_form_is_told_as_what_lever_answered(
    command: Command, sandbox: Sandbox, meddler: Meddler, tmp_path: Path, odd: dict[str, JsonValue]
) -> None:
    def change(asked: Asked, reply: Reply) -> Reply:
        found: Any = reply.json.get("data") if FORM.fullmatch(asked.path) else None
        return reply if found is None else reply.of({**found, **odd})

    meddler.change = change
    file = written(tmp_path, creation(sandbox, tmp_path))
    told = in_the_envelope(command("action", "create_application", "--input", file))

    assert told["error"]["code"] == "REMOTE.UNKNOWN_HTTP_ERROR"
    assert all(each.method == "GET" for each in meddler.asked)


@pytest.mark.long
def test_an_odd_answer_anywhere_is_told_in_the_envelope(
    command: Command, sandbox: Sandbox, meddler: Meddler, tmp_path: Path
) -> None:
    file = written(tmp_path, creation(sandbox, tmp_path))
    assert command("action", "create_application", "--input", file, "--dry-run").code == 0
    endpoints = list(dict.fromkeys(template(each) for each in meddler.asked))
    assert "GET /postings/:id/apply" in endpoints
    for number, endpoint in enumerate(endpoints * 4):
        meddler.change = spoiling(random.Random(number), endpoint)
        in_the_envelope(command("action", "create_application", "--input", file, "--dry-run"))


@pytest.mark.long
def test_what_nobody_foresaw_is_told_in_the_envelope(
    command: Command, meddler: Meddler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(*_: object) -> None:
        raise TypeError("Ada Byron")

    file = written(tmp_path, {"candidate_id": f"remote:{'a' * 8}", "tag": {"name": "x"}})
    monkeypatch.setattr("lever_assets.actions.engine.resolving.Resolver.candidate", odd)
    outcome = command("action", "remove_candidate_tag", "--input", file)

    assert in_the_envelope(outcome)["error"]["code"] == "REMOTE.UNKNOWN_HTTP_ERROR"
    assert "Ada" not in outcome.err + outcome.out
    with pytest.raises(CommandError) as shown:
        main(["--debug", "action", "remove_candidate_tag", "--input", file])
    assert isinstance(shown.value.__cause__, TypeError)


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "body",
    [
        b'{"data": ' + b"[" * 1000 + b"]" * 1000 + b"}",
        b'{"data": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"data": "\\ud800"}',
        b"\xff\xfe\x00",
        b"NaN",
        b"1e999",
        b'"' + "half \U0001f600".encode() + b'"',
    ],
    ids=["deep", "deeper", "half an emoji", "bytes", "NaN", "endless", "emoji"],
)
def test_whatever_a_passthrough_gives_is_json(command: Command, meddler: Meddler, body: bytes) -> None:
    meddler.change = lambda _, reply: reply.giving(200, body)
    told = in_the_envelope(command("passthrough", "GET", "/users"))

    assert told["data"]["status"] == 200
    json.dumps(told, allow_nan=False)


@pytest.mark.parametrize("given", [b"", b"[]", b"null", b'{"a": ', b"\xff\xfe", b'{"a": NaN}'])
def test_an_input_that_can_not_be_read_is_told_in_the_envelope_too(
    command: Command, tmp_path: Path, given: bytes
) -> None:
    file = tmp_path / "input.json"
    file.write_bytes(given)
    told = in_the_envelope(command("action", "add_candidate_tag", "--input", str(file)))
    assert told["error"]["title"] == "Unreadable input"


def test_a_byte_order_mark_is_passed_over(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_bytes(b'\xef\xbb\xbf{"tag": {"name": "x"}}')
    told = in_the_envelope(command("action", "add_candidate_tag", "--input", str(file)))
    assert "candidate_id" in told["error"]["message"]

"""While an action is at work: who else may come, what is kept of it, and what it does not wait for."""

import base64
import threading
from dataclasses import replace

import pytest

from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets.actions.engine.idempotency import input_hash
from lever_assets.actions.engine.redaction import redacted
from lever_assets.actions.inputs import CandidateAttachment
from lever_assets.sandbox import Fault, SandboxConfig, running_sandbox
from lever_assets_tests.actions.recruiting import HASTY, Recruiting
from lever_assets_tests.actions.writes import WRITES


def test_a_slow_action_keeps_its_claim(account: Recruiting) -> None:
    trial = WRITES["add_application_note"](account, account.person())
    short = replace(HASTY, lease=0.5)
    account.sandbox.set_faults(Fault(name="latency", rate=200))
    account.sandbox.reset_requests()
    answers: list[ActionAnswer] = []

    def call() -> None:
        answers.append(account.run("add_application_note", trial.given, idempotency_key="slow", timing=short))

    callers = [threading.Thread(target=call) for _ in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert [answer.error for answer in answers] == [None, None, None]
    assert account.sandbox.requests().of(trial.endpoint) == 1


def test_a_running_sync_holds_no_action_up(account: Recruiting) -> None:
    trial = WRITES["add_candidate_tag"](account, account.person())
    with account.session() as session, session.alone():
        answer = account.run("add_candidate_tag", trial.given)

    assert answer.succeeded, answer.error
    assert answer.warnings == ()


def test_tables_that_could_not_be_brought_up_are_a_warning(account: Recruiting) -> None:
    trial = WRITES["add_candidate_tag"](account, account.person())
    account.sandbox.set_faults(Fault(name="500", endpoint="GET /opportunities/:id", rate=1))
    answer = account.run("add_candidate_tag", trial.given)

    assert answer.succeeded
    assert "after the next sync" in answer.warnings[0]
    account.sandbox.set_faults()
    assert trial.effects(account) == 1


@pytest.mark.parametrize(
    ("name", "denied", "scope"),
    [
        ("add_candidate_tag", "opportunities:write", "opportunities:write:admin"),
        ("add_application_note", "notes:write", "notes:write:admin"),
    ],
)
def test_a_missing_permission_to_write_is_named(
    account: Recruiting, name: str, denied: str, scope: str
) -> None:
    person = account.person()
    trial = WRITES[name](account, person)
    known = account.sandbox.get("opportunities", person.opportunity)
    assert known is not None
    with running_sandbox(SandboxConfig(opportunities=0, rate=0, denied=frozenset({denied}))) as strict:
        strict.create("opportunities", {**known, "applications": []})
        answer = account.run(name, trial.given, settings={"base_url": strict.url})

    assert answer.error is not None
    assert answer.error["code"] == "INTEGRATION.PERMISSION_MISSING"
    assert scope in str(answer.error["message"])


def test_a_setting_that_names_nobody_is_told(account: Recruiting) -> None:
    trial = WRITES["add_application_note"](account, account.person())
    answer = account.run("add_application_note", trial.given, settings={"perform_as": "nobody-at-all"})

    assert answer.error is not None
    assert "LEVER_PERFORM_AS" in str(answer.error["message"])


def test_of_a_file_only_size_and_hash_are_kept_and_of_a_signed_link_its_host() -> None:
    def asked(**file: str) -> CandidateAttachment:
        attachment = {"name": "cv.pdf", "type": "CV", "content_type": "application/pdf", **file}
        return CandidateAttachment.model_validate({"candidate_id": "2" * 24, "attachment": attachment})

    content = base64.b64encode(b"a private file" * 100).decode()
    by_data = asked(data=content)
    by_link = asked(data_url="https://files.example.com/t0ken/cv.pdf?signature=s3cret")

    assert content[:20] not in str(redacted(by_data))
    assert content[:20] not in repr(by_data)
    assert "s3cret" not in str(redacted(by_link))
    assert "files.example.com" in str(redacted(by_link))
    assert "t0ken" not in str(redacted(by_link))
    assert input_hash(by_data) != input_hash(asked(data=content[:-4]))

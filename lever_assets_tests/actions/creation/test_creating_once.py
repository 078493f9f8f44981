"""Whatever happens on the way: a creation makes one candidate with one application, or none and says so."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets.actions.engine.timing import Timing
from lever_assets.sandbox import Fault
from lever_assets.store.ledger import ActionState
from lever_assets_tests.actions import killed
from lever_assets_tests.actions.engine.test_killed import wait_for
from lever_assets_tests.actions.engine.test_written_once import TROUBLES
from lever_assets_tests.actions.newcomers import (
    answer,
    applications_of,
    creation,
    document,
    newcomer,
    open_job,
    opportunities_of,
    somebody,
)
from lever_assets_tests.actions.recruiting import Recruiting, fresh
from lever_assets_tests.meddling import Asked, Reply, meddling

CREATE = "POST /opportunities"
APPLY = "POST /postings/:id/apply"
UPLOAD = "POST /uploads"
CONTACT = "PUT /contacts/:id"
STAGE = "PUT /opportunities/:id/stage"
LINKS = "POST /opportunities/:id/addLinks"
TAGS = "POST /opportunities/:id/addTags"
SOURCES = "POST /opportunities/:id/addSources"
FILES = "POST /opportunities/:id/files"
LOOK_UP = "GET /opportunities"

LINKED = [{"url": f"https://example.com/{number}"} for number in range(4)]


def direct(account: Recruiting) -> dict[str, Any]:
    """Somebody who is created without a form."""
    person = newcomer(phone_number="+44 1", social_links=LINKED)
    files = [document(), document("letter.pdf", b"a letter", type="COVER_LETTER")]
    acting = {"lever": {"perform_as": somebody(account)}}
    return creation(
        open_job(account), person, stage_id="remote:offer", attachments=files, remote_fields=acting
    )


def through_form(account: Recruiting) -> dict[str, Any]:
    """Somebody whose creation takes every step that there is."""
    person = newcomer(title="Engineer", company="Acme", phone_number="+44 1", social_links=LINKED)
    fields = {"tags": ["ours"], "sources": ["Fair"]}
    return creation(
        open_job(account, "text", "file"),
        person,
        stage_id="remote:offer",
        screening_question_answers=[
            answer("text", "Because."),
            answer("file", document("portfolio.pdf", type=None)),
        ],
        attachments=[document(), document("letter.pdf", b"a letter", type="COVER_LETTER")],
        remote_fields={"lever": {"perform_as": somebody(account), "candidate": fields}},
    )


WAYS: dict[str, tuple[Callable[[Recruiting], dict[str, Any]], tuple[str, ...]]] = {
    "direct": (direct, (CREATE, FILES)),
    "form": (through_form, (UPLOAD, APPLY, CONTACT, LINKS, TAGS, SOURCES, STAGE, FILES)),
}
STEPS = [(way, endpoint) for way, (_, endpoints) in WAYS.items() for endpoint in endpoints]


def assert_whole(account: Recruiting, given: dict[str, Any], *, form: bool) -> None:
    """Assert that Lever has all of it, and all of it once."""
    (found,) = opportunities_of(account, given)
    assert len(applications_of(account, given)) == 1
    assert found["stage"] == "offer"
    assert len([each for each in found["stageChanges"] if each["toStageId"] == "offer"]) == 1
    assert found["links"] == [each["url"] for each in LINKED]
    assert [each["value"] for each in found["phones"]] == ["+44 1"]
    path = f"/opportunities/{found['id']}"
    assert [each["file"]["name"] for each in account.read(f"{path}/resumes")] == ["cv.pdf"]
    assert [each["name"] for each in account.read(f"{path}/files")] == ["letter.pdf"]
    if form:
        assert found["tags"].count("ours") == 1
        assert found["sources"].count("Fair") == 1
        assert found["headline"] == "Engineer at Acme"


@pytest.mark.sampled(20)
@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
@pytest.mark.parametrize(("way", "endpoint"), STEPS, ids=["-".join(step) for step in STEPS])
def test_a_trouble_at_any_step_leaves_one_of_all(
    account: Recruiting, way: str, endpoint: str, trouble: dict[str, str]
) -> None:
    given = WAYS[way][0](account)
    account.sandbox.set_faults(Fault.model_validate({**trouble, "endpoint": endpoint, "times": 1}))
    found = account.run("create_application", given)

    assert found.succeeded, found.error
    assert found.state is ActionState.SUCCEEDED, found.warnings
    assert found.warnings == ()
    assert_whole(account, given, form=way == "form")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("way", "endpoint"), [("direct", CREATE), ("form", APPLY)])
def test_no_answer_to_the_creation_leaves_one_candidate(
    account: Recruiting, way: str, endpoint: str, when: str
) -> None:
    given = {**WAYS[way][0](account), "attachments": []}  # the client waits long for what carries files
    fault = {"name": "timeout", "when": when, "endpoint": endpoint, "times": 1}
    account.sandbox.set_faults(Fault.model_validate(fault))
    found = account.run("create_application", given)

    assert found.succeeded, found.error
    assert len(opportunities_of(account, given)) == len(applications_of(account, given)) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("way", "endpoint"), [("direct", CREATE), ("form", APPLY)])
def test_a_lasting_trouble_is_told_from_success(
    account: Recruiting, way: str, endpoint: str, when: str
) -> None:
    given = WAYS[way][0](account)
    fault = {"name": "500", "when": when, "endpoint": endpoint, "rate": 1}
    account.sandbox.set_faults(Fault.model_validate(fault))
    found = account.run("create_application", given)

    if when == "after":
        assert found.succeeded, found.error
        assert len(applications_of(account, given)) == 1
    else:
        assert found.error is not None
        assert found.error["code"] == "REMOTE.SERVICE_UNAVAILABLE"
        assert found.state is ActionState.FAILED
        assert opportunities_of(account, given) == []


@pytest.mark.parametrize(("way", "endpoint"), [("direct", CREATE), ("form", APPLY)])
def test_a_creation_that_can_not_be_looked_up_is_unknown_until_it_can(
    account: Recruiting, way: str, endpoint: str
) -> None:
    given, key = WAYS[way][0](account), fresh("unknown")
    account.sandbox.set_faults(Fault(name="reset", when="after", endpoint=endpoint, rate=1))
    silenced = threading.Event()

    def silence_the_look_up() -> None:
        while not silenced.wait(0.005):
            if account.sandbox.requests().of(endpoint):
                account.sandbox.set_faults(Fault(name="500", endpoint=LOOK_UP, rate=1))
                return

    account.sandbox.reset_requests()
    watching = threading.Thread(target=silence_the_look_up)
    watching.start()
    first = account.run("create_application", given, idempotency_key=key)
    silenced.set()
    watching.join()
    account.sandbox.set_faults()

    again = account.run("create_application", given, idempotency_key=key)

    assert again.succeeded, again.error
    assert again.action_id == first.action_id
    assert account.sandbox.requests().of(endpoint) == 1
    assert_whole(account, given, form=way == "form")


@pytest.mark.parametrize("endpoint", [CONTACT, LINKS, TAGS, SOURCES, STAGE, FILES])
def test_a_step_that_fails_for_good_is_a_warning_and_done_by_the_same_key(
    account: Recruiting, endpoint: str
) -> None:
    given, key = through_form(account), fresh("lasting")
    account.sandbox.set_faults(Fault(name="500", endpoint=endpoint, rate=1))
    first = account.run("create_application", given, idempotency_key=key)

    assert first.succeeded, first.error
    assert first.state is ActionState.INCOMPLETE
    assert len(first.warnings) == 1

    account.sandbox.set_faults()
    account.sandbox.reset_requests()
    second = account.run("create_application", given, idempotency_key=key)

    assert second.state is ActionState.SUCCEEDED
    assert second.warnings == ()
    assert second.data is not None
    assert first.data is not None
    assert second.data["id"] == first.data["id"]
    assert account.sandbox.requests().of(APPLY) == account.sandbox.requests().of(UPLOAD) == 0
    assert_whole(account, given, form=True)


def test_a_candidate_whose_files_fail_is_not_created_again(account: Recruiting) -> None:
    given, key = direct(account), fresh("files")
    account.sandbox.set_faults(Fault(name="500", endpoint=FILES, rate=1))
    for _ in range(2):
        found = account.run("create_application", given, idempotency_key=key)
        assert found.state is ActionState.INCOMPLETE
        assert any("letter.pdf" in each for each in found.warnings)

    assert account.sandbox.requests().of(CREATE) >= 1
    assert len(applications_of(account, given)) == 1


def test_a_resume_that_can_not_be_uploaded_becomes_a_file(account: Recruiting) -> None:
    given = through_form(account)
    given["screening_question_answers"] = given["screening_question_answers"][:1]
    account.sandbox.set_faults(Fault(name="500", endpoint=UPLOAD, rate=1))
    found = account.run("create_application", given)

    assert found.succeeded, found.error
    assert "as the résumé" in found.warnings[0]
    (opportunity,) = opportunities_of(account, given)
    names = {each["name"] for each in account.read(f"/opportunities/{opportunity['id']}/files")}
    assert names == {"cv.pdf", "letter.pdf"}


@pytest.mark.parametrize("status", ["400", "413", "422"])
@pytest.mark.parametrize(("way", "endpoint"), [("direct", CREATE), ("form", APPLY)])
def test_a_cv_that_lever_refuses_does_not_keep_the_candidate_from_being_created(
    account: Recruiting, way: str, endpoint: str, status: str
) -> None:
    given, key = WAYS[way][0](account), fresh("refused")
    account.sandbox.set_faults(Fault(name=status, endpoint=endpoint, times=1))
    found, again = (account.run("create_application", given, idempotency_key=key) for _ in range(2))

    assert found.state is ActionState.SUCCEEDED, (found.error, found.warnings)
    assert again == found
    assert ["as the résumé" in each and "added as a file" in each for each in found.warnings] == [True]
    (opportunity,) = opportunities_of(account, given)
    path = f"/opportunities/{opportunity['id']}"
    assert account.read(f"{path}/resumes") == []
    assert {each["name"] for each in account.read(f"{path}/files")} == {"cv.pdf", "letter.pdf"}
    assert len(applications_of(account, given)) == 1


def _uploads_of(asked: list[Asked]) -> list[str]:
    """Return by what an application names its CV and the file that answers a question."""
    (body,) = [json.loads(each.body) for each in asked if each.path.endswith("/apply") and each.body]
    cv = next(each["value"] for each in body["personalInformation"] if each["name"] == "resume")
    return [cv, body["customQuestions"][0]["fields"][1]["value"]]


def test_an_application_names_its_files_by_the_uri_of_their_uploads(account: Recruiting) -> None:
    given = through_form(account)
    with meddling(account.sandbox.url) as between:
        found = account.run("create_application", given, settings={"base_url": between.url})

    assert (found.state, found.warnings) == (ActionState.SUCCEEDED, ())
    assert all(each.startswith("https://") for each in _uploads_of(between.asked))


def test_an_application_names_its_files_by_their_id_where_lever_gives_no_uri(account: Recruiting) -> None:
    given, uris = through_form(account), {}

    def without_uri(asked: Asked, reply: Reply) -> Reply:
        if asked.path != "/uploads":
            return reply
        made: Any = reply.json["data"]
        uris[made["id"]] = made.pop("uri")
        return reply.of(made)

    def by_uri(asked: Asked) -> bytes:
        body = asked.body
        for ident, uri in uris.items() if asked.path.endswith("/apply") else ():
            body = body.replace(ident.encode(), uri.encode())
        return body

    with meddling(account.sandbox.url, without_uri) as between:
        between.rewrite = by_uri
        found = account.run("create_application", given, settings={"base_url": between.url})

    assert (found.state, found.warnings) == (ActionState.SUCCEEDED, ())
    assert set(_uploads_of(between.asked)) == set(uris)


def test_a_form_that_requires_the_cv_is_not_sent_without_it(account: Recruiting) -> None:
    personal = [
        {"name": name, "text": name, "type": "text", "required": True, "value": None}
        for name in ("fullName", "email", "resume")
    ]
    job = open_job(account, "text", personalInformation=personal)
    given = creation(job, screening_question_answers=[answer("text", "Because.")], attachments=[document()])
    account.sandbox.reset_requests()
    account.sandbox.set_faults(Fault(name="400", endpoint=APPLY, rate=1))
    found = account.run("create_application", given)

    assert found.error is not None
    assert found.error["code"] == "REMOTE.INPUT_INVALID"
    assert account.sandbox.requests().of(APPLY) == 1


def test_an_answer_that_can_not_be_uploaded_creates_nothing(account: Recruiting) -> None:
    given = through_form(account)
    account.sandbox.set_faults(Fault(name="500", endpoint=UPLOAD, rate=1))
    found = account.run("create_application", given)

    assert found.error is not None
    assert found.error["code"] == "REMOTE.SERVICE_UNAVAILABLE"
    assert "portfolio.pdf" in str(found.error["message"])
    assert opportunities_of(account, given) == []


@pytest.mark.parametrize("way", WAYS)
def test_calls_at_once_with_one_key_write_once(account: Recruiting, way: str) -> None:
    given, key = WAYS[way][0](account), fresh("at once")
    answers = _at_once(account, given, [key] * 4)

    assert [each.error for each in answers] == [None] * 4
    assert all(each.data == answers[0].data for each in answers)
    assert_whole(account, given, form=way == "form")


@pytest.mark.parametrize("way", WAYS)
def test_calls_at_once_with_keys_of_their_own_make_one_application(account: Recruiting, way: str) -> None:
    given = WAYS[way][0](account)
    answers = _at_once(account, given, [fresh("own") for _ in range(4)])

    codes = [each.error and each.error["code"] for each in answers]
    assert sorted(map(str, codes)) == ["ATS.APPLICATION_ALREADY_EXISTS"] * 3 + ["None"]
    assert_whole(account, given, form=way == "form")


def _at_once(account: Recruiting, given: dict[str, Any], keys: list[str]) -> list[ActionAnswer]:
    answers: list[ActionAnswer] = []

    def call(key: str) -> None:
        answers.append(account.run("create_application", given, idempotency_key=key))

    callers = [threading.Thread(target=call, args=(key,)) for key in keys]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return answers


PATIENT = Timing(lease=killed.LEASE, pause=0.01, lag=0.05, patience=1.0, wait=20)
KILLED_AT = [
    ("direct", CREATE, "before"),
    ("direct", CREATE, "after"),
    ("form", APPLY, "before"),
    ("form", APPLY, "after"),
    ("form", CONTACT, "after"),
    ("form", FILES, "after"),
]


@pytest.mark.sampled(1)
@pytest.mark.parametrize(("way", "endpoint", "when"), KILLED_AT)
def test_a_creation_is_completed_although_its_process_was_killed(
    account: Recruiting, tmp_path: Path, way: str, endpoint: str, when: str
) -> None:
    database = tmp_path / "lever.db"
    shutil.copy(account.database.removeprefix("sqlite:///"), database)
    mine = Recruiting(account.sandbox, tmp_path, f"sqlite:///{database}")
    given = WAYS[way][0](account)
    silence = {"name": "timeout", "when": when, "endpoint": endpoint, "times": 1}
    account.sandbox.set_faults(Fault.model_validate(silence))
    account.sandbox.reset_requests()
    arguments = [account.sandbox.key, account.sandbox.url, mine.database, str(tmp_path)]
    command = [sys.executable, "-m", killed.__name__, *arguments, "create_application"]
    with subprocess.Popen([*command, json.dumps(given)]) as process:
        wait_for(account, endpoint, process)
        process.kill()

    found = mine.run("create_application", given, idempotency_key="killed", timing=PATIENT)

    assert found.state is ActionState.SUCCEEDED, (found.error, found.warnings)
    assert_whole(account, given, form=way == "form")
    made = account.sandbox.requests().of(CREATE if way == "direct" else APPLY)
    assert made == (2 if when == "before" else 1)

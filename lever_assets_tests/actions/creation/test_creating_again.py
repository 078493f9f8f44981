"""A creation done again with its key completes what is missing, and leaves what people changed since."""

from collections.abc import Iterator
from typing import Any

import pytest

from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets.actions.fetching.fetcher import Fetcher
from lever_assets.sandbox import Fault
from lever_assets.store.ledger import ActionState
from lever_assets_tests.actions.file_host import FileHost, Reply, file_host
from lever_assets_tests.actions.newcomers import (
    creation,
    document,
    in_lever,
    newcomer,
    open_job,
    opportunities_of,
    somebody,
)
from lever_assets_tests.actions.recruiting import Recruiting, fresh

LOCAL = Fetcher(allowed=lambda address: address.is_loopback, seconds=5, pause=0.001)


@pytest.fixture
def host() -> Iterator[FileHost]:
    with file_host() as running:
        yield running


def create(account: Recruiting, given: dict[str, Any], key: str) -> ActionAnswer:
    return account.run(
        "create_application", given, idempotency_key=key, perform_as=somebody(account), fetcher=LOCAL
    )


def linked(url: str, name: str = "letter.pdf", kind: str = "OTHER") -> dict[str, Any]:
    return {"name": name, "type": kind, "data_url": url}


def test_what_people_changed_since_stays(account: Recruiting, host: FileHost) -> None:
    person = newcomer()
    create(account, creation(open_job(account), person), fresh("known"))
    stages = [each["id"] for each in account.read("/stages")]
    url = host.gives("/letter.pdf", Reply(status=503))
    given = creation(open_job(account), person, stage_id=f"remote:{stages[5]}", attachments=[linked(url)])
    key = fresh("again")
    first = create(account, given, key)
    assert first.state is ActionState.INCOMPLETE
    opportunity = next(each for each in opportunities_of(account, given) if each["stage"] == stages[5])["id"]

    account.sandbox.edit("opportunities", opportunity, {"stage": stages[7]})
    host.gives("/letter.pdf", Reply(b"%PDF"))
    second = create(account, given, key)

    assert second.state is ActionState.SUCCEEDED, second.error
    assert account.read(f"/opportunities/{opportunity}")["stage"] == stages[7]
    assert [each["name"] for each in account.read(f"/opportunities/{opportunity}/files")] == ["letter.pdf"]


def test_a_link_that_expires_after_the_creation_is_a_warning(account: Recruiting, host: FileHost) -> None:
    url = host.gives("/cv.pdf", Reply(status=503), Reply(status=503), Reply(status=503), Reply(status=403))
    letter = document("letter.pdf", type="COVER_LETTER")
    given = creation(open_job(account), attachments=[linked(url, "cv.pdf", "CV"), letter])
    answer = create(account, given, fresh("expired"))

    assert answer.succeeded, answer.error
    assert answer.state is ActionState.INCOMPLETE
    assert "cv.pdf was not added" in answer.warnings[0] or "cv.pdf was not added" in answer.warnings[-1]
    files = account.read(f"/opportunities/{in_lever(account, given)['id']}/files")
    assert [each["name"] for each in files] == ["letter.pdf"]


def test_a_link_that_expired_does_not_keep_the_creation_from_being_looked_up(
    account: Recruiting, host: FileHost
) -> None:
    url = host.gives("/cv.pdf", Reply(b"%PDF"))
    given = creation(open_job(account), attachments=[linked(url, "cv.pdf", "CV")])
    key = fresh("lost")
    account.sandbox.set_faults(Fault(name="reset", when="after", endpoint="POST /opportunities", rate=1))
    create(account, given, key)
    account.sandbox.set_faults()
    host.gives("/cv.pdf", Reply(status=404))
    answer = create(account, given, key)

    assert answer.succeeded, answer.error
    assert len(opportunities_of(account, given)) == 1


def test_of_two_cvs_each_is_there_once(account: Recruiting, host: FileHost) -> None:
    url = host.gives("/first.pdf", Reply(status=503), Reply(status=503), Reply(status=503), Reply(b"first"))
    given = creation(
        open_job(account),
        attachments=[linked(url, "first.pdf", "CV"), document("second.pdf", b"%PDF second")],
    )
    answer = create(account, given, fresh("two"))

    path = f"/opportunities/{in_lever(account, given)['id']}"
    assert [each["file"]["name"] for each in account.read(f"{path}/resumes")] == ["second.pdf"]
    assert [each["name"] for each in account.read(f"{path}/files")] == ["first.pdf"]
    assert answer.succeeded


@pytest.mark.parametrize("name", ['my "best" cv.pdf', "my\x07cv.pdf"])
def test_a_name_that_a_form_would_spell_otherwise_is_known_again(account: Recruiting, name: str) -> None:
    person = account.person()
    before = len(account.files(person))
    given = {"candidate_id": person.candidate, "attachment": document(name)}
    account.sandbox.set_faults(
        Fault(name="500", when="after", endpoint="POST /opportunities/:id/files", times=1)
    )
    answer = account.run("add_candidate_attachment", given, perform_as=somebody(account))

    assert answer.succeeded, answer.error
    assert len(account.files(person)) == before + 1


@pytest.mark.parametrize("declared", ["application/pdf", None])
@pytest.mark.parametrize("given_type", ["text/html", "application/x-msdownload"])
def test_what_the_host_says_of_a_file_counts_too(
    account: Recruiting, host: FileHost, declared: str | None, given_type: str
) -> None:
    url = host.gives("/cv.pdf", Reply(b"<html>", headers={"Content-Type": given_type}))
    file = {"name": "cv.pdf", "type": "CV", "data_url": url, "content_type": declared}
    given = {"candidate_id": account.person().candidate, "attachment": file}
    answer = account.run("add_candidate_attachment", given, fetcher=LOCAL)

    assert answer.error is not None
    assert answer.error["title"] == "File not taken"


@pytest.mark.parametrize(
    "changes",
    [
        {"candidate_id": "remote:zzz\n"},
        {"attachment": document(content_type="text/plain\n")},
        {"attachment": document("evil.exe.")},
    ],
)
def test_what_only_looks_right_is_refused(account: Recruiting, changes: dict[str, Any]) -> None:
    given = {"candidate_id": account.person().candidate, "attachment": document(), **changes}
    answer = account.run("add_candidate_attachment", given)

    assert answer.error is not None
    assert answer.error["code"] == "PLATFORM.INPUT_INVALID"


def test_an_answer_with_a_link_that_is_none_is_an_answer_that_is_refused(account: Recruiting) -> None:
    bad = {"name": "x", "data_url": "htps://files.example/cv?sig=SIGSECRET"}
    job = open_job(account, "file")
    given = creation(job, screening_question_answers=[{"question_id": "remote:x", "answer": bad}])
    answer = create(account, given, fresh("bad link"))

    assert "SIGSECRET" not in str(answer)

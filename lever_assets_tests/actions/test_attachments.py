"""Files reach Lever once, whole, and only those that may."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from lever_assets.actions.engine.effects import FileAdded
from lever_assets.actions.fetching.fetcher import LARGEST, Fetcher
from lever_assets.sandbox import Fault
from lever_assets.store import ledger
from lever_assets_tests.actions.file_host import FileHost, Reply, file_host
from lever_assets_tests.actions.newcomers import creation, newcomer, open_job, opportunities_of, somebody
from lever_assets_tests.actions.recruiting import HASTY, Person, Recruiting, client

PDF = b"%PDF-1.4 a document"
LOCAL = Fetcher(allowed=lambda address: address.is_loopback, seconds=5, pause=0.001)
FILES = "POST /opportunities/:id/files"


@pytest.fixture
def host() -> Iterator[FileHost]:
    with file_host() as running:
        yield running


@pytest.fixture(autouse=True)
def acting(account: Recruiting, monkeypatch: pytest.MonkeyPatch) -> str:
    """The user who adds the files."""
    user = somebody(account)
    monkeypatch.setenv("LEVER_PERFORM_AS", user)
    return user


def document(name: str = "cv.pdf", data: bytes = PDF, **changes: Any) -> dict[str, Any]:
    encoded = b64encode(data).decode()
    return {"name": name, "type": "OTHER", "content_type": "application/pdf", "data": encoded, **changes}


def content(account: Recruiting, person: Person, name: str) -> bytes:
    """Return the bytes of a file in Lever."""
    listed = account.read(f"/opportunities/{person.opportunity}/files")
    found = next(each for each in listed if each["name"] == name)
    return account.download(f"/opportunities/{person.opportunity}/files/{found['id']}/download")


def test_a_file_by_its_data_arrives_whole(account: Recruiting) -> None:
    person = account.person()
    answer = account.run(
        "add_candidate_attachment", {"candidate_id": person.candidate, "attachment": document()}
    )

    assert answer.succeeded, answer.error
    assert answer.data == {}
    assert content(account, person, "cv.pdf") == PDF


def test_a_file_by_its_address_arrives_whole(account: Recruiting, host: FileHost) -> None:
    person = account.person()
    url = host.gives("/a?signature=s3cret", Reply(PDF, headers={"Content-Type": "application/octet-stream"}))
    file = {"name": "letter.pdf", "type": "COVER_LETTER", "data_url": url}
    answer = account.run(
        "add_application_attachment",
        {"application_id": person.application, "attachment": file},
        fetcher=LOCAL,
    )

    assert answer.succeeded, answer.error
    assert content(account, person, "letter.pdf") == PDF
    assert answer.warnings == (
        "Lever keeps files on the candidate: the file is not tied to this application.",
    )


def test_a_cv_for_somebody_who_is_there_is_a_file(account: Recruiting) -> None:
    person = account.person()
    given = {"candidate_id": person.candidate, "attachment": document(type="CV")}
    answer = account.run("add_candidate_attachment", given)

    assert "résumé only when a candidate is created" in answer.warnings[0]
    assert content(account, person, "cv.pdf") == PDF


def test_a_file_that_nobody_adds_is_refused_with_what_to_set(
    account: Recruiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEVER_PERFORM_AS")
    person = account.person()
    given = {"candidate_id": person.candidate, "attachment": document("nobodys.pdf")}
    answer = account.run("add_candidate_attachment", given)

    assert answer.error is not None
    assert answer.error["code"] == "PLATFORM.INPUT_INVALID"
    assert "LEVER_PERFORM_AS" in str(answer.error["message"])
    assert "nobodys.pdf" not in account.files(person)


def test_what_follows_a_creation_is_written_by_the_same_user(
    account: Recruiting, acting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEVER_PERFORM_AS")
    given = creation(
        open_job(account),
        newcomer(additional_email_addresses=[{"email_address": "more@example.org"}]),
        attachments=[document("a.pdf")],
        sourced_by={"user_id": f"remote:{acting}"},
    )
    account.sandbox.reset_requests()
    answer = account.run("create_application", given)

    assert answer.succeeded, answer.error
    assert answer.warnings == ()
    written = [each for each in account.sandbox.requests().recent if not each.startswith("GET")]
    assert len(written) > 1
    assert all(each.endswith(f"perform_as={acting}") for each in written)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (document(data=b""), "data"),
        ({**document(), "data": "no base64!"}, "not base64"),
        (document(name="cv.exe"), "programs are not taken"),
        (document(name="CV.PDF.Bat "), "programs are not taken"),
        (document(content_type="application/x-msdownload"), "programs are not taken"),
        (document(name=" "), "attachment.name"),
        (document(type="PHOTO"), "attachment.type"),
        (document(data_url="https://example.com/cv.pdf"), "exactly one of data and data_url"),
        ({"name": "cv.pdf", "type": "CV"}, "exactly one of data and data_url"),
        ({"name": "cv.pdf", "type": "CV", "data": "AAAA"}, "needs a content_type"),
        ({"name": "cv.pdf", "type": "CV", "data_url": "ftp://example.com/cv.pdf"}, "http or https"),
        (
            {"name": "cv.pdf", "type": "CV", "data_url": "http://127.0.0.1/cv.pdf"},
            "not on the public internet",
        ),
        (
            {"name": "cv.pdf", "type": "CV", "data_url": "https://a:b@example.com/"},
            "a user name or a password",
        ),
    ],
)
def test_what_can_not_be_a_file_is_refused_before_anything_is_sent(
    account: Recruiting, file: dict[str, Any], said: str
) -> None:
    account.sandbox.reset_requests()
    given = {"candidate_id": account.person().candidate, "attachment": file}
    answer = account.run("add_candidate_attachment", given)

    assert answer.error is not None
    assert answer.error["code"] == "PLATFORM.INPUT_INVALID"
    assert said in str(answer.error["message"])
    assert account.sandbox.requests().of(FILES) == 0


@pytest.mark.parametrize("size", [LARGEST + 1, LARGEST * 2])
def test_a_file_that_lever_would_not_take_is_not_sent(account: Recruiting, size: int) -> None:
    given = {"candidate_id": account.person().candidate, "attachment": document(data=b"x" * size)}
    answer = account.run("add_candidate_attachment", given)

    assert answer.error is not None
    assert "larger than 30 MB" in str(answer.error["message"])


def test_a_web_page_instead_of_a_document_is_noticed(account: Recruiting, host: FileHost) -> None:
    page = Reply(b"<html>Sign in</html>", headers={"Content-Type": "text/html; charset=utf-8"})
    file = {"name": "cv.pdf", "type": "CV", "data_url": host.gives("/cv.pdf", page)}
    given = {"candidate_id": account.person().candidate, "attachment": file}
    answer = account.run("add_candidate_attachment", given, fetcher=LOCAL)

    assert answer.error is not None
    assert "web page" in str(answer.error["message"])


def test_a_file_that_can_not_be_had_now_may_be_had_later(account: Recruiting, host: FileHost) -> None:
    person = account.person()
    before = account.files(person)
    file = {"name": "cv.pdf", "type": "CV", "data_url": host.gives("/cv.pdf", Reply(status=503))}
    given = {"candidate_id": person.candidate, "attachment": file}
    first = account.run("add_candidate_attachment", given, fetcher=LOCAL, idempotency_key="later")

    assert first.error is not None
    assert first.error["code"] == "REMOTE.SERVICE_UNAVAILABLE"

    host.gives("/cv.pdf", Reply(PDF))
    second = account.run("add_candidate_attachment", given, fetcher=LOCAL, idempotency_key="later")

    assert second.succeeded
    assert account.files(person).count("cv.pdf") == before.count("cv.pdf") + 1


def test_a_dry_run_tells_of_a_file_only_what_identifies_it(account: Recruiting) -> None:
    person = account.person()
    before = account.files(person)
    given = {"candidate_id": person.candidate, "attachment": document()}
    answer = account.run("add_candidate_attachment", given, dry_run=True)

    data: Any = answer.data
    (request,) = data["requests"]
    (file,) = request["files"]
    assert file["size"] == len(PDF)
    assert b64encode(PDF).decode() not in str(request)
    assert account.files(person) == before


def test_the_ledger_keeps_no_content_and_no_signature(account: Recruiting, host: FileHost) -> None:
    url = host.gives("/cv.pdf?signature=s3cret", Reply(PDF))
    by_link = {"name": "cv.pdf", "type": "CV", "data_url": url}
    for key, file in (("by data", document()), ("by link", by_link)):
        given = {"candidate_id": account.person().candidate, "attachment": file}
        assert account.run("add_candidate_attachment", given, fetcher=LOCAL, idempotency_key=key).succeeded
        with account.session() as session, session.reading() as tx:
            entry = ledger.find(tx, key)
        assert entry is not None
        kept = f"{entry.request} {entry.steps} {entry.answer}"
        assert b64encode(PDF).decode() not in kept
        assert "s3cret" not in kept


def test_the_same_file_twice_within_minutes_is_one(account: Recruiting) -> None:
    person = account.person()
    before = account.files(person)
    given = {"candidate_id": person.candidate, "attachment": document()}
    account.sandbox.set_faults(Fault(name="reset", when="after", endpoint=FILES, times=1))
    first = account.run("add_candidate_attachment", given)
    second = account.run("add_candidate_attachment", given)

    assert first.succeeded
    assert second.action_id == first.action_id
    assert account.files(person).count("cv.pdf") == before.count("cv.pdf") + 1


def test_the_files_that_failed_are_tried_once_more_together(account: Recruiting) -> None:
    files = [document("a.pdf"), document("b.pdf")]
    given = creation(open_job(account), attachments=files)
    account.sandbox.set_faults(Fault(name="500", when="before", endpoint=FILES, times=HASTY.attempts))
    account.sandbox.reset_requests()
    answer = account.run("create_application", given, settings={"perform_as": somebody(account)})

    assert answer.succeeded, answer.error
    assert answer.warnings == ()
    (opportunity,) = opportunities_of(account, given)
    listed = account.read(f"/opportunities/{opportunity['id']}/files")
    assert sorted(each["name"] for each in listed) == ["a.pdf", "b.pdf"]
    assert account.sandbox.requests().of(FILES) == HASTY.attempts + 2


def test_the_file_of_another_step_is_not_taken_for_ones_own(account: Recruiting) -> None:
    person = account.person()
    given = {"candidate_id": person.candidate, "attachment": document("twin.pdf")}
    assert account.run("add_candidate_attachment", given).succeeded
    listed = account.read(f"/opportunities/{person.opportunity}/files")
    twin = next(each["id"] for each in listed if each["name"] == "twin.pdf")
    effect = FileAdded(person.opportunity, "files", "twin.pdf", len(PDF))
    other = FileAdded(person.opportunity, "files", "twin.pdf", len(PDF), frozenset({twin}))

    async def found(sought: FileAdded) -> object:
        with account.session() as session:
            async with client(session.settings) as lever:
                return await sought.found(lever, [])

    assert asyncio.run(found(effect)) == {"id": twin}
    assert asyncio.run(found(other)) is None

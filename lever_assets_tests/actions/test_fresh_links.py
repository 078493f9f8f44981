"""A link to a file is signed anew each time: what it signs is the same file, and the same action."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from lever_assets.actions.engine.envelope import ActionAnswer
from lever_assets.actions.fetching.fetcher import Fetcher
from lever_assets.sandbox import Fault
from lever_assets.store.ledger import ActionState
from lever_assets.store.tables import action_ledger
from lever_assets.store.transaction import now
from lever_assets_tests.actions.file_host import FileHost, Reply, file_host
from lever_assets_tests.actions.newcomers import (
    answer,
    applications_of,
    creation,
    document,
    in_lever,
    open_job,
    somebody,
)
from lever_assets_tests.actions.recruiting import Recruiting, fresh

LOCAL = Fetcher(allowed=lambda address: address.is_loopback, seconds=5, pause=0.001)
AWAY = Reply(status=503)
PDF = Reply(b"%PDF-1.4 a document")
KEYS = pytest.mark.parametrize("key", ["of its own", None], ids=["same key", "no key"])


@pytest.fixture
def host() -> Iterator[FileHost]:
    with file_host() as running:
        yield running


@pytest.fixture(autouse=True)
def _acting(account: Recruiting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVER_PERFORM_AS", somebody(account))


def linked(url: str, name: str = "cv.pdf", kind: str = "CV") -> dict[str, Any]:
    return {"name": name, "type": kind, "data_url": url}


def run(account: Recruiting, given: dict[str, Any], key: str | None, **options: Any) -> ActionAnswer:
    return account.run("create_application", given, idempotency_key=key, fetcher=LOCAL, **options)


def names(account: Recruiting, given: dict[str, Any], listed: str) -> list[str]:
    records = account.read(f"/opportunities/{in_lever(account, given)['id']}/{listed}")
    return [(each["file"] if listed == "resumes" else each)["name"] for each in records]


@KEYS
def test_a_fresh_link_completes_what_the_old_one_could_not(
    account: Recruiting, host: FileHost, key: str | None
) -> None:
    key = key and fresh(key)
    first_url = host.gives("/letter.pdf?X-Amz-Signature=first&X-Amz-Expires=60", AWAY)
    given = creation(open_job(account), attachments=[linked(first_url, "letter.pdf", "COVER_LETTER")])
    first = run(account, given, key)
    assert first.state is ActionState.INCOMPLETE

    second_url = host.gives("/letter.pdf?X-Amz-Signature=second&X-Amz-Expires=60", PDF)
    again = {**given, "attachments": [linked(second_url, "letter.pdf", "COVER_LETTER")]}
    second = run(account, again, key)

    assert second.succeeded, second.error
    assert (second.action_id, second.state, second.warnings) == (first.action_id, ActionState.SUCCEEDED, ())
    assert names(account, given, "files") == ["letter.pdf"]
    assert len(applications_of(account, given)) == 1


@KEYS
def test_a_file_that_answers_a_question_may_come_by_a_fresh_link(
    account: Recruiting, host: FileHost, key: str | None
) -> None:
    key = key and fresh(key)
    urls = (host.gives("/folio.pdf?sig=1", AWAY), host.gives("/folio.pdf?sig=2", PDF))
    job, person = open_job(account, "file"), creation("")["candidate"]
    file = {"name": "folio.pdf"}
    first, second = (
        run(
            account,
            creation(job, person, screening_question_answers=[answer("file", {**file, "data_url": url})]),
            key,
        )
        for url in urls
    )

    assert first.error is not None
    assert second.succeeded, second.error
    assert second.action_id == first.action_id


@KEYS
def test_an_attachment_may_come_by_a_fresh_link(account: Recruiting, host: FileHost, key: str | None) -> None:
    key, person = key and fresh(key), account.person()
    before = account.files(person)
    urls = [
        host.gives("/cv.pdf", Reply(status=403)),
        host.gives("/cv.pdf?token=a", PDF),
        host.gives("/cv.pdf?token=b", PDF) + "#page=1",
    ]
    answers = [
        account.run(
            "add_candidate_attachment",
            {"candidate_id": person.candidate, "attachment": linked(url)},
            idempotency_key=key,
            fetcher=LOCAL,
        )
        for url in urls
    ]

    assert [each.succeeded for each in answers] == [False, True, True]
    assert len({each.action_id for each in answers}) == 1
    assert account.files(person).count("cv.pdf") == before.count("cv.pdf") + 1


def test_a_link_to_another_file_is_another_input(account: Recruiting, host: FileHost) -> None:
    key, person = fresh("another file"), account.person()
    first, second = (
        account.run(
            "add_candidate_attachment",
            {"candidate_id": person.candidate, "attachment": linked(host.gives(path, PDF))},
            idempotency_key=key,
            fetcher=LOCAL,
        )
        for path in ("/cv.pdf?sig=1", "/other.pdf?sig=1")
    )

    assert first.succeeded
    assert second.error is not None
    assert second.error["title"] == "Key used before"


def test_two_files_whose_links_differ_in_their_query_alone_are_both_added_once(
    account: Recruiting, host: FileHost
) -> None:
    key = fresh("two")
    host.gives("/file?id=1&sig=a", Reply(b"%PDF one"))
    host.gives("/file?id=2&sig=a", AWAY)
    given = creation(open_job(account))

    def files(signature: str) -> list[dict[str, Any]]:
        paths = (f"/file?id={number}&sig={signature}" for number in (1, 2))
        return [linked(host.url(path), "file.pdf", "OTHER") for path in paths]

    first = run(account, {**given, "attachments": files("a")}, key)
    assert first.state is ActionState.INCOMPLETE
    host.gives("/file?id=1&sig=b", Reply(b"%PDF one"))
    host.gives("/file?id=2&sig=b", Reply(b"%PDF two, longer"))
    second = run(account, {**given, "attachments": files("b")}, key)

    assert second.state is ActionState.SUCCEEDED, second.warnings
    path = f"/opportunities/{in_lever(account, given)['id']}/files"
    assert sorted(each["size"] for each in account.read(path)) == [8, 16]


@KEYS
@pytest.mark.parametrize("form", [False, True], ids=["direct", "form"])
def test_a_cv_that_could_not_be_fetched_at_creation_is_added_later_with_a_warning(
    account: Recruiting, host: FileHost, key: str | None, form: bool
) -> None:
    key = key and fresh(key)
    answers = [answer("text", "Because.")] if form else []
    job = open_job(account, *(["text"] if form else []))
    given = creation(
        job,
        screening_question_answers=answers,
        attachments=[linked(host.gives("/cv.pdf?sig=1", AWAY)), document("a.pdf", type="OTHER")],
    )
    first = run(account, given, key)
    assert first.state is ActionState.INCOMPLETE
    assert "cv.pdf was not added" in str(first.warnings)

    again = {**given, "attachments": [linked(host.gives("/cv.pdf?sig=2", PDF)), given["attachments"][1]]}
    second = run(account, again, key)

    assert second.state is ActionState.SUCCEEDED, second.error
    assert ["as the résumé" in each and "added as a file" in each for each in second.warnings] == [True]
    assert (names(account, given, "resumes"), sorted(names(account, given, "files"))) == (
        [],
        ["a.pdf", "cv.pdf"],
    )
    third = run(account, again, key)
    assert "as the résumé" in third.warnings[0]


def test_a_cv_by_a_link_that_was_refused_is_the_resume_by_a_fresh_one(
    account: Recruiting, host: FileHost
) -> None:
    given = creation(open_job(account), attachments=[linked(host.gives("/cv.pdf?sig=1", Reply(status=403)))])
    first = run(account, given, None)
    assert first.error is not None

    again = {**given, "attachments": [linked(host.gives("/cv.pdf?sig=2", PDF))]}
    second = run(account, again, None)

    assert (second.state, second.warnings) == (ActionState.SUCCEEDED, ())
    assert names(account, given, "resumes") == ["cv.pdf"]


def test_a_cv_that_the_form_requires_and_that_can_not_be_fetched_creates_nothing(
    account: Recruiting, host: FileHost
) -> None:
    personal = [
        {"name": name, "text": name, "type": "text", "required": True, "value": None}
        for name in ("fullName", "email", "resume")
    ]
    job = open_job(account, "text", personalInformation=personal)
    answers = [answer("text", "Because.")]
    given = creation(
        job, screening_question_answers=answers, attachments=[linked(host.gives("/cv.pdf?sig=1", AWAY))]
    )
    account.sandbox.reset_requests()
    first = run(account, given, None)

    assert first.error is not None
    assert first.error["code"] == "REMOTE.SERVICE_UNAVAILABLE"
    assert all(each.startswith("GET ") for each in account.sandbox.requests().by_endpoint)

    again = {**given, "attachments": [linked(host.gives("/cv.pdf?sig=2", PDF))]}
    assert run(account, again, None).succeeded
    assert names(account, given, "resumes") == ["cv.pdf"]


@pytest.mark.parametrize("age", [timedelta(hours=20), timedelta(days=45)])
@pytest.mark.parametrize("form", [False, True], ids=["direct", "form"])
def test_a_creation_of_unknown_outcome_is_completed_however_late(
    account: Recruiting, host: FileHost, age: timedelta, form: bool
) -> None:
    answers = [answer("text", "Because.")] if form else []
    job = open_job(account, *(["text"] if form else []))
    attachments = [linked(host.gives("/cv.pdf?sig=1", PDF))]
    given = creation(job, screening_question_answers=answers, attachments=attachments)
    endpoint = "POST /postings/:id/apply" if form else "POST /opportunities"
    account.sandbox.set_faults(
        Fault(name="reset", when="after", endpoint=endpoint, rate=1),
        # The look-ups before the creation are answered, those after it are not.
        Fault.model_validate({"name": "500", "endpoint": "GET /opportunities", "from": 3}),
    )
    first = run(account, given, None)
    account.sandbox.set_faults()
    assert first.state is ActionState.UNKNOWN, first.error
    _grow_old(account, str(first.action_id), age)

    again = {**given, "attachments": [linked(host.gives("/cv.pdf?sig=2", PDF))]}
    second = run(account, again, None)

    assert second.succeeded, second.error
    assert second.action_id == first.action_id
    assert len(applications_of(account, given)) == 1
    assert names(account, given, "resumes") == ["cv.pdf"]


def _grow_old(account: Recruiting, action_id: str, age: timedelta) -> None:
    c = action_ledger.c
    with account.session() as session, session.writing() as tx:
        tx.sql.execute(update(action_ledger).where(c.id == action_id).values(updated_at=now() - age))

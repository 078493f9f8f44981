"""Why nobody is created is told apart, before anything is sent."""

from typing import Any

import pytest

from lever_assets.sandbox import Fault
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
from lever_assets_tests.actions.recruiting import Recruiting


def refused(account: Recruiting, given: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Return the error of a creation of which nothing was sent."""
    settings = {"perform_as": somebody(account), **options.pop("settings", {})}
    account.sandbox.reset_requests()
    found = account.run("create_application", given, settings=settings, **options)
    counts = account.sandbox.requests().by_endpoint
    assert [each for each in counts if not each.startswith("GET")] == []
    assert found.error is not None, found.data
    return dict(found.error)


@pytest.mark.parametrize("state", ["closed", "draft", "pending", "rejected"])
def test_a_job_that_takes_no_applications(account: Recruiting, state: str) -> None:
    error = refused(account, creation(open_job(account, state=state)))

    assert error["code"] == "ATS.JOB_CLOSED"


def test_an_unlisted_job_takes_applications(account: Recruiting) -> None:
    given = creation(open_job(account, state="internal"))
    found = account.run("create_application", given, settings={"perform_as": somebody(account)})

    assert found.succeeded, found.error


def test_a_job_that_was_closed_since_the_last_sync(account: Recruiting) -> None:
    job = next(
        remote
        for _, remote in account.live_ids("jobs")
        if account.read(f"/postings/{remote}")["state"] == "internal"
    )
    account.sandbox.edit("postings", job, {"state": "closed"})
    error = refused(account, creation(job))
    account.sandbox.edit("postings", job, {"state": "internal"})

    assert error["code"] == "ATS.JOB_CLOSED"


@pytest.mark.parametrize("archived", [False, True])
def test_somebody_who_applied_for_the_job_already(account: Recruiting, archived: bool) -> None:
    given = creation(open_job(account))
    first = account.run("create_application", given, settings={"perform_as": somebody(account)})
    assert first.data is not None
    (found,) = opportunities_of(account, given)
    if archived:
        reason = account.live_ids("rejection_reasons")[0][1]
        changes = {"archived": {"reason": reason, "archivedAt": 1_800_000_000_000}}
        account.sandbox.edit("opportunities", found["id"], changes)
    error = refused(account, given, idempotency_key=f"again-{first.data['id']}")

    assert error["code"] == "ATS.APPLICATION_ALREADY_EXISTS"
    assert str(first.data["id"]) in error["message"]
    assert len(applications_of(account, given)) == 1


UNKNOWN: dict[str, tuple[str, dict[str, Any]]] = {
    "job": ("Unknown job", {"job_id": "1" * 24}),
    "job that Lever does not have": ("Unknown job", {"job_id": "remote:none"}),
    "stage": ("Unknown stage", {"stage_id": "1" * 24}),
    "stage that Lever does not have": ("Unknown stage", {"stage_id": "remote:none"}),
    "user": ("Unknown user", {"remote_fields": {"lever": {"perform_as": "none"}}}),
    "country": ("Unknown country", {"candidate": newcomer(location={"country": "XX"})}),
    "postings in Lever's own form": (
        "Invalid input",
        {"remote_fields": {"lever": {"candidate": {"postings": []}}}},
    ),
    "empty file": ("File not taken", {"attachments": [document(data=b" ") | {"data": "===="}]}),
    "program": ("File not taken", {"attachments": [document("cv.exe")]}),
    "file at a private address": (
        "File not taken",
        {"attachments": [{"name": "cv.pdf", "type": "CV", "data_url": "http://127.0.0.1:9/cv.pdf"}]},
    ),
}


@pytest.mark.parametrize(("title", "changes"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_can_not_be_used_is_named(account: Recruiting, title: str, changes: dict[str, Any]) -> None:
    error = refused(account, {**creation(open_job(account)), **changes})

    assert (error["code"], error["title"]) == ("PLATFORM.INPUT_INVALID", title)


def test_a_creation_without_a_user_says_how_to_name_one(account: Recruiting) -> None:
    error = refused(account, creation(open_job(account)), settings={"perform_as": None})

    assert error["title"] == "No user to act as"
    assert "LEVER_PERFORM_AS" in error["message"]


def test_every_required_answer_that_is_missing_is_named(account: Recruiting) -> None:
    job = open_job(
        account, "text", "number", "date", "instruction", required=("number", "date", "instruction")
    )
    error = refused(account, creation(job, screening_question_answers=[answer("text", "Because.")]))

    assert error["title"] == "Answer missing"
    assert "“About number?”, “About date?”" in error["message"]
    assert "instruction" not in error["message"]


def test_required_fields_of_the_standard_part_are_named(account: Recruiting) -> None:
    personal = [
        {"name": name, "text": name, "type": "text", "required": True, "value": None}
        for name in ("fullName", "email", "phone", "resume", "currentCompany")
    ]
    urls = [{"name": "LinkedIn", "text": "LinkedIn", "type": "text", "required": True, "value": None}]
    job = open_job(account, "text", personalInformation=personal, urls=urls)
    answers = [answer("text", "Because.")]
    error = refused(account, creation(job, screening_question_answers=answers))

    assert error["title"] == "Answer missing"
    for name in ("phone", "resume", "currentCompany", "LinkedIn"):
        assert name in error["message"]

    person = newcomer(phone_number="1", company="Acme", social_links=[{"url": "https://linkedin.com/in/ada"}])
    given = creation(job, person, screening_question_answers=answers, attachments=[document()])
    assert account.run("create_application", given).succeeded


def test_without_answers_nobody_asks_what_the_form_requires(account: Recruiting) -> None:
    given = creation(open_job(account, "text", required=("text",)))
    found = account.run("create_application", given, settings={"perform_as": somebody(account)})

    assert found.succeeded, found.error


def test_a_wrong_answer_is_refused_before_anything_is_sent(account: Recruiting) -> None:
    answers = [answer("file", document("a.pdf", type=None)), answer("number", "many")]
    error = refused(
        account, creation(open_job(account, "file", "number"), screening_question_answers=answers)
    )

    assert error["title"] == "Invalid answer"
    assert "“About number?” takes a number" in error["message"]


def test_a_form_that_can_not_be_read_creates_nothing(account: Recruiting) -> None:
    given = creation(open_job(account, "text"), screening_question_answers=[answer("text", "Because.")])
    account.sandbox.set_faults(Fault(name="500", endpoint="GET /postings/:id/apply", rate=1))
    error = refused(account, given)

    assert error["code"] == "REMOTE.SERVICE_UNAVAILABLE"


def test_what_lever_refuses_is_told_and_leaves_nothing(account: Recruiting) -> None:
    given = creation(
        open_job(account),
        remote_fields={"lever": {"candidate": {"owner": "nobody"}}},
        attachments=[document()],
    )
    found = account.run("create_application", given, settings={"perform_as": somebody(account)})

    assert found.error is not None
    assert found.error["code"] == "REMOTE.INPUT_INVALID"
    assert "owner" in str(found.error["message"])
    assert opportunities_of(account, given) == []


def test_a_dry_run_tells_every_request_and_sends_none(account: Recruiting) -> None:
    given = creation(
        open_job(account, "text", "file"),
        newcomer(phone_number="+44 1", additional_email_addresses=[{"email_address": "more@example.org"}]),
        stage_id="remote:offer",
        screening_question_answers=[answer("text", "Because."), answer("file", document(type=None))],
        attachments=[document(), document("letter.pdf", type="COVER_LETTER")],
        remote_fields={"lever": {"candidate": {"tags": ["ours"]}}},
    )
    account.sandbox.reset_requests()
    acting = somebody(account)
    found: Any = account.run("create_application", given, dry_run=True, perform_as=acting).data

    counts = account.sandbox.requests().by_endpoint
    assert all(each.startswith("GET") for each in counts)
    job = given["job_id"].removeprefix("remote:")
    assert [f"{each['method']} {each['path']}" for each in found["requests"]] == [
        "POST /uploads",
        "POST /uploads",
        f"POST /postings/{job}/apply",
        "PUT /contacts/<create.contact>",
        "POST /opportunities/<create.opportunity>/addTags",
        "PUT /opportunities/<create.opportunity>/stage",
        "POST /opportunities/<create.opportunity>/files",
    ]
    apply = found["requests"][2]["body"]
    assert {"name": "resume", "value": "<upload_resume_1.uri>"} in apply["personalInformation"]
    assert opportunities_of(account, given) == []


def test_a_dry_run_is_refused_what_would_be_refused(account: Recruiting) -> None:
    given = creation(open_job(account, state="closed"))
    found = account.run("create_application", given, dry_run=True)

    assert found.error is not None
    assert found.error["code"] == "ATS.JOB_CLOSED"

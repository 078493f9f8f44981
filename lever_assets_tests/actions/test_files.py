"""The files of candidates: listed as Lever has them, and downloaded byte for byte."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import JsonValue

from lever_assets.sandbox import Fault, SandboxConfig, running_sandbox
from lever_assets_tests.actions.newcomers import somebody
from lever_assets_tests.actions.recruiting import Person, Recruiting
from lever_assets_tests.web import WEB

CONTENT = b"%PDF-1.4\x00\xff one of a kind"


@pytest.fixture
def person(account: Recruiting) -> Person:
    """Somebody with a file of a known content and an awkward name."""
    someone = account.person()
    answer = WEB.post(
        f"{account.sandbox.url}/opportunities/{someone.opportunity}/files",
        params={"perform_as": somebody(account)},
        files={"file": ("../../Cover letter Ünï.pdf", CONTENT, "application/pdf")},
        auth=(account.sandbox.key, ""),
    )
    assert answer.status_code == 201, answer.text
    return someone


def _results(answer: Any) -> list[dict[str, JsonValue]]:
    assert answer.error is None, answer.error
    results: list[dict[str, JsonValue]] = answer.data["results"]
    return results


def test_files_and_resumes_are_listed(account: Recruiting, person: Person) -> None:
    answer = account.run("get_application_attachments", {"application_id": person.application})
    results = _results(answer)
    listed = {
        each["id"]: each["name"] for each in account.read(f"/opportunities/{person.opportunity}/files")
    } | {
        each["id"]: each["file"]["name"]
        for each in account.read(f"/opportunities/{person.opportunity}/resumes")
    }

    assert {each["remote_id"]: each["file_name"] for each in results} == listed
    uploaded = next(each for each in results if "Cover letter" in str(each["file_name"]))
    assert uploaded["type"] == "COVER_LETTER"
    assert uploaded["content_type"] == "application/pdf"
    assert str(uploaded["remote_created_at"]).endswith("Z")
    assert len(str(uploaded["id"])) == 24
    assert "API key" in answer.warnings[0]


def test_the_files_of_a_candidate_name_the_candidate(account: Recruiting, person: Person) -> None:
    results = _results(account.run("get_candidate_attachments", {"candidate_id": person.candidate}))

    assert {each["candidate_id"] for each in results} == {person.candidate}
    assert {each["application_id"] for each in results} == {person.application}


def test_of_two_applications_nobody_knows_whose_a_file_is(account: Recruiting) -> None:
    person = account.person()
    known = account.sandbox.get("applications", person.remote_application)
    assert known is not None
    second = {**known, "id": str(uuid4())}
    account.sandbox.create("applications", second, parent=person.opportunity)
    opportunity = account.sandbox.get("opportunities", person.opportunity)
    assert opportunity is not None
    listed = [*opportunity["applications"], second["id"]]
    account.sandbox.edit("opportunities", person.opportunity, {"applications": listed})
    given = {"candidate_id": person.candidate}
    file = {"name": "a.pdf", "type": "OTHER", "content_type": "application/pdf", "data": "JVBERg=="}
    added = account.run(
        "add_candidate_attachment", {**given, "attachment": file}, perform_as=somebody(account)
    )
    assert added.succeeded, added.error

    results = _results(account.run("get_candidate_attachments", given))

    assert {each["application_id"] for each in results} == {None}


def test_files_are_downloaded_into_the_folder_and_nowhere_else(
    account: Recruiting, person: Person, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    given = {"candidate_id": person.candidate}
    results = _results(account.run("get_candidate_attachments", given, download_to=folder))

    saved = {path.as_uri(): path.read_bytes() for path in folder.iterdir()}
    assert {str(each["data_url"]) for each in results} == set(saved)
    assert CONTENT in saved.values()
    assert list(tmp_path.rglob("*.pdf")) == list(folder.rglob("*.pdf"))


def test_a_download_that_breaks_off_is_begun_anew(
    account: Recruiting, person: Person, tmp_path: Path
) -> None:
    account.sandbox.set_faults(
        Fault(name="truncate", endpoint="GET /opportunities/:id/files/:child/download", times=1)
    )
    given = {"candidate_id": person.candidate}
    answer = account.run("get_candidate_attachments", given, download_to=tmp_path)

    assert answer.warnings == ()
    assert CONTENT in [path.read_bytes() for path in tmp_path.iterdir()]


def test_a_file_that_can_not_be_downloaded_is_a_warning(
    account: Recruiting, person: Person, tmp_path: Path
) -> None:
    account.sandbox.set_faults(
        Fault(name="500", endpoint="GET /opportunities/:id/files/:child/download", rate=1)
    )
    given = {"candidate_id": person.candidate}
    answer = account.run("get_candidate_attachments", given, download_to=tmp_path)

    assert answer.succeeded
    assert "was not downloaded" in answer.warnings[0]
    assert not [path for path in tmp_path.iterdir() if path.read_bytes() == CONTENT]


def test_a_link_of_our_api_takes_the_place_of_levers(account: Recruiting, person: Person) -> None:
    answer = account.run(
        "get_candidate_attachments",
        {"candidate_id": person.candidate},
        file_link=lambda opportunity, kind, file: f"https://api.test/{opportunity}/{kind}/{file}",
    )

    assert answer.warnings == ()
    for each in _results(answer):
        assert str(each["data_url"]).startswith(f"https://api.test/{person.opportunity}/")


def test_a_missing_permission_is_named(account: Recruiting, person: Person) -> None:
    known = account.sandbox.get("opportunities", person.opportunity)
    assert known is not None
    config = SandboxConfig(opportunities=0, rate=0, denied=frozenset({"resumes"}))
    with running_sandbox(config) as strict:
        strict.create("opportunities", {**known, "applications": []})
        given = {"candidate_id": person.candidate}
        answer = account.run("get_candidate_attachments", given, settings={"base_url": strict.url})

    assert answer.error is not None
    assert answer.error["code"] == "INTEGRATION.PERMISSION_MISSING"
    assert "resumes:read:admin" in str(answer.error["message"])

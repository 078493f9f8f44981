"""The files of who is created, people whom Lever knows already, and what the settings keep."""

from typing import Any

import pytest

from lever_assets_tests.actions.newcomers import (
    PHONES,
    answer,
    create,
    creation,
    document,
    in_lever,
    newcomer,
    open_job,
    opportunities_of,
    person_with,
    somebody,
)
from lever_assets_tests.actions.recruiting import Recruiting


@pytest.fixture
def user(account: Recruiting) -> str:
    """Somebody who may act."""
    return somebody(account)


@pytest.mark.parametrize("through_form", [False, True], ids=["as an opportunity", "through a form"])
def test_the_cv_is_the_resume_and_the_rest_are_files(
    account: Recruiting, user: str, through_form: bool
) -> None:
    answers = [answer("text", "Because.")] if through_form else []
    given = creation(
        open_job(account, "text"),
        person_with(),
        screening_question_answers=answers,
        attachments=[
            document("letter.pdf", b"a letter", type="COVER_LETTER"),
            document("cv.pdf", b"the CV"),
            document("older cv.pdf", b"an older CV"),
        ],
    )
    answered = create(account, given, user)

    path = f"/opportunities/{in_lever(account, given)['id']}"
    (resume,) = account.read(f"{path}/resumes")
    assert resume["file"]["name"] == "cv.pdf"
    assert account.download(f"{path}/resumes/{resume['id']}/download") == b"the CV"
    assert {each["name"] for each in account.read(f"{path}/files")} == {"letter.pdf", "older cv.pdf"}
    assert in_lever(account, given)["phones"] == PHONES
    assert answered.warnings == ()


def test_somebody_whom_lever_knows_keeps_what_they_have(account: Recruiting, user: str) -> None:
    person = person_with()
    first = creation(open_job(account), person, source={"name": "Campus fair"})
    create(account, first, user)
    again = {**person, "title": "Director", "company": "Other", "phone_number": "+44 9"}
    for job, answers in ((open_job(account), []), (open_job(account, "text"), [answer("text", "Because.")])):
        second = creation(job, again, source={"name": "Later"}, screening_question_answers=answers)
        create(account, second, user)

    found = opportunities_of(account, first)
    assert len(found) == 3
    assert len({each["contact"] for each in found}) == 1
    assert [each["sources"] for each in found] == [["Later"], ["Later"], ["Campus fair"]]
    assert {each["headline"] for each in found} == {"Engineer at Acme, Inc."}
    assert all({"type": "mobile", "value": "+44 1"} in each["phones"] for each in found)
    assert all("+44 9" in [phone["value"] for phone in each["phones"]] for each in found)


def test_somebody_who_is_known_by_another_address_is_the_same(account: Recruiting, user: str) -> None:
    first = creation(open_job(account), person_with())
    create(account, first, user)
    other = first["candidate"]["additional_email_addresses"][0]["email_address"]
    again = {**first, "candidate": newcomer(email_address=other.upper())}
    found = account.run("create_application", again, settings={"perform_as": user})

    assert found.error is not None
    assert found.error["code"] == "ATS.APPLICATION_ALREADY_EXISTS"


def test_what_we_created_is_synced_when_only_that_is(account: Recruiting, user: str) -> None:
    given = creation(open_job(account), person_with())
    data: Any = create(account, given, user, settings={"only_created": True}).data

    assert data["candidate"]["first_name"] == "Ada"


def test_without_its_tables_the_answer_has_the_ids(account: Recruiting, user: str) -> None:
    given = creation(open_job(account), person_with())
    data: Any = create(account, given, user, settings={"exclude": ("candidates", "applications")}).data

    found = in_lever(account, given)
    assert data["remote_id"] == found["applications"][0]["id"]
    assert data["candidate"]["remote_id"] == found["id"]

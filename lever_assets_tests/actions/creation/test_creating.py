"""What creating a candidate or an application does, read back from Lever and from our tables."""

from typing import Any

import pytest

from lever_assets_tests.actions.newcomers import (
    GROUP,
    LONDON,
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


def test_all_that_is_known_of_a_person_reaches_lever(account: Recruiting, user: str) -> None:
    given = creation(open_job(account), person_with(), stage_id="remote:offer")
    answered = create(account, given, user)

    found = in_lever(account, given)
    person = given["candidate"]
    assert found["name"] == f"Ada {person['last_name']}"
    assert found["headline"] == "Engineer at Acme, Inc."
    assert found["location"] == "London, United Kingdom"
    assert found["emails"] == [
        person["email_address"],
        person["additional_email_addresses"][0]["email_address"],
    ]
    assert found["phones"] == PHONES
    assert found["links"] == ["https://www.linkedin.com/in/ada", "https://github.com/ada"]
    assert (found["stage"], found["origin"], found["sourcedBy"]) == ("offer", "sourced", user)
    assert [each["posting"] for each in found["applications"]] == [given["job_id"].removeprefix("remote:")]
    assert answered.warnings == ()


def test_the_same_reaches_lever_through_a_form(account: Recruiting) -> None:
    given = creation(
        open_job(account, "text"),
        person_with(),
        stage_id="remote:offer",
        screening_question_answers=[answer("text", "Because.")],
    )
    answered = create(account, given)

    found = in_lever(account, given)
    person = given["candidate"]
    assert found["name"] == f"Ada {person['last_name']}"
    assert found["headline"] == "Engineer at Acme, Inc."
    assert found["location"] == "London, United Kingdom"
    assert found["emails"] == [
        person["email_address"],
        person["additional_email_addresses"][0]["email_address"],
    ]
    assert found["phones"] == PHONES
    assert sorted(found["links"]) == ["https://github.com/ada", "https://www.linkedin.com/in/ada"]
    assert (found["stage"], found["origin"]) == ("offer", "applied")
    assert found["applications"][0]["company"] == "Acme, Inc."
    assert answered.warnings == ()


def test_more_links_than_the_form_has_fields_for_reach_lever(account: Recruiting) -> None:
    links = [f"https://example.com/{number}" for number in range(4)]
    person = newcomer(social_links=[{"url": each} for each in links])
    given = creation(
        open_job(account, "text"), person, screening_question_answers=[answer("text", "Because.")]
    )
    create(account, given)

    assert in_lever(account, given)["links"] == links


def test_the_application_is_answered_as_it_is_stored(account: Recruiting, user: str) -> None:
    ours, posting = next(
        (own, found)
        for own, remote in account.live_ids("jobs")
        if (found := account.read(f"/postings/{remote}"))["state"] == "published"
    )
    stage = next(own for own, remote in account.live_ids("application_stages") if remote == "offer")
    given = {"candidate": person_with(), "job_id": ours, "stage_id": stage}
    data: Any = create(account, given, user).data

    row = account.row("applications", data["id"])
    found = in_lever(account, given)
    assert data["remote_id"] == row["remote_id"] == found["applications"][0]["id"]
    assert (data["outcome"], data["job_id"], data["current_stage_id"]) == ("PENDING", ours, stage)
    assert data["job"] == {"id": ours, "name": posting["text"], "remote_id": posting["id"]}
    assert data["current_stage"] == {"id": stage, "name": "Offer", "remote_id": "offer", "index": 9}
    person = data["candidate"]
    assert (person["id"], person["remote_id"]) == (row["candidate_id"], found["id"])
    assert (person["title"], person["company"]) == ("Engineer", "Acme, Inc.")
    assert {each["name"] for each in person["tags"]} == set(found["tags"])
    assert data["remote_created_at"].endswith("Z")
    assert not {"connection", "content_hash", "source_key", "remote_data"} & (set(data) | set(person))


def test_the_candidate_is_answered_as_it_is_stored(account: Recruiting, user: str) -> None:
    job = open_job(account)
    given = {
        "candidate": person_with(),
        "application": {"job_id": f"remote:{job}", "stage_id": "remote:offer"},
    }
    found = account.run("create_candidate", given, settings={"perform_as": user})

    assert found.succeeded, found.error
    data: Any = found.data
    (lever,) = opportunities_of(account, given)
    assert data["remote_id"] == lever["id"]
    assert account.row("candidates", data["id"])["first_name"] == data["first_name"] == "Ada"
    (application,) = data["applications"]
    assert application["remote_id"] == lever["applications"][0]["id"]
    assert application["current_stage"]["remote_id"] == "offer"
    assert application["outcome"] == "PENDING"
    assert account.row("applications", application["id"])["candidate_id"] == data["id"]


ANSWERS: dict[str, tuple[object, object]] = {
    "text": ("Ünïcode, <b>kept</b>", "Ünïcode, <b>kept</b>"),
    "textarea": ("Line\nby line", "Line\nby line"),
    "university": ("ETH Zürich", "ETH Zürich"),
    "choice": ("remote:o-2", "Remote"),
    "languages": (["remote:l-2", "l-1"], ["日本語", "English"]),
    "yes-no": (False, "no"),
    "date": ("2026-12-31", 1_798_675_200_000),
    "number": (0, 0),
    "currency": (52000.5, 52000.5),
    "score": (4, 4),
    "code": ("x = 1", "x = 1"),
}


def test_every_kind_of_answer_reaches_lever(account: Recruiting) -> None:
    job = open_job(account, *ANSWERS, "file", eeo=True)
    answers = [answer(name, value) for name, (value, _) in ANSWERS.items()]
    file = document("portfolio.pdf", type=None)
    given = creation(
        job,
        screening_question_answers=[
            *answers,
            answer("file", file),
            {"question_id": "remote:eeo:gender", "answer": "remote:Female"},
        ],
    )
    answered = create(account, given)

    application = in_lever(account, given)["applications"][0]
    kept = {each["id"]: each["value"] for each in application["customQuestions"][0]["fields"]}
    assert kept == {
        **{name: value for name, (_, value) in ANSWERS.items()},
        "file": {"fileName": "portfolio.pdf"},
    }
    eeo = next(
        each for each in account.read("/eeo/responses/pii") if each["applicationId"] == application["id"]
    )
    assert eeo["gender"] == "Female"
    assert answered.warnings == ()


def test_questions_and_options_go_by_our_ids(account: Recruiting) -> None:
    with account.session() as session:
        ctx = session.mapping
    question = ctx.id("screening_questions", f"{GROUP}:dropdown")
    option = ctx.id("screening_question_options", f"{GROUP}:dropdown", "Master’s")
    given = creation(
        open_job(account, "dropdown"),
        screening_question_answers=[{"question_id": question, "answer": option}],
    )
    answered = create(account, given)

    (application,) = in_lever(account, given)["applications"]
    assert application["customQuestions"][0]["fields"][0]["value"] == "Master’s"
    assert answered.warnings == ()


def test_a_question_that_the_job_does_not_ask_is_a_warning(account: Recruiting, user: str) -> None:
    given = creation(open_job(account), screening_question_answers=[answer("text", "Because.")])
    answered = create(account, given, user)

    assert "does not ask the question" in answered.warnings[0]
    assert in_lever(account, given)["origin"] == "sourced"


def test_consent_goes_through_the_form(account: Recruiting) -> None:
    given = creation(open_job(account), gdpr_consent={"given": True, "expires_at": "2027-01-01"})
    answered = create(account, given)

    found = in_lever(account, given)
    assert found["dataProtection"]["store"]["allowed"] is True
    assert found["origin"] == "applied"
    assert "expires_at" in answered.warnings[0]


SOURCES: dict[str, tuple[dict[str, str] | None, str | None, list[str]]] = {
    "by name": ({"name": "Campus fair"}, "Our board", ["Campus fair"]),
    "by a well-known key": ({"unified_key": "STACK_OVERFLOW"}, None, ["Stack Overflow"]),
    "by another key": ({"unified_key": "MY_JOB_BOARD"}, None, ["My Job Board"]),
    "by id": ({"id": "Conference"}, None, ["Conference"]),
    "automatic": (None, "Our board", ["Our board"]),
    "none": (None, None, ["Added manually"]),
}


@pytest.mark.parametrize(("source", "automatic", "expected"), SOURCES.values(), ids=SOURCES.keys())
def test_the_source_is_written(
    account: Recruiting, user: str, source: dict[str, str] | None, automatic: str | None, expected: list[str]
) -> None:
    given = creation(open_job(account), source=source)
    create(account, given, user, settings={"source_name": automatic})

    assert in_lever(account, given)["sources"] == expected


def test_the_source_is_written_through_a_form(account: Recruiting) -> None:
    given = creation(open_job(account, "text"), screening_question_answers=[answer("text", "Because.")])
    create(account, given, settings={"source_name": "Our board"})

    assert in_lever(account, given)["sources"] == ["Our board"]


def test_whoever_sourced_somebody_is_credited(account: Recruiting, user: str) -> None:
    ours, theirs = next(each for each in account.live_ids("users") if each[1] in _active(account) - {user})
    for named in (ours, f"remote:{theirs}"):
        given = creation(open_job(account), sourced_by={"user_id": named})
        create(account, given, user)
        assert in_lever(account, given)["sourcedBy"] == theirs


def test_whoever_is_not_there_is_not_credited(account: Recruiting, user: str) -> None:
    gone = next(
        each["id"] for each in account.read("/users", includeDeactivated="true") if each["deactivatedAt"]
    )
    for named, said in (("remote:nobody", "no user"), (gone, "deactivated")):
        given = creation(open_job(account), sourced_by={"user_id": named})
        answered = create(account, given, user)
        assert said in answered.warnings[0]
        assert in_lever(account, given)["sourcedBy"] == user


def _active(account: Recruiting) -> set[str]:
    return {each["id"] for each in account.read("/users")}


def test_what_lever_has_no_field_for_is_a_warning(account: Recruiting, user: str) -> None:
    person = newcomer(
        gender="OTHER",
        availability_date="2027-01-01",
        salary_expectations={"period": "YEAR", "amount": 50000},
        location={**LONDON, "state": "Greater London", "street_1": "St James’s Square 12", "zip_code": "SW1"},
    )
    answered = create(account, creation(open_job(account), person), user)

    assert len(answered.warnings) == 6
    for name in ("gender", "availability_date", "salary_expectations", "state", "street_1", "zip_code"):
        assert any(name in each for each in answered.warnings)


def test_fields_in_levers_own_form_come_last(account: Recruiting, user: str) -> None:
    lever = {"headline": "Analyst", "tags": ["ours"], "origin": "referred", "createdAt": 1_700_000_000_000}
    given = creation(open_job(account), person_with(), remote_fields={"lever": {"candidate": lever}})
    create(account, given, user)

    found = in_lever(account, given)
    assert (found["headline"], found["origin"], found["createdAt"]) == (
        "Analyst",
        "referred",
        1_700_000_000_000,
    )
    assert "ours" in found["tags"]


def test_of_levers_own_fields_a_form_takes_some_and_others_follow(account: Recruiting) -> None:
    lever = {"tags": ["ours"], "sources": ["Fair"], "referer": "https://example.com", "owner": "somebody"}
    given = creation(
        open_job(account, "text"),
        screening_question_answers=[answer("text", "Because.")],
        remote_fields={"lever": {"candidate": lever}},
    )
    answered = create(account, given)

    found = in_lever(account, given)
    assert "ours" in found["tags"]
    assert "Fair" in found["sources"]
    assert found["applications"][0]["referer"] == "https://example.com"
    assert answered.warnings == (
        "remote_fields.lever.candidate.owner was not written: Lever does not take it with an application "
        "that has answers or consent.",
    )

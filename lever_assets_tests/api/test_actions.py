"""Every action through Kombo's own client, with the bodies of Kombo's documentation, on either database."""

from collections.abc import Callable
from typing import Any

import pytest

from lever_assets.api.shapes.acted import CreatedApplication
from lever_assets.api.shapes.envelope import Done
from lever_assets.api.shapes.reads import Candidate
from lever_assets.store import chosen_fields
from lever_assets.store.transaction import now
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope
from lever_assets_tests.actions.newcomers import newcomer, open_job
from lever_assets_tests.actions.recruiting import Person, Recruiting, fresh
from lever_assets_tests.api.by_hand import change
from lever_assets_tests.api.kombos_examples import example, full, job, minimal, newer
from lever_assets_tests.api.served import Served, served

Effect = Callable[[Recruiting, Person, dict[str, Any]], bool]


def _opportunity(account: Recruiting, person: Person) -> Any:
    return account.read(f"/opportunities/{person.opportunity}")


def _person(account: Recruiting, given: dict[str, Any]) -> Any:
    (found,) = account.read(
        "/opportunities", email=given["candidate"]["email_address"], confidentiality="all"
    )
    return found


def _linked(account: Recruiting, person: Person, given: dict[str, Any]) -> bool:
    links: list[str] = _opportunity(account, person)["links"]
    return given["url"] in links


def _moved(account: Recruiting, person: Person, given: dict[str, Any]) -> bool:
    stage: str = account.row("applications", person.application)["current_stage_id"]
    return bool(stage == given["stage_id"])


EFFECTS: dict[str, tuple[str, str, Effect]] = {
    "create_candidate": ("POST", "candidates", lambda a, _, g: bool(_person(a, g))),
    "create_application": ("POST", "jobs/{job}/applications", lambda a, _, g: bool(_person(a, g))),
    "add_candidate_tag": ("POST", "candidates/{c}/tags", lambda a, p, g: g["tag"]["name"] in a.tags(p)),
    "remove_candidate_tag": (
        "DELETE",
        "candidates/{c}/tags",
        lambda a, p, g: g["tag"]["name"] not in a.tags(p),
    ),
    "add_candidate_attachment": (
        "POST",
        "candidates/{c}/attachments",
        lambda a, p, g: g["attachment"]["name"] in a.files(p),
    ),
    "add_candidate_result_link": ("POST", "candidates/{c}/result-links", _linked),
    "move_application_to_stage": ("PUT", "applications/{a}/stage", _moved),
    "reject_application": (
        "POST",
        "applications/{a}/reject",
        lambda a, p, _: a.row("applications", p.application)["outcome"] == "DECLINED",
    ),
    "add_application_result_link": ("POST", "applications/{a}/result-links", _linked),
    "add_application_note": ("POST", "applications/{a}/notes", lambda a, p, g: g["content"] in a.notes(p)),
    "add_application_attachment": (
        "POST",
        "applications/{a}/attachments",
        lambda a, p, g: g["attachment"]["name"] in a.files(p),
    ),
}
_LISTS = ("applications", "tags", "email_addresses", "phone_numbers", "social_media", "integration_fields")


def _path(operation: str, job: str, person: Person) -> str:
    below = EFFECTS[operation][1].format(job=job, c=person.candidate, a=person.application)
    return f"/v1/ats/{below}"


def _prepared(acting: Served, operation: str, given: dict[str, Any], person: Person) -> str:
    """Do what has to be there before; return a job of the account, by its id here or in Lever."""
    if operation == "remove_candidate_tag":
        tag = {"tag": given["tag"]}
        acting.data("POST", _path("add_candidate_tag", "", person), json=tag)
        assert given["tag"]["name"] in acting.account.tags(person)
    return f"remote:{open_job(acting.account, 'text', 'languages')}"


def test_answers_to_questions_of_other_jobs_are_warned_of(acting: Served) -> None:
    """So do those that the published examples have."""
    account = acting.account
    given = minimal(account, "create_application", account.person())
    given["screening_question_answers"] = example("create_application")["screening_question_answers"]
    path = f"/v1/ats/jobs/remote:{open_job(account, 'text', required=('text',))}/applications"

    told = acting.ask("POST", path, json=given)

    assert told.status_code == 200, told.text
    warnings = [each["message"] for each in told.json()["warnings"]]
    for answer in given["screening_question_answers"]:
        assert any(f"does not ask the question {answer['question_id']}" in each for each in warnings)


def test_a_tag_that_no_sync_could_read_is_refused(acting: Served) -> None:
    person = acting.account.person()
    path = f"/v1/ats/candidates/{person.candidate}/tags"
    error = acting.error("POST", path, 400, json={"tag": {"name": "ü" * 251}})
    assert (error["code"], "500 bytes" in error["message"]) == ("PLATFORM.INPUT_INVALID", True)
    acting.data("POST", path, json={"tag": {"name": "ü" * 250}})
    assert "ü" * 250 in acting.account.tags(person)


def test_a_tag_that_is_too_long_to_be_put_on_can_be_taken_off(acting: Served) -> None:
    person, long = acting.account.person(), "ü" * 400
    acting.account.sandbox.edit("opportunities", person.opportunity, {"tags": [long, "other"]})
    acting.data("DELETE", f"/v1/ats/candidates/{person.candidate}/tags", json={"tag": {"name": long}})
    assert acting.account.read(f"/opportunities/{person.opportunity}")["tags"] == ["other"]


@pytest.mark.parametrize("operation", EFFECTS)
def test_kombos_client_does_every_action(acting: Served, operation: str) -> None:
    account = acting.account
    for body in (full, minimal):
        person = account.person()
        given = body(account, operation, person)
        job = _prepared(acting, operation, given, person)
        ids = {
            "candidate_id": person.candidate,
            "application_id": person.application,
            "job_id": job,
        }
        path = EFFECTS[operation][1]
        own = [
            name
            for name, mark in (("candidate_id", "{c}"), ("application_id", "{a}"), ("job_id", "{job}"))
            if mark in path
        ]
        told = {
            **{key: value for key, value in given.items() if key not in ids},
            **{name: ids[name] for name in own},
        }
        with acting.client() as kombo:
            answer = getattr(kombo.ats, operation)(**told)
        assert answer.STATUS == "success"
        assert EFFECTS[operation][2](account, person, given)


@pytest.mark.parametrize("operation", EFFECTS)
def test_nulls_and_what_is_newer_than_we_are_do_no_harm(acting: Served, operation: str) -> None:
    account, person = acting.account, acting.account.person()
    given = newer(account, operation, person)
    job = _prepared(acting, operation, given, person)
    method = EFFECTS[operation][0]

    answer = acting.ask(method, _path(operation, job, person), json=given)

    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert set(told) == {"status", "data", "warnings"}
    assert any("something_new" in each["message"] for each in told["warnings"])
    assert EFFECTS[operation][2](account, person, given)


def test_what_was_created_is_answered_whole(acting: Served) -> None:
    account = acting.account
    given = full(account, "create_candidate", account.person())
    job = open_job(account, "text", "languages")
    with account.session() as session:
        sync(session, Scope())
    made = acting.data("POST", "/v1/ats/candidates", json=given)

    assert made["email_addresses"][0]["email_address"] == given["candidate"]["email_address"]
    (application,) = made["applications"]
    assert application["outcome"] == "PENDING"
    assert f"remote:{application['job']['remote_id']}" == given["application"]["job_id"]
    assert application["current_stage"]["id"] == given["application"]["stage_id"]
    assert all(isinstance(made[name], list) for name in _LISTS)

    given = full(account, "create_application", account.person())
    made = acting.data("POST", f"/v1/ats/jobs/remote:{job}/applications", json=given)
    assert made["job"]["remote_id"] == job
    assert made["candidate"]["id"] == made["candidate_id"]
    assert made["current_stage"]["id"] == made["current_stage_id"] == given["stage_id"]
    assert {each["question"]["type"] for each in made["screening_question_answers"]} == {
        "TEXT",
        "MULTI_SELECT",
    }
    assert str(account.row("applications", made["id"])["candidate_id"]) == made["candidate_id"]


@pytest.mark.parametrize("exclude", ["candidates", "applications", "candidates.email_addresses"])
def test_what_the_tables_do_not_keep_is_answered_with_every_key(acting: Served, exclude: str) -> None:
    account = acting.account
    given = {"perform_as": acting.settings.perform_as, "exclude": (exclude,)}
    with served(account, **given) as here, here.client() as kombo:
        made = full(account, "create_candidate", account.person())
        answer = here.ask("POST", "/v1/ats/candidates", json=made)
        told = Done[Candidate].model_validate_json(answer.content, strict=False)
        assert told.data.id
        assert told.data.changed_at
        path = f"/v1/ats/jobs/remote:{job(account)}/applications"
        answer = here.ask("POST", path, json=full(account, "create_application", account.person()))
        assert Done[CreatedApplication].model_validate_json(answer.content, strict=False).data.id
        again = full(account, "create_candidate", account.person())
        assert kombo.ats.create_candidate(**again).data.id


def test_what_the_lists_do_not_have_shows_no_fields_that_are_off(acting: Served) -> None:
    """So it is of who was created and is gone since: then the answer that the ledger kept is given."""
    account = acting.account
    given = full(account, "create_application", account.person())
    path = f"/v1/ats/jobs/remote:{open_job(account, 'text', 'languages')}/applications"
    made = acting.data("POST", path, json=given)
    assert account.row("candidates", made["candidate_id"])["integration_fields"]
    change(acting, "candidates", made["candidate_id"], remote_deleted_at=now())
    change(acting, "applications", made["id"], remote_deleted_at=now())

    again = acting.data("POST", path, json=given)

    assert again["id"] == made["id"]
    assert (again["integration_fields"], again["candidate"]["integration_fields"]) == ([], [])
    with account.session() as session, session.writing() as tx:
        chosen_fields.keep_shown(tx, "candidates", ["contact"])
    shown = acting.data("POST", path, json=given)["candidate"]["integration_fields"]
    with account.session() as session, session.writing() as tx:
        chosen_fields.forget_shown(tx, "candidates", ["contact"])
    assert [each["key"] for each in shown] == ["contact"]


def test_ids_are_percent_encoded_or_not_and_go_over_those_of_the_body(acting: Served) -> None:
    account = acting.account
    person, other = account.person(), account.person()
    for path_id in (f"remote:{person.opportunity}", f"remote%3A{person.opportunity}", person.candidate):
        tag = fresh("tag")
        given = {"tag": {"name": tag}, "candidate_id": other.candidate}
        acting.data("POST", f"/v1/ats/candidates/{path_id}/tags", json=given)
        assert tag in account.tags(person)
        assert tag not in account.tags(other)


def test_an_id_with_slashes_is_no_other_path(acting: Served) -> None:
    error = acting.error("POST", "/v1/ats/jobs/remote:a/b/applications", 400, json={"candidate": newcomer()})
    assert error["code"] == "PLATFORM.INPUT_INVALID"
    assert "job_id" in error["message"]

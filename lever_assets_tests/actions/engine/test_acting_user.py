"""Who an action acts as: a user whom Lever has as active, else nothing is sent."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from lever_assets.sandbox import Fault
from lever_assets.store.ledger import ActionState
from lever_assets_tests.actions.creation.test_creating_once import direct, through_form
from lever_assets_tests.actions.newcomers import (
    answer,
    create,
    creation,
    document,
    newcomer,
    open_job,
    person_with,
)
from lever_assets_tests.actions.recruiting import Recruiting
from lever_assets_tests.actions.writes import WRITES
from lever_assets_tests.sandbox.writing import user_of


@pytest.fixture
def dismissed(account: Recruiting) -> Iterator[str]:
    """Somebody who was deactivated in Lever after the last sync."""
    user = user_of(account.sandbox)
    account.sandbox.edit("users", user, {"deactivatedAt": account.sandbox.now()})
    yield user
    account.sandbox.edit("users", user, {"deactivatedAt": None})


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("add_application_note", {"content": "Nobody says this"}),
        ("add_candidate_tag", {"tag": {"name": "Nobody's"}}),
        (
            "add_candidate_attachment",
            {"attachment": {"name": "a.txt", "type": "OTHER", "content_type": "text/plain", "data": "YQ=="}},
        ),
    ],
)
@pytest.mark.parametrize("given_by", ["input", "setting"])
def test_nobody_acts_as_who_was_deactivated(
    account: Recruiting, dismissed: str, name: str, rest: dict[str, object], given_by: str
) -> None:
    person = account.person()
    whose = (
        {"application_id": person.application}
        if "application" in name
        else {"candidate_id": person.candidate}
    )
    account.sandbox.reset_requests()
    if given_by == "setting":
        answer = account.run(name, {**whose, **rest}, settings={"perform_as": dismissed})
    else:
        answer = account.run(name, {**whose, **rest, "remote_fields": {"lever": {"perform_as": dismissed}}})
    assert answer.error is not None
    assert f"The user {dismissed} is deactivated in Lever" in str(answer.error["message"])
    assert ("It was given by LEVER_PERFORM_AS" in str(answer.error["message"])) == (given_by == "setting")
    assert all(each.startswith("GET ") for each in account.sandbox.requests().by_endpoint)


def written(account: Recruiting) -> list[tuple[str, str | None]]:
    """Return each write that Lever was asked for, and the user that it was attributed to."""
    asked = [each.split(" ", 1) for each in account.sandbox.requests().recent]
    addresses = [(method, urlsplit(address)) for method, address in asked if method != "GET"]
    return [
        (f"{method} {parts.path}", dict(parse_qsl(parts.query)).get("perform_as"))
        for method, parts in addresses
    ]


EVERYTHING: dict[str, Callable[[Recruiting], dict[str, Any]]] = {
    "with a form": through_form,
    "without": lambda account: {
        **direct(account),
        "candidate": person_with(),
        "remote_fields": {"lever": {"candidate": {"tags": ["ours"], "sources": ["Fair"]}}},
    },
}


@pytest.mark.parametrize("of", ["sourced_by", "input", "setting"])
@pytest.mark.parametrize("way", EVERYTHING)
@pytest.mark.parametrize("known", [False, True])
def test_every_write_of_a_creation_is_the_same_users(
    account: Recruiting, way: str, of: str, known: bool
) -> None:
    given = EVERYTHING[way](account)
    first, second, third = active(account)[:3]
    if known:  # Lever then takes what is new about the person step by step
        person = {**newcomer(), "email_address": given["candidate"]["email_address"]}
        create(account, creation(open_job(account), person), first)
    named: dict[str, Any] = {"perform_as": second} if of != "setting" else {}
    lever = {**given["remote_fields"]["lever"], "perform_as": None, **named}
    given = {**given, "remote_fields": {"lever": lever}}
    if of == "sourced_by":
        given["sourced_by"] = {"user_id": third}
    account.sandbox.reset_requests()
    found = create(account, given, first)

    writes = written(account)
    assert found.state is ActionState.SUCCEEDED, found.warnings
    assert len(writes) >= (7 if way == "with a form" else 2)
    assert {user for _, user in writes} == {{"sourced_by": third, "input": second, "setting": first}[of]}


@pytest.mark.parametrize("name", [*WRITES, "reject with a note"])
def test_every_write_of_an_action_is_the_same_users(account: Recruiting, name: str) -> None:
    action = "reject_application" if name == "reject with a note" else name
    given = WRITES[action](account, account.person()).given
    if name == "reject with a note":
        given["note"] = "Sorry."
    user = active(account)[1]
    given["remote_fields"] = {"lever": {"perform_as": user}}
    account.sandbox.reset_requests()
    assert account.run(action, given, settings={"perform_as": active(account)[0]}).succeeded

    writes = written(account)
    assert len(writes) == (2 if name in {"reject with a note", "add_candidate_result_link"} else 1)
    assert {by for _, by in writes} == {user}


def test_who_is_credited_acts_though_the_setting_names_somebody_who_can_not(
    account: Recruiting, dismissed: str
) -> None:
    user = active(account)[0]
    given = creation(open_job(account), sourced_by={"user_id": user}, attachments=[document()])
    account.sandbox.reset_requests()
    create(account, given, dismissed)

    assert {by for _, by in written(account)} == {user}


NOBODYS: dict[str, Callable[[Recruiting], tuple[str, dict[str, Any]]]] = {
    "a file of a candidate": lambda account: (
        "add_candidate_attachment",
        {"candidate_id": account.person().candidate, "attachment": document(type="OTHER")},
    ),
    "a file of an application": lambda account: (
        "add_application_attachment",
        {"application_id": account.person().application, "attachment": document()},
    ),
    "a new candidate": lambda account: ("create_application", creation(open_job(account))),
    "a form with a letter": lambda account: (
        "create_application",
        creation(
            open_job(account, "text"),
            screening_question_answers=[answer("text", "Because.")],
            attachments=[document(), document("letter.pdf", type="COVER_LETTER")],
        ),
    ),
    "a form with two CVs": lambda account: (
        "create_application",
        creation(
            open_job(account, "text"),
            screening_question_answers=[answer("text", "Because.")],
            attachments=[document(), document("old.pdf", b"%PDF-1.4 old")],
        ),
    ),
}


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("what", NOBODYS)
def test_what_lever_takes_from_a_user_alone_is_refused_before_anything_is_sent(
    account: Recruiting, what: str, dry_run: bool
) -> None:
    name, given = NOBODYS[what](account)
    account.sandbox.reset_requests()
    found = account.run(name, given, dry_run=dry_run)

    assert found.error is not None
    assert found.error["code"] == "PLATFORM.INPUT_INVALID"
    assert found.error["title"] == "No user to act as"
    assert "LEVER_PERFORM_AS" in str(found.error["message"])
    assert written(account) == []


def test_a_cv_that_became_no_resume_and_has_nobody_to_add_it_is_told(account: Recruiting) -> None:
    given = creation(
        open_job(account, "text"),
        screening_question_answers=[answer("text", "Because.")],
        attachments=[document()],
    )
    account.sandbox.set_faults(Fault(name="500", endpoint="POST /uploads", rate=1))
    account.sandbox.reset_requests()
    found = account.run("create_application", given)

    assert found.state is ActionState.INCOMPLETE
    assert any("cv.pdf was not added" in each and "LEVER_PERFORM_AS" in each for each in found.warnings)
    assert all("/files" not in path for path, _ in written(account))


def active(account: Recruiting) -> list[str]:
    """Return users who may act."""
    return [str(each["id"]) for each in account.read("/users")]

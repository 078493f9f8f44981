"""Who an action acts as when it is gone on with: as before; only where nobody was, as who is named now."""

from collections.abc import Iterator

import pytest

from lever_assets.sandbox import Fault
from lever_assets.store.ledger import ActionState
from lever_assets_tests.actions.engine.test_acting_user import active, written
from lever_assets_tests.actions.newcomers import answer, creation, document, open_job, opportunities_of
from lever_assets_tests.actions.recruiting import HASTY, Recruiting, fresh
from lever_assets_tests.actions.writes import WRITES

FILES = "POST /opportunities/:id/files"
WITH_KEY = pytest.mark.parametrize("keyed", [True, False], ids=["with a key", "without"])


@pytest.fixture
def leaver(account: Recruiting) -> Iterator[str]:
    """Somebody who may act, until a test has them leave."""
    user = active(account)[3]
    yield user
    account.sandbox.edit("users", user, {"deactivatedAt": None})


def leave(account: Recruiting, user: str) -> None:
    account.sandbox.edit("users", user, {"deactivatedAt": account.sandbox.now()})


def files_of(account: Recruiting, given: dict[str, object]) -> list[str]:
    (found,) = opportunities_of(account, given)
    return [each["name"] for each in account.read(f"/opportunities/{found['id']}/files")]


@pytest.mark.sampled(3)
@WITH_KEY
@pytest.mark.parametrize("remedy", ["setting", "option", "input"])
def test_a_file_that_lacked_a_user_is_added_when_one_is_named(
    account: Recruiting, remedy: str, keyed: bool
) -> None:
    given = creation(
        open_job(account, "text"),
        screening_question_answers=[answer("text", "Because.")],
        attachments=[document()],
    )
    key, user = fresh("key") if keyed else None, active(account)[0]
    account.sandbox.set_faults(Fault(name="500", endpoint="POST /uploads", rate=1))
    first = account.run("create_application", given, idempotency_key=key)
    assert first.state is ActionState.INCOMPLETE
    assert any("LEVER_PERFORM_AS" in each for each in first.warnings)
    account.sandbox.set_faults()

    settings = {"perform_as": user} if remedy == "setting" else {}
    if remedy == "input":
        given["remote_fields"] = {"lever": {"perform_as": user}}
    again = account.run(
        "create_application",
        given,
        idempotency_key=key,
        settings=settings,
        perform_as=user if remedy == "option" else None,
    )

    assert (again.state, again.action_id) == (ActionState.SUCCEEDED, first.action_id), again.error
    assert files_of(account, given) == ["cv.pdf"]


@WITH_KEY
@pytest.mark.parametrize("of", ["sourced_by", "setting"])
def test_who_left_since_is_not_taken_the_place_of(
    account: Recruiting, leaver: str, of: str, keyed: bool
) -> None:
    key, other = fresh("key") if keyed else None, active(account)[0]
    given = creation(open_job(account), attachments=[document(type="OTHER")])
    if of == "sourced_by":
        given["sourced_by"] = {"user_id": leaver}
    setting = {"perform_as": other if of == "sourced_by" else leaver}
    account.sandbox.set_faults(Fault(name="500", endpoint=FILES, rate=1))
    account.sandbox.reset_requests()
    first = account.run("create_application", given, idempotency_key=key, settings=setting)
    assert first.state is ActionState.INCOMPLETE, first.error
    account.sandbox.set_faults()
    leave(account, leaver)
    again = account.run("create_application", given, idempotency_key=key, settings={"perform_as": other})

    assert (again.state, again.action_id) == (ActionState.INCOMPLETE, first.action_id), again.error
    assert any(
        "cv.pdf was not added" in each and f"begun as the user {leaver}" in each for each in again.warnings
    )
    assert {user for _, user in written(account)} == {leaver}
    assert files_of(account, given) == []


@WITH_KEY
def test_a_creation_of_unknown_outcome_is_found_though_the_setting_names_another_user_since(
    account: Recruiting, leaver: str, keyed: bool
) -> None:
    key, other = fresh("key") if keyed else None, active(account)[0]
    given = creation(open_job(account))
    account.sandbox.set_faults(
        Fault(name="reset", when="after", endpoint="POST /opportunities", rate=1),
        Fault.model_validate({"name": "500", "endpoint": "GET /opportunities", "from": 3}),
    )
    first = account.run("create_application", given, idempotency_key=key, settings={"perform_as": leaver})
    assert first.state is ActionState.UNKNOWN, first
    account.sandbox.set_faults()
    leave(account, leaver)
    again = account.run("create_application", given, idempotency_key=key, settings={"perform_as": other})

    assert (again.state, again.action_id) == (ActionState.SUCCEEDED, first.action_id), again.error
    assert len(opportunities_of(account, given)) == 1


def test_of_what_was_not_written_nobody_is_the_user(account: Recruiting, leaver: str) -> None:
    given = creation(open_job(account))
    account.sandbox.set_faults(Fault(name="500", endpoint="POST /opportunities", when="before", rate=1))
    first = account.run("create_application", given, settings={"perform_as": leaver})
    assert first.state is ActionState.FAILED, first
    account.sandbox.set_faults()
    leave(account, leaver)
    account.sandbox.reset_requests()
    other = active(account)[0]
    again = account.run("create_application", given, settings={"perform_as": other})

    assert (again.state, again.action_id) == (ActionState.SUCCEEDED, first.action_id), again.error
    assert {user for _, user in written(account)} == {other}


def test_who_is_named_for_the_rest_is_told_that_it_is_written_as_the_beginning(account: Recruiting) -> None:
    trial, key = WRITES["add_candidate_result_link"](account, account.person()), fresh("key")
    first, second = active(account)[:2]
    account.sandbox.set_faults(Fault(name="500", endpoint="POST /opportunities/:id/notes", rate=1))
    begun = account.run("add_candidate_result_link", trial.given, idempotency_key=key, perform_as=first)
    assert begun.state is ActionState.INCOMPLETE
    account.sandbox.set_faults()
    account.sandbox.reset_requests()
    again = [
        account.run("add_candidate_result_link", trial.given, idempotency_key=key, perform_as=second)
        for _ in range(2)
    ]

    assert [each.state for each in again] == [ActionState.SUCCEEDED] * 2
    assert all(any(f"not as {second}" in told for told in each.warnings) for each in again)
    assert [user for _, user in written(account)] == [first]


@pytest.mark.parametrize("way", ["option", "input"])
def test_two_who_say_the_same_are_two_writes(account: Recruiting, way: str) -> None:
    trial = WRITES["add_application_note"](account, account.person())
    users = active(account)[:2]
    account.sandbox.reset_requests()
    for user in users:
        if way == "input":
            given = {**trial.given, "remote_fields": {"lever": {"perform_as": user}}}
            assert account.run("add_application_note", given).succeeded
        else:
            assert account.run("add_application_note", trial.given, perform_as=user).succeeded

    assert [user for _, user in written(account)] == users
    assert trial.effects(account) == 2


def test_a_note_that_went_out_as_nobody_is_found_when_somebody_is_set_since(account: Recruiting) -> None:
    trial, key = WRITES["add_application_note"](account, account.person()), fresh("key")
    account.sandbox.set_faults(
        Fault(name="reset", when="after", endpoint=trial.endpoint, rate=1),
        Fault.model_validate({"name": "500", "endpoint": "GET /opportunities/:id/notes", "from": 2}),
    )
    assert account.run("add_application_note", trial.given, idempotency_key=key).state is ActionState.UNKNOWN
    account.sandbox.set_faults()
    settings = {"perform_as": active(account)[0]}
    again = account.run(
        "add_application_note", trial.given, idempotency_key=key, settings=settings, timing=HASTY
    )

    assert again.state is ActionState.SUCCEEDED, again.error
    assert trial.effects(account) == 1

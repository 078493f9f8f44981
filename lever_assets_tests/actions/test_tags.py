"""Tags go by what Lever compares, and one that was taken off is gone."""

from typing import Any

import pytest

from lever_assets.sandbox import Fault
from lever_assets.sandbox.endpoints.writes import opportunities
from lever_assets.store.ledger import ActionState
from lever_assets_tests.actions.recruiting import Person, Recruiting, fresh

REMOVE = "POST /opportunities/:id/removeTags"


def tagged(account: Recruiting, *texts: str) -> Person:
    """Return somebody who has these tags in Lever, so spelt."""
    person = account.person()
    account.sandbox.edit("opportunities", person.opportunity, {"tags": list(texts)})
    return person


def tags(account: Recruiting, person: Person) -> list[str]:
    found: list[str] = account.read(f"/opportunities/{person.opportunity}")["tags"]
    return found


def removal(person: Person, name: str) -> dict[str, Any]:
    return {"candidate_id": person.candidate, "tag": {"name": name}}


def test_a_tag_is_put_on_without_the_blanks_around_it(account: Recruiting) -> None:
    person, text = account.person(), fresh("Tag")
    assert account.run("add_candidate_tag", removal(person, f" \t{text} \n")).succeeded

    assert text in tags(account, person)
    assert text in account.tags(person)
    account.sandbox.reset_requests()
    assert account.run("remove_candidate_tag", removal(person, f"  {text}\u00a0")).succeeded
    assert text not in tags(account, person)


@pytest.mark.parametrize("there", ["SENIOR", " senior ", "Senior", "sEnior\u00a0", "senior"])
def test_a_tag_is_taken_off_as_it_is_spelt_in_lever(account: Recruiting, there: str) -> None:
    person = tagged(account, "other", there, "seniority")
    account.sandbox.reset_requests()
    found = account.run("remove_candidate_tag", removal(person, "Senior"))

    assert found.succeeded, found.error
    assert tags(account, person) == ["other", "seniority"]
    assert account.tags(person) == {"other", "seniority"}
    assert account.sandbox.requests().of(REMOVE) == 1


def test_letters_that_are_composed_are_the_same_as_those_that_are_not(account: Recruiting) -> None:
    person = tagged(account, "Ünïcode", "other")
    assert account.run("remove_candidate_tag", removal(person, "ünïcode")).succeeded

    assert tags(account, person) == ["other"]


@pytest.mark.parametrize("there", [(), ("other",), ("seniority",)])
def test_nothing_is_sent_for_a_tag_that_is_not_there(account: Recruiting, there: tuple[str, ...]) -> None:
    person = tagged(account, *there)
    account.sandbox.reset_requests()
    found = account.run("remove_candidate_tag", removal(person, "senior"))

    assert found.envelope() == {"status": "success", "data": {}, "warnings": []}
    assert tags(account, person) == list(there)
    assert account.sandbox.requests().of(REMOVE) == 0


def test_no_success_is_told_while_lever_shows_the_tag(
    account: Recruiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, key = tagged(account, "senior"), fresh("key")
    with monkeypatch.context() as obstinate:  # Lever answers 200, and does nothing
        obstinate.setattr(
            opportunities,
            "remove_from",
            lambda changes, ident, _field, _values: changes.account.record("opportunities", ident),
        )
        found = account.run("remove_candidate_tag", removal(person, "senior"), idempotency_key=key)

    assert found.error is not None
    assert found.error["code"] == "REMOTE.UNKNOWN_HTTP_ERROR"
    assert "does not show it" in str(found.error["message"])
    assert found.state is ActionState.FAILED
    again = account.run("remove_candidate_tag", removal(person, "senior"), idempotency_key=key)
    assert again.state is ActionState.SUCCEEDED
    assert tags(account, person) == []


def test_no_success_is_told_while_lever_does_not_tell(account: Recruiting) -> None:
    person, key = tagged(account, "senior"), fresh("key")
    account.sandbox.set_faults(
        Fault.model_validate({"name": "500", "endpoint": "GET /opportunities/:id", "from": 2})
    )
    found = account.run("remove_candidate_tag", removal(person, "senior"), idempotency_key=key)

    assert found.error is not None
    assert found.error["code"] == "PLATFORM.TASK_TIMED_OUT"
    assert found.state is ActionState.UNKNOWN
    account.sandbox.set_faults()
    account.sandbox.reset_requests()
    again = account.run("remove_candidate_tag", removal(person, "senior"), idempotency_key=key)
    assert again.state is ActionState.SUCCEEDED
    assert account.sandbox.requests().of(REMOVE) == 0
    assert tags(account, person) == []

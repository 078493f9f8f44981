"""Whatever happens on the way: an action takes effect once, or not at all and says so."""

import pytest

from lever_assets.sandbox import Fault
from lever_assets.store.ledger import ActionState
from lever_assets_tests.actions.recruiting import Recruiting
from lever_assets_tests.actions.writes import WRITES

TROUBLES = {
    "500 before": {"name": "500", "when": "before"},
    "500 after": {"name": "500", "when": "after"},
    "reset before": {"name": "reset", "when": "before"},
    "reset after": {"name": "reset", "when": "after"},
    "429": {"name": "429-storm"},
    "malformed": {"name": "malformed"},
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
@pytest.mark.parametrize("name", WRITES)
def test_a_trouble_at_the_write_leaves_one_effect(
    account: Recruiting, name: str, trouble: dict[str, str]
) -> None:
    trial = WRITES[name](account, account.person())
    account.sandbox.set_faults(Fault.model_validate({**trouble, "endpoint": trial.endpoint, "times": 1}))
    answer = account.run(name, trial.given)

    assert answer.envelope()["status"] == "success", answer.error
    assert answer.state is ActionState.SUCCEEDED
    assert trial.effects(account) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", ["move_application_to_stage", "add_application_note"])
def test_no_answer_at_all_leaves_one_effect(account: Recruiting, name: str, when: str) -> None:
    trial = WRITES[name](account, account.person())
    fault = {"name": "timeout", "when": when, "endpoint": trial.endpoint, "times": 1}
    account.sandbox.set_faults(Fault.model_validate(fault))
    answer = account.run(name, trial.given)

    assert answer.succeeded, answer.error
    assert trial.effects(account) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", WRITES)
def test_a_lasting_trouble_at_the_write_is_told_from_success(
    account: Recruiting, name: str, when: str
) -> None:
    trial = WRITES[name](account, account.person())
    fault = {"name": "500", "when": when, "endpoint": trial.endpoint, "rate": 1}
    account.sandbox.set_faults(Fault.model_validate(fault))
    answer = account.run(name, trial.given)

    if when == "after":
        assert answer.succeeded, answer.error
        assert trial.effects(account) == 1
    else:
        assert answer.error is not None
        assert answer.error["code"] == "REMOTE.SERVICE_UNAVAILABLE"
        assert answer.state is ActionState.FAILED
        assert trial.effects(account) == 0


def test_what_can_not_be_looked_up_is_unknown_until_it_can(account: Recruiting) -> None:
    person = account.person()
    link = WRITES["add_candidate_result_link"](account, person)
    account.sandbox.set_faults(
        Fault(name="reset", when="after", endpoint=link.endpoint, rate=1),
        Fault(name="500", endpoint="GET /opportunities/:id", rate=1),
    )
    answer = account.run("add_candidate_result_link", link.given, idempotency_key="unknown-1")

    assert answer.error is not None
    assert answer.error["code"] == "PLATFORM.TASK_TIMED_OUT"
    assert answer.state is ActionState.UNKNOWN
    assert "same key" in str(answer.error["message"])

    account.sandbox.set_faults()
    account.sandbox.reset_requests()
    again = account.run("add_candidate_result_link", link.given, idempotency_key="unknown-1")

    assert again.succeeded
    assert again.action_id == answer.action_id
    assert link.effects(account) == 1
    assert account.sandbox.requests().of(link.endpoint) == 0


def test_a_step_that_an_action_can_do_without_is_tried_again_by_the_same_key(account: Recruiting) -> None:
    person = account.person()
    trial = WRITES["add_candidate_result_link"](account, person)
    account.sandbox.set_faults(Fault(name="500", endpoint="POST /opportunities/:id/notes", rate=1))
    first = account.run("add_candidate_result_link", trial.given, idempotency_key="follow-up")

    assert first.succeeded
    assert first.state is ActionState.INCOMPLETE
    assert "label and details were not" in first.warnings[0]

    account.sandbox.set_faults()
    account.sandbox.reset_requests()
    second = account.run("add_candidate_result_link", trial.given, idempotency_key="follow-up")

    assert second.state is ActionState.SUCCEEDED
    assert second.warnings == ()
    assert account.sandbox.requests().of(trial.endpoint) == 0
    assert [each for each in account.notes(person) if str(trial.given["url"]) in each] == [
        f"Test: {trial.given['url']}"
    ]

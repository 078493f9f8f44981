"""Answers that miss the form's questions are refused; without any, somebody is made without the form."""

from typing import Any

import pytest

from lever_assets.sandbox import Fault
from lever_assets.store.ledger import ActionState
from lever_assets_tests.actions.creation.test_creating_refused import refused
from lever_assets_tests.actions.newcomers import (
    GROUP,
    answer,
    create,
    creation,
    in_lever,
    open_job,
    opportunities_of,
    somebody,
)
from lever_assets_tests.actions.recruiting import Recruiting

ELSEWHERE = {"question_id": f"remote:{GROUP}:elsewhere", "answer": "Because."}
UNKNOWN = {"question_id": "1" * 24, "answer": "Because."}
CONSENT = {"given": True}


@pytest.mark.parametrize("consent", [None, CONSENT])
@pytest.mark.parametrize("answers", [[ELSEWHERE], [UNKNOWN], [ELSEWHERE, UNKNOWN]])
@pytest.mark.parametrize("required", [(), ("number",)])
def test_answers_to_unknown_questions_alone_are_refused_with_the_questions_that_exist(
    account: Recruiting,
    answers: list[dict[str, Any]],
    required: tuple[str, ...],
    consent: dict[str, Any] | None,
) -> None:
    job = open_job(account, "text", "number", "instruction", required=required, eeo=True)
    given = creation(job, screening_question_answers=answers, gdpr_consent=consent)
    error = refused(account, given)

    assert (error["code"], error["title"]) == ("PLATFORM.INPUT_INVALID", "Unknown questions")
    with account.session() as session:
        for name in ("text", "number"):
            own = session.mapping.id("screening_questions", f"{GROUP}:{name}")
            assert f"{own} (“About {name}?”)" in error["message"]
    assert "Gender" in error["message"]
    assert "instruction" not in error["message"]
    assert opportunities_of(account, given) == []


def test_beside_a_known_question_an_unknown_one_is_a_warning(account: Recruiting) -> None:
    given = creation(
        open_job(account, "text"), screening_question_answers=[answer("text", "Because."), ELSEWHERE]
    )
    found = create(account, given)

    assert [each for each in found.warnings if "does not ask the question" in each]
    assert in_lever(account, given)["origin"] == "applied"


@pytest.mark.parametrize(
    ("required", "counted"),
    [
        ((), None),
        (("text",), "1 required question:"),
        (("text", "number", "instruction"), "2 required questions:"),
    ],
)
@pytest.mark.parametrize("given_by", [[], "absent"])
def test_without_answers_the_required_ones_are_counted(
    account: Recruiting, required: tuple[str, ...], counted: str | None, given_by: object
) -> None:
    job = open_job(account, "text", "number", "date", "instruction", required=required)
    changes: dict[str, Any] = {} if given_by == "absent" else {"screening_question_answers": given_by}
    given = creation(job, **changes)
    found = create(account, given, somebody(account))

    assert found.state is ActionState.SUCCEEDED
    assert in_lever(account, given)["origin"] == "sourced"
    assert len(found.warnings) == (0 if counted is None else 1)
    assert counted is None or counted in found.warnings[0]
    again = create(account, given, somebody(account))
    assert set(again.warnings) >= set(found.warnings)


@pytest.mark.parametrize("empty", [None, "", " ", []])
def test_an_empty_answer_leaves_out_what_is_required(account: Recruiting, empty: object) -> None:
    job = open_job(account, "text", "languages", required=("text",))
    error = refused(account, creation(job, screening_question_answers=[answer("languages", empty)]))

    assert error["title"] == "Answer missing"
    assert "“About text?”" in error["message"]


def test_a_consent_without_answers_does_not_ask_for_them(account: Recruiting) -> None:
    given = creation(open_job(account, "text", required=("text",)), gdpr_consent=CONSENT)
    found = create(account, given, somebody(account))

    assert in_lever(account, given)["origin"] == "sourced"
    assert any("1 required question:" in each for each in found.warnings)
    assert any("gdpr_consent was not written" in each for each in found.warnings)


def test_a_form_that_can_not_be_read_is_told_when_nothing_is_to_be_filled_in(account: Recruiting) -> None:
    given = creation(open_job(account, "text", required=("text",)))
    account.sandbox.set_faults(Fault(name="500", endpoint="GET /postings/:id/apply", rate=1))
    found = create(account, given, somebody(account))

    assert found.state is ActionState.SUCCEEDED
    assert [each for each in found.warnings if "can't be told whether the form of the job requires" in each]

"""A result fills in a feedback form of a template, too, where one is configured."""

from typing import Any

import pytest
from sqlalchemy import select

from lever_assets.actions.engine.options import Options
from lever_assets.actions.inputs import ApplicationResultLink
from lever_assets.assessment.feedback import filled
from lever_assets.assessment.results import Result, take
from lever_assets.assessment.telling import tell_lever
from lever_assets.assessment.troubles import troubles
from lever_assets.sandbox import Fault
from lever_assets.store.tables import action_ledger
from lever_assets.sync.retention.expired import erase_due
from lever_assets_tests.actions.recruiting import Person
from lever_assets_tests.api.served import Served, served
from lever_assets_tests.assessment import killed
from lever_assets_tests.assessment.test_erasing import SAID, everything
from lever_assets_tests.assessment.test_results import NOTE, ordered
from lever_assets_tests.assessment.vendor import RESULT, notes, rows, see_to, tags

TEMPLATE = "5b0f589c-b0c2-4e84-bf83-0f2ca48fc48a"
LINK = ApplicationResultLink.model_validate(
    {
        "application_id": "remote:x",
        "label": "Test, completed",
        "url": "https://vendor.example/1",
        "details": {
            "custom_field_name_prefix": "",
            "attributes": [
                {"key": "Score", "value": "87.5 / 100"},
                {"key": "Level", "value": "senior"},
                {"key": "Passed", "value": "yes"},
                {"key": "Topics", "value": "Teamwork"},
                {"key": "Why", "value": "a\nb"},
            ],
        },
    }
)
WHOLE = LINK.note


def settings(api: Served, template: str | None = TEMPLATE) -> dict[str, Any]:
    names = ("assessment_stage", "assessment_tag_prefix", "perform_as")
    return {name: getattr(api.settings, name) for name in names} | {"assessment_feedback_template": template}


def forms(api: Served, person: Person) -> list[dict[str, Any]]:
    """Return what the forms of the template say, by the names of their fields; the newest first."""
    listed = api.account.read(f"/opportunities/{person.opportunity}/feedback")
    mine = [each for each in listed if each["baseTemplateId"] == TEMPLATE]
    assert all(each["user"] == api.settings.perform_as for each in mine)
    return [{field["text"]: field["value"] for field in each["fields"]} for each in mine]


@pytest.mark.parametrize("named", [TEMPLATE, " assessment "])
def test_a_result_is_a_feedback_form_too_and_only_once(api: Served, named: str) -> None:
    person, order = ordered(api)
    with served(api.account, **settings(api, named)) as here:
        for _ in range(2):
            answer = here.client().assessment.update_order_result(assessment_order_id=order, **RESULT)  # type: ignore[arg-type]
            assert answer.warnings == []

    assert forms(api, person) == [
        {"Rating": None, "Findings": NOTE, "Score": "87.5 / 100", "Level": "Senior"},
    ]
    assert notes(api, person) == [NOTE]
    assert (rows(api)[0]["todo"], rows(api)[0]["result"]) == ([], None)
    with api.account.session() as session, session.reading() as tx:
        c = action_ledger.c
        kept = tx.sql.execute(select(c.state).where(c.action == "add_application_feedback")).scalars().all()
    assert kept == ["succeeded"]


def test_what_is_no_completed_result_is_no_form(api: Served) -> None:
    person, order = ordered(api)
    with served(api.account, **settings(api)) as here:
        result = f"/v1/assessment/orders/{order}/result"
        here.data("PUT", result, json={**RESULT, "status": "OPEN", "completed_at": None})
        here.data("PUT", result, json={**RESULT, "status": "CANCELLED"})
    assert forms(api, person) == []


def test_when_lever_refuses_the_note_is_there_and_a_warning_says_so(api: Served) -> None:
    person, order = ordered(api)
    with served(api.account, **settings(api, "No Feedback at all")) as here:
        told = here.ask("PUT", f"/v1/assessment/orders/{order}/result", json=RESULT).json()
    [warning] = told["warnings"]

    assert "The feedback form was not added: No such feedback template" in warning["message"]
    assert notes(api, person) == [NOTE]
    assert tags(api, person) == {"Acme: Coding", "Acme: completed"}
    with api.account.session(**settings(api, "No Feedback")) as session:  # it has no field for text
        with session.writing() as tx:
            tx.sql.exec_driver_sql("UPDATE assessment_orders SET due_at = created_at")
        failed = tell_lever(session)
        assert failed.why == "The feedback form was not added: No field for the result"
        assert "tried again" in troubles(session.store, session.settings)[0]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_form_of_which_nobody_heard_is_added_once(api: Served, when: str) -> None:
    person, order = ordered(api)
    endpoint = "POST /opportunities/:id/feedback"
    fault = Fault.model_validate({"name": "reset", "when": when, "endpoint": endpoint, "times": 1})
    api.account.sandbox.set_faults(fault)
    with api.account.session(**settings(api)) as session:
        assert take(session, order, Result.model_validate(RESULT))
        told = tell_lever(session, options=Options(timing=killed.PATIENT))
    assert (told.done, told.failed) == (1, 0)
    assert len(forms(api, person)) == 1


def test_of_who_is_gone_nothing_of_the_form_is_left(api: Served) -> None:
    person, order = ordered(api)
    result = {**RESULT, "attributes": [{"type": "TEXT", "label": "Remark", "value": SAID}]}
    with served(api.account, **settings(api)) as here:
        here.data("PUT", f"/v1/assessment/orders/{order}/result", json=result)
    assert SAID in everything(api)

    api.account.sandbox.delete("opportunities", person.opportunity)
    see_to(api)
    with api.account.session(**settings(api), retention_days="0") as session:
        erase_due(session)
    assert SAID not in everything(api)


@pytest.mark.parametrize(
    ("fields", "values"),
    [
        ([("text", "score")], ["87.5 / 100"]),
        ([("text", "Anything")], ["; ".join(WHOLE.splitlines())]),
        ([("text", "One"), ("textarea", "Two")], [None, WHOLE]),
        ([("textarea", "Why"), ("text", "Why")], ["a\nb", "a b"]),
        ([("dropdown", "LEVEL ", "Junior", "Senior")], ["Senior"]),
        ([("dropdown", "Level", "Junior")], [None]),
        ([("yes-no", "Passed")], ["Yes"]),
        ([("multiple-select", "Topics", "Teamwork", "Code")], [["Teamwork"]]),
        ([("score", "Score"), ("date", "Level"), ("score-system", "Rating", "4 - Yes")], [None, None, None]),
        ([("code", "Why"), (None, None)], [None, None]),
    ],
    ids=str,
)
def test_what_fits_a_field_is_there_and_all_of_it_in_a_text(fields: Any, values: Any) -> None:
    described = [
        {"id": str(at), "type": kind, "text": text, "options": [{"text": each} for each in options]}
        for at, (kind, text, *options) in enumerate(fields)
    ]
    found = filled(described, LINK)
    assert [found.get(str(at)) for at in range(len(fields))] == values


@pytest.mark.parametrize("fields", [None, {}, [1, {"type": "text"}, {"id": "1", "type": []}]], ids=str)
def test_fields_that_can_not_be_read_are_left_alone(fields: Any) -> None:
    assert filled(fields, LINK) == {}

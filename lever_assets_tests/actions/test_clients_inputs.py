"""What official clients send: dates with a time, null for what they leave out, fields that are news to us."""

from datetime import date
from typing import Any

import dagster as dg
import pytest
from pydantic import ValidationError

from lever_assets.actions.catalogue import ACTIONS
from lever_assets.actions.creation.creation_inputs import CreateApplication, CreateCandidate
from lever_assets.actions.engine.action import Action
from lever_assets.actions.engine.idempotency import input_hash
from lever_assets_tests.actions.newcomers import (
    answer,
    create,
    creation,
    document,
    in_lever,
    open_job,
    somebody,
)
from lever_assets_tests.actions.recruiting import Recruiting
from lever_assets_tests.actions.test_bad_input import GOOD, ID, PERSON
from lever_assets_tests.orchestration.test_forms import config_of, example


@pytest.mark.parametrize(
    "written",
    [
        "2026-12-01",
        "2026-12-01Z",
        "2026-12-01T10:30:00Z",
        "2026-12-01T00:00:00Z",
        "2026-12-01T23:59:59.999Z",
        "2026-12-01T23:59:59.1234567+11:00",
        "2026-12-01T00:30:00-05:00",
        "2026-12-01T10:30:00",
        "2026-12-01 10:30",
        " 2026-12-01 ",
    ],
)
def test_of_a_date_with_a_time_the_day_is_taken(written: str) -> None:
    given = {
        "candidate": {**PERSON, "availability_date": written},
        "job_id": ID,
        "gdpr_consent": {"given": True, "expires_at": written},
    }
    asked = CreateApplication.model_validate(given)

    assert asked.candidate.availability_date == date(2026, 12, 1)
    assert asked.gdpr_consent is not None
    assert asked.gdpr_consent.expires_at == date(2026, 12, 1)


@pytest.mark.parametrize(
    "written", ["tomorrow", "", "2026-13-01", "2026-12-01T99:00:00Z", "01.12.2026", "1777593600", 20606, True]
)
def test_what_is_no_date_is_refused_by_its_field(written: object) -> None:
    with pytest.raises(ValidationError, match="availability_date"):
        CreateApplication.model_validate(
            {"candidate": {**PERSON, "availability_date": written}, "job_id": ID}
        )


def _nulled(schema: dict[str, Any], parts: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return the input with null for every field that it leaves out and does not have to give."""
    found: dict[str, Any] = {}
    for name, told in schema["properties"].items():
        if name not in given:
            found[name] = None
            continue
        part = _part(told, parts)
        value = given[name]
        if part is not None and isinstance(value, dict):
            value = _nulled(part, parts, value)
        elif part is not None and isinstance(value, list):
            value = [_nulled(part, parts, each) if isinstance(each, dict) else each for each in value]
        found[name] = value
    return found


def _part(told: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any] | None:
    for each in (told, told.get("items", {}), *told.get("anyOf", ())):
        if "$ref" in each:
            found: dict[str, Any] = parts[each["$ref"].rpartition("/")[2]]
            return found
    return None


@pytest.mark.parametrize(("model", "given"), GOOD, ids=[model.__name__ for model, _ in GOOD])
def test_null_is_as_absent_wherever_a_field_may_be_left_out(model: Any, given: dict[str, Any]) -> None:
    schema = model.model_json_schema()
    nulled = _nulled(schema, schema["$defs"], given)

    assert nulled != given
    assert model.model_validate(nulled) == model.model_validate(given)
    assert input_hash(model.model_validate(nulled)) == input_hash(model.model_validate(given))


def test_null_for_a_list_is_as_absent(account: Recruiting) -> None:
    person = {
        "social_links": None,
        "additional_email_addresses": None,
        "additional_phone_numbers": None,
    }
    given = creation(open_job(account), screening_question_answers=None, attachments=None)
    given["candidate"].update(person)
    create(account, given, somebody(account))

    assert in_lever(account, given)["links"] == []


@pytest.mark.parametrize("action", ACTIONS, ids=lambda each: each.name)
def test_the_launchpad_takes_null_as_absent_too(action: Action) -> None:
    given, schema = example(action.name), action.input.model_json_schema()
    config = config_of(action.name, _nulled(schema, schema["$defs"], given))
    asked = {name: config[name] for name in action.input.model_fields}

    assert action.input.model_validate(asked) == action.input.model_validate(given)


UNKNOWN: dict[str, dict[str, Any]] = {
    "at the root": {"novel": 1},
    "in the person": {"candidate": {"novel": {"deep": [1]}}},
    "in lists": {"candidate": {"social_links": [{"url": "https://example.com/a", "novel": None}]}},
    "in Lever's own": {"remote_fields": {"lever": {"novel": "x"}}},
    "in a file": {"attachments": [{**document(), "novel": 1, "more": 2}]},
    "in a file that answers": {
        "screening_question_answers": [answer("file", {**document(type=None), "type": "CV", "novel": 1})]
    },
}


@pytest.mark.parametrize("where", UNKNOWN)
def test_an_unknown_field_is_ignored_with_a_warning_only_where_the_caller_says_so(
    account: Recruiting, where: str
) -> None:
    given = creation(open_job(account, "file"))
    changes = dict(UNKNOWN[where])
    given["candidate"] |= changes.pop("candidate", {})
    given |= changes
    user = somebody(account)
    account.sandbox.reset_requests()
    refused = account.run("create_application", given, perform_as=user)

    assert refused.error is not None
    assert refused.error["code"] == "PLATFORM.INPUT_INVALID"
    assert "Extra inputs are not permitted" in str(refused.error["message"])
    assert all(each.startswith("GET") for each in account.sandbox.requests().by_endpoint)

    found = account.run("create_application", given, perform_as=user, ignore_unknown=True)
    assert found.succeeded, found.error
    assert [each for each in found.warnings if "There is no field" in each and "novel" in each]
    assert in_lever(account, given)["name"].startswith("Ada Byron")


def test_what_is_wrong_beside_an_unknown_field_is_still_refused(account: Recruiting) -> None:
    given = {"candidate_id": account.person().candidate, "tag": {"name": "", "novel": 1}, "novel": 2}
    found = account.run("add_candidate_tag", given, ignore_unknown=True)

    assert found.error is not None
    assert found.error["code"] == "PLATFORM.INPUT_INVALID"
    assert "tag.name" in str(found.error["message"])
    assert "novel" not in str(found.error["message"])


def test_fields_of_other_tools_are_nobodys_typo() -> None:
    given = {
        "candidate": PERSON,
        "application": {"job_id": ID},
        "remote_fields": {"greenhouse": {"anything": 1}, "lever": None},
    }

    assert CreateCandidate.model_validate(given)


@pytest.mark.parametrize("where", ["root", "inside"])
def test_the_launchpad_refuses_an_unknown_field(where: str) -> None:
    given = example("add_candidate_tag")
    (given if where == "root" else given["tag"])["novel"] = 1

    with pytest.raises(dg.DagsterInvalidConfigError, match="novel"):
        config_of("add_candidate_tag", given)

"""The Launchpad's forms take what the actions take, and hand it over unchanged."""

import json
from typing import Any

import dagster as dg
import hypothesis
import pytest
from hypothesis import strategies as st

from lever_assets.actions.catalogue import ACTIONS
from lever_assets.actions.engine.action import Action
from lever_assets.actions.passthrough import Passthrough
from lever_assets.definitions import build
from lever_assets.orchestration.config import form
from lever_assets.settings import Settings
from lever_assets_tests.docs.test_docs import ROOT
from lever_assets_tests.orchestration.typing_in import inputs

DEFINITIONS = build(Settings(_env_file=None, passthrough_job=True))
JOBS = {job.name: job for job in DEFINITIONS.resolve_all_job_defs()}


def example(action: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "docs/actions/examples" / f"{action}.json").read_text("utf-8"))
    return found


def config_of(action: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return what the op gets of a configuration."""
    resolved = dg.validate_run_config(JOBS[f"{action}_job"], {"ops": {action: {"config": given}}})
    config: dict[str, Any] = resolved["ops"][action]["config"]
    return config


@pytest.mark.parametrize("action", ACTIONS, ids=lambda each: each.name)
def test_an_input_comes_out_of_the_form_as_it_went_in(action: Action) -> None:
    given = example(action.name)
    config = config_of(action.name, given)
    asked = {name: value for name, value in config.items() if name in action.input.model_fields}
    filled = {name: value for name, value in asked.items() if value is not None}

    assert action.input.model_validate(filled) == action.input.model_validate(given)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda each: each.name)
@hypothesis.given(drawn=st.data())
@hypothesis.settings(max_examples=40, deadline=None)
def test_whatever_the_model_takes_comes_out_of_the_form_as_it_went_in(
    action: Action, drawn: st.DataObject
) -> None:
    typed = drawn.draw(inputs(action.input))
    asked = action.input.model_validate(typed)
    config = config_of(action.name, typed)
    filled = {name: config[name] for name in action.input.model_fields if config[name] is not None}

    assert action.input.model_validate(filled) == asked


@pytest.mark.parametrize("action", ACTIONS, ids=lambda each: each.name)
def test_every_field_has_a_description_and_what_is_optional_a_default(action: Action) -> None:
    fields = form(action.input)

    assert set(fields) == set(action.input.model_fields)
    for name, field in fields.items():
        assert field.description, name
        assert field.is_required == action.input.model_fields[name].is_required()


@pytest.mark.parametrize("action", ACTIONS, ids=lambda each: each.name)
def test_a_form_without_what_is_required_says_what_is_missing(action: Action) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match="Missing required config"):
        config_of(action.name, {})


def test_a_choice_is_held_to_its_values() -> None:
    given = example("add_candidate_attachment")
    given["attachment"]["type"] = "PHOTO"

    with pytest.raises(dg.DagsterInvalidConfigError, match="PHOTO"):
        config_of("add_candidate_attachment", given)


@pytest.mark.parametrize("answer", ["text", 3, 2.5, True, ["a", "b"], {"name": "cv.pdf", "data": "AAAA"}])
def test_an_answer_may_be_anything(answer: object) -> None:
    given = example("create_application")
    given["screening_question_answers"] = [{"question_id": "remote:set:field", "answer": answer}]

    config = config_of("create_application", given)

    assert config["screening_question_answers"][0]["answer"] == answer


def test_a_request_that_is_passed_through_comes_out_as_it_went_in() -> None:
    given: dict[str, Any] = {
        "method": "POST",
        "path": "/opportunities",
        "params": {"perform_as": "x", "limit": 3, "tag": ["b", "a", "b"], "a": ""},
        "headers": {"X-Trace": "1"},
        "data": {"name": "Rosa", "tags": ["a"]},
    }
    config = config_of("passthrough", given)
    filled = {name: value for name, value in config.items() if value is not None}

    assert Passthrough.model_validate(filled) == Passthrough.model_validate(given)
    assert list(filled["params"].items()) == list(given["params"].items())

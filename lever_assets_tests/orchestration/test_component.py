"""The component of a `dg` project; and what docs/dagster.md says of it, and of the same in Python."""

import inspect
import re
import traceback
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster.components.core.component_tree import ComponentTreeException
from dagster.components.testing import create_defs_folder_sandbox

import lever_assets
from lever_assets import LeverComponent, build_lever_definitions

PAGE = (Path(__file__).parents[2] / "docs" / "dagster.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def built(monkeypatch: pytest.MonkeyPatch, given: dict[str, Any] | None = None) -> dg.Definitions:
    monkeypatch.delenv("LEVER_API_KEY", raising=False)
    monkeypatch.delenv("LEVER_DATABASE_URL", raising=False)
    with create_defs_folder_sandbox() as sandbox:
        path = sandbox.scaffold_component(component_cls=LeverComponent, defs_yaml_contents=given)
        with sandbox.load_component_and_build_defs(defs_path=path) as (component, defs):
            assert isinstance(component, LeverComponent)
            defs.get_repository_def()
            return defs


def test_what_is_scaffolded_loads_without_its_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    defs = built(monkeypatch)
    keys = {each.key.to_user_string() for each in defs.resolve_all_asset_specs()}
    assert {"lever/users", "lever/raw_users"} <= keys
    assert {"lever", "lever_database"} <= set(defs.resources or ())


def test_the_component_of_the_page_translates_each_asset(monkeypatch: pytest.MonkeyPatch) -> None:
    given = next(each for each in map(yaml.safe_load, blocks("yaml")) if "type" in each)
    defs = built(monkeypatch, given)
    specs = {each.key.to_user_string(): each for each in defs.resolve_all_asset_specs()}
    assert {"ats/acme/users", "ats/acme/raw_users"} <= set(specs)
    users = specs["ats/acme/users"]
    assert (users.group_name, users.owners) == ("recruiting", ["team:people"])
    assert dg.AssetKey(["ats", "acme", "raw_users"]) in {each.asset_key for each in users.deps}


ONLY_PYTHON = {"automation_condition", "freshness_policy", "executor"}
"""Parameters that YAML has no words for."""


def test_the_component_takes_what_python_takes_by_the_same_defaults() -> None:
    known = inspect.signature(build_lever_definitions).parameters
    fields = LeverComponent.model_fields
    assert set(fields) == set(known) - ONLY_PYTHON
    assert {name: not fields[name].is_required() for name in fields} == {
        name: name != "accounts" for name in fields
    }
    for name in (
        "include_passthrough",
        "delta_seconds",
        "reconcile_schedule",
        "ui_url",
        "run_retention_days",
    ):
        assert fields[name].default == known[name].default
    alone = next(each for each in PAGE.split("\n\n") if "for Python alone" in each)
    assert all(f"`{each}`" in alone for each in ONLY_PYTHON)


def test_each_parameter_is_told_in_the_schema_that_the_ui_shows() -> None:
    model = LeverComponent.get_model_cls()
    assert model is not None
    told = {name: each.description for name, each in model.model_fields.items()}
    assert set(told) == set(LeverComponent.model_fields)
    assert all(told.values())


def test_the_component_passes_on_what_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    attributes = {
        "accounts": [{"name": "acme"}],
        "include_passthrough": True,
        "reconcile_schedule": "5 4 * * 1",
        "ui_url": "https://dagster.example.com",
    }
    defs = built(monkeypatch, {"type": "lever_assets.LeverComponent", "attributes": attributes})
    repository = defs.get_repository_def()
    assert repository.has_job("acme_passthrough_job")
    assert repository.get_schedule_def("acme_reconcile").cron_schedule == "5 4 * * 1"


def test_a_template_says_the_rest_by_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    translation = {
        "description": "{{ spec.description }} (HR, {{ table }})",
        "tags": {"domain": "hr", "floor": "{{ floor }}"},
        "automation_condition": "{{ dg.AutomationCondition.eager() }}",
        "freshness_policy": "{{ dg.FreshnessPolicy.time_window(fail_window=datetime.timedelta(hours=9)) }}",
    }
    attributes = {"accounts": [{"name": "acme"}], "translation": translation}
    defs = built(monkeypatch, {"type": "lever_assets.LeverComponent", "attributes": attributes})
    specs = {each.key.to_user_string(): each for each in defs.resolve_all_asset_specs()}
    users = specs["acme/users"]
    assert (users.description or "").endswith("the last is still open. (HR, users)")
    assert (users.tags["domain"], users.tags["floor"]) == ("hr", "unified")
    assert users.tags["lever/table"] == "users"
    assert users.automation_condition == dg.AutomationCondition.eager()
    assert users.freshness_policy is not None


def test_a_variable_stands_for_a_number_too_and_a_prefix_may_be_one_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attributes = {
        "accounts": [
            {"name": "acme", "rate_limit": "{{ env.ATS_RATE }}", "change_history": "{{ env.ATS_KEEPS }}"}
        ],
        "key_prefix": "{{ env.ATS_PREFIX }}",
    }
    given = {"type": "lever_assets.LeverComponent", "attributes": attributes}
    with pytest.raises(ComponentTreeException) as raised:
        built(monkeypatch, given)
    told = "".join(traceback.format_exception(raised.value))
    assert "The variable ATS_RATE, which a template names, is not set" in told
    for name, value in {"ATS_RATE": "2.5", "ATS_KEEPS": "false", "ATS_PREFIX": "ats"}.items():
        monkeypatch.setenv(name, value)
    defs = built(monkeypatch, given)
    assert "ats/acme/users" in {each.key.to_user_string() for each in defs.resolve_all_asset_specs()}
    account = (defs.resources or {})["acme"]
    assert (account.rate_limit, account.change_history) == (2.5, False)


def test_a_variable_within_a_template_is_there_or_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "type": "lever_assets.LeverComponent",
        "attributes": {
            "accounts": [{"name": "acme"}],
            "database": {"url": "postgresql://ats:{{ env.ATS_WORD }}@db/ats"},
        },
    }
    with pytest.raises(ComponentTreeException) as raised:
        built(monkeypatch, given)
    told = "".join(traceback.format_exception(raised.value))
    assert "The variable ATS_WORD, which a template names, is not set" in told
    monkeypatch.setenv("ATS_WORD", "word")
    built(monkeypatch, given)


@pytest.mark.parametrize("code", blocks("python"))
def test_the_python_of_the_page_makes_definitions(code: str) -> None:
    there: dict[str, Any] = {}
    exec(compile(code, "docs/dagster.md", "exec"), there)
    assert [name for name, each in there.items() if isinstance(each, dg.Definitions)] == ["defs"]
    there["defs"].get_repository_def()


def test_the_page_tells_of_every_public_name() -> None:
    names = lever_assets.__all__
    assert names == sorted(names)
    for name in names:
        assert f"`{name}`" in PAGE or f"lever_assets.{name}" in PAGE or f" {name}" in PAGE
        assert getattr(lever_assets, name).__doc__
    assert not hasattr(lever_assets, "LeverNothing")

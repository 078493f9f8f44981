"""The dbt package's sources know what the catalogue knows. What dbt makes of them `make test-dbt` tries."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from lever_assets.unified.catalogue import ALL_MODELS
from lever_assets.unified.marts import MARTS

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def tables() -> dict[str, dict[str, Any]]:
    written = yaml.safe_load((ROOT / "dbt" / "models" / "sources.yml").read_text("utf-8"))
    return {each["name"]: each for each in written["sources"][0]["tables"]}


def checks_on(tables: dict[str, dict[str, Any]], table: str, column: str) -> list[Any]:
    (found,) = (each for each in tables[table]["columns"] if each["name"] == column)
    tests: list[Any] = found.get("data_tests", [])
    return tests


def test_every_model_and_mart_is_a_source_with_a_sentence_for_each_column(
    tables: dict[str, dict[str, Any]],
) -> None:
    assert {*(each.name for each in ALL_MODELS), *(each.table for each in MARTS)} < tables.keys()
    for table in tables.values():
        assert table["description"]
        assert all(column["description"] for column in table["columns"]), table["name"]


def test_the_page_exports_each_table_that_a_model_reads() -> None:
    models = (ROOT / "dbt" / "models").rglob("*.sql")
    read = {
        name for file in models for name in re.findall(r"source\('lever_assets', '(\w+)'\)", file.read_text())
    }
    page = (ROOT / "docs" / "dbt.md").read_text("utf-8")
    exported = page.partition("$ lever-assets export ")[2].partition("--format")[0].replace("\\", "").split()
    assert {*exported} == read


def test_keys_references_and_closed_enums_are_tested(tables: dict[str, dict[str, Any]]) -> None:
    assert checks_on(tables, "applications", "id") == ["unique", "not_null"]
    assert checks_on(tables, "applications", "job_id") == [
        {
            "relationships": {
                "arguments": {"to": "source('lever_assets', 'jobs')", "field": "id"},
                "config": {"severity": "warn"},
            }
        }
    ]
    assert checks_on(tables, "applications", "outcome") == [
        {"accepted_values": {"arguments": {"values": ["PENDING", "HIRED", "DECLINED"]}}}
    ]
    assert tables["mart_time_to_hire"]["data_tests"] == [
        {"unique": {"arguments": {"column_name": "connection || '|' || month || '|' || department"}}}
    ]


def test_a_column_that_may_hold_other_words_or_a_list_is_not_tested_for_values(
    tables: dict[str, dict[str, Any]],
) -> None:
    assert checks_on(tables, "jobs", "status") == []
    assert checks_on(tables, "job_hiring_team_members", "roles") == []

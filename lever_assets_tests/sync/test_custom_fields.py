"""LEVER_CUSTOM_FIELDS: what it names that does not exist is refused, or told with what there is."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.settings import SettingsError
from lever_assets.sync.run import replay
from lever_assets_tests.sync.tables import DELTA, Account, live

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def lever() -> Iterator[Sandbox]:
    """An account with offers that no test changes."""
    with running_sandbox(SandboxConfig(opportunities=30, seed=36, rate=0)) as running:
        yield running


@pytest.fixture
def account(lever: Sandbox, tmp_path: Path, database_url: str) -> Account:
    return Account(lever, tmp_path, database_url)


def written(account: Account, names: Any) -> Path:
    path = account.folder / "fields.json"
    path.write_text(names if isinstance(names, str) else json.dumps(names))
    return path


@pytest.mark.long
def test_a_key_that_no_record_has_is_told_with_those_that_there_are(account: Account) -> None:
    names = {"jobs": {"cost_centre": "cost_center_field_id", "squad": "team"}, "offers": {"pay": "salary"}}
    path = written(account, names)
    told = account.sync(custom_fields=path).warnings
    assert [each for each in told if "LEVER_CUSTOM_FIELDS" in each] == [*told]
    assert [each.partition(";")[0] for each in told] == [
        "no record of jobs has the field 'cost_center_field_id' (for 'cost_centre'), "
        "named in LEVER_CUSTOM_FIELDS or by `fields map`",
        "no record of offers has the field 'salary' (for 'pay'), "
        "named in LEVER_CUSTOM_FIELDS or by `fields map`",
    ]
    keys = {each["key"] for row in live(account.database)["jobs"] for each in row["integration_fields"] or ()}
    assert "cost_center" in keys
    assert told[0].endswith(f"; the fields of jobs are {', '.join(sorted(keys))}")
    assert account.sync(DELTA, custom_fields=path).warnings == told

    with account.session(custom_fields=written(account, {"jobs": {"cost_centre": "cost_center"}})) as session:
        assert not [doubt for each in replay(session) for doubt in each.warnings]
    assert account.sync(DELTA).warnings == ()


def test_a_field_that_is_there_but_empty_is_no_mistake(account: Account) -> None:
    path = written(account, {"offers": {"pay": "salary_amount"}, "candidates": {"how": "origin"}})
    assert account.sync(custom_fields=path).warnings == ()


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ({"job": {}}, r"names 'job'; the models that have custom fields are jobs, candidates, offers"),
        ({"jobs": {}, "users": {"a": "b"}}, r"names 'users'; the models"),
        ({"jobs": ["a"]}, r"is not a JSON object of model"),
        ({"jobs": {"a": 5}}, r"is not a JSON object of model"),
        ("[" * 100_000, r"is not a JSON object of model"),
        ("{nonsense", r"is not a JSON object of model"),
    ],
)
def test_what_is_no_model_with_custom_fields_is_refused(
    lever: Sandbox, tmp_path: Path, sqlite_database: str, names: Any, says: str
) -> None:
    account = Account(lever, tmp_path, sqlite_database)
    path = written(account, names)
    with (
        pytest.raises(SettingsError, match=f"^LEVER_CUSTOM_FIELDS: .*fields.json {says}"),
        account.session(custom_fields=path),
    ):
        pytest.fail("the session should not open")


def test_the_example_of_the_documentation_names_fields_that_there_are(
    lever: Sandbox, tmp_path: Path, sqlite_database: str
) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```json\n(.*?)```", page, flags=re.DOTALL)
    account = Account(lever, tmp_path, sqlite_database)
    assert account.sync(custom_fields=written(account, example)).warnings == ()
    tables = live(account.database)
    for model, names in json.loads(example).items():
        for ours in names:
            assert any(row["custom_fields"][ours] is not None for row in tables[model]), (model, ours)

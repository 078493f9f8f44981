"""`fields`: lists what an account has beyond the columns, maps it, switches it; Lever is never asked."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lever_assets.cli import main
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.store import Store
from lever_assets.store.accounts import StoredAccount, keep_account, rename_rows
from lever_assets.sync.kept_fields import switch_fields
from lever_assets_tests.cli.conftest import Outcome
from lever_assets_tests.sync.tables import Account, live

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that an account is synced into; the account is gone by now."""
    folder = tmp_path_factory.mktemp("synced")
    with running_sandbox(SandboxConfig(opportunities=40, seed=36, rate=0)) as sandbox:
        Account(sandbox, folder, f"sqlite:///{folder / 'lever.db'}").sync()
    return folder / "lever.db"


@pytest.fixture
def database(synced: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The database of somebody who has no key at hand."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEVER_DATA_DIR", str(tmp_path))
    return Path(shutil.copy(synced, tmp_path / "lever.db"))


class Fields:
    """The command."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *arguments: str, command: str = "fields") -> Outcome:
        with pytest.raises(SystemExit) as ended:
            main([command, *arguments])
        written = self.capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Outcome(ended.value.code, written.out, written.err)

    def listed(self, *arguments: str) -> dict[tuple[str, str], dict[str, Any]]:
        """The fields by model and key."""
        return {(each["model"], each["key"]): each for each in self(*arguments, "--json").json["fields"]}


@pytest.fixture
def fields(database: Path, capsys: pytest.CaptureFixture[str]) -> Fields:
    return Fields(capsys)


def test_each_field_is_listed_with_what_it_is(fields: Fields, database: Path) -> None:
    told = fields()
    assert (told.code, told.err) == (0, "")
    (line,) = [line.split() for line in told.out.splitlines() if line.strip().startswith("hire_type")]
    assert line[:4] == ["hire_type", "Hire", "type", "dropdown"]
    assert line[-2:] == ["Growth,", "Backfill"]
    listed = fields.listed()
    assert {model for model, _ in listed} == {"jobs", "candidates", "offers"}
    jobs = {key for model, key in listed if model == "jobs"}
    assert {key for _, key in fields.listed("--model", "jobs")} == jobs
    assert {key for _, key in fields.listed("list", "--model", "jobs")} == jobs
    for row in live(f"sqlite:///{database}")["jobs"]:
        for each in row["integration_fields"]:
            assert listed["jobs", each["key"]]["label"] == each["label"]


def test_a_label_can_t_command_the_terminal(fields: Fields, database: Path) -> None:
    with closing(sqlite3.connect(database)) as direct, direct:
        label = "json_replace(data, '$.text', char(27) || '[2J' || char(7) || 'Hire\ntype')"
        direct.execute(f"UPDATE raw_requisition_fields SET data = {label} WHERE remote_id = 'hire_type'")
    told = fields("--model", "jobs")
    assert "[2J Hire type" in told.out
    assert not set(told.out) & {"\x1b", "\x07"}


def test_a_field_fills_a_key_after_a_replay_and_no_more_once_it_is_removed(
    fields: Fields, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = fields("map", "cost_centre", "cost_center")
    assert told.out.startswith("jobs: cost_centre is filled by cost_center.")
    assert fields.listed()["jobs", "cost_center"]["custom_fields"] == ["cost_centre"]
    assert fields("jobs", command="replay").code == 0
    filled = {row["custom_fields"]["cost_centre"] for row in live(f"sqlite:///{database}")["jobs"]}
    assert any(each and each.startswith("CC-") for each in filled)

    Path("fields.json").write_text('{"jobs": {"cost_centre": "team", "place": "planet"}}')
    monkeypatch.setenv("LEVER_CUSTOM_FIELDS", "fields.json")
    assert fields("--json").json["custom_fields"] == [
        {"model": "jobs", "key": "cost_centre", "field": "cost_center", "kept": True},
        {"model": "jobs", "key": "place", "field": "planet", "kept": False},
    ]
    assert "warning: jobs has no field 'planet', which 'place' is mapped to" in fields().err
    told = fields("map", "cost_centre", "--remove")
    assert told.out.startswith("jobs: cost_centre is filled by team, as LEVER_CUSTOM_FIELDS says.")
    told = fields("map", "cost_centre", "--remove")
    assert told.code == 1
    assert "it stands in the file of LEVER_CUSTOM_FIELDS, take it out there" in told.err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (
            ["map", "a", "cost_centre"],
            1,
            "no field 'cost_centre' in jobs, candidates, offers; did you mean cost_center?",
        ),
        (["map", "a", "Hire type"], 1, "did you mean hire_type"),
        (["map", "a", "hire_type", "--model", "offers"], 1, "no field 'hire_type' in offers; "),
        (["map", "a", "team"], 1, "jobs and offers have 'team': say which with --model."),
        (["map", "a", "team", "--model", "users"], 2, "no such model: users"),
        (["map", " ", "team"], 2, "KEY is blank"),
        (["map", "a"], 2, "give a FIELD, or --remove"),
        (["map", "a", "team", "--remove"], 2, "give a FIELD, or --remove"),
        (["map", "a", "--remove"], 1, "No key 'a' was made by `fields map`"),
        (["show", "origin", "orign"], 1, "no field 'orign'"),
        (["show"], 2, "FIELD"),
        (["hide", "team"], 1, "say which with --model"),
        (["shwo"], 2, "No such command 'shwo'"),
        (["--model", "users"], 2, "no such model: users; those with fields are jobs, candidates, offers"),
    ],
)
def test_what_can_t_be_meant_is_refused_with_what_can(
    fields: Fields, arguments: list[str], code: int, says: str
) -> None:
    told = fields(*arguments)
    assert told.code == code
    assert says in told.err
    assert not [each for each in fields.listed().values() if each["shown"] or each["custom_fields"]]


def test_fields_are_hidden_until_they_are_shown_one_by_one(fields: Fields) -> None:
    def shown() -> set[tuple[str, str]]:
        return {of for of, each in fields.listed().items() if each["shown"]}

    assert shown() == set()
    told = fields("show", "origin", "hire_type")
    assert told.out.splitlines() == ["candidates: origin is shown", "jobs: hire_type is shown"]
    fields("show", "team", "--model", "offers")
    assert shown() == {("candidates", "origin"), ("jobs", "hire_type"), ("offers", "team")}
    assert fields("hide", "origin").out == "candidates: origin is hidden\n"
    assert fields("hide", "origin").code == 0
    assert shown() == {("jobs", "hire_type"), ("offers", "team")}


def test_a_field_that_has_vanished_can_still_be_hidden(fields: Fields, database: Path) -> None:
    with closing(Store.open(f"sqlite:///{database}")) as store, store.writing("lever") as tx:
        switch_fields(tx, "offers", ["vanished"], on=True)
    assert fields("hide", "vanished").out == "offers: vanished is hidden\n"
    told = fields("hide", "vanished")
    assert (told.code, "no field 'vanished'" in told.err) == (1, True)


def test_what_is_left_out_can_t_be_named(fields: Fields, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVER_EXCLUDE", "offers,jobs.integration_fields,candidates.custom_fields")
    assert {model for model, _ in fields.listed()} == {"candidates"}
    told = fields("--model", "jobs")
    assert told.code == 1
    assert "LEVER_EXCLUDE leaves out jobs.integration_fields" in told.err
    told = fields("map", "how", "origin")
    assert told.code == 1
    assert "LEVER_EXCLUDE leaves out candidates.custom_fields" in told.err


def test_the_commands_of_the_page_work_as_they_are_written_down(fields: Fields, database: Path) -> None:
    with closing(Store.open(f"sqlite:///{database}")) as store, store.writing("lever") as tx:
        mine = StoredAccount(
            connection="lever",
            named_at_first="lever",
            kind="api_key",
            environment="production",
            created_at=tx.instant,
            updated_at=tx.instant,
        )
        keep_account(tx, mine)
        rename_rows(tx, "acme")
    page = (ROOT / "docs" / "fields.md").read_text(encoding="utf-8")
    commands = re.findall(r"^\$ lever-assets (.*)$", page, flags=re.MULTILINE)
    assert len(commands) == 9
    for each in commands:
        command, *arguments = each.split()
        told = fields(*arguments, command=command)
        assert (told.code, told.err) == (0, ""), each


def test_before_anything_was_read_that_is_said(
    fields: Fields, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEVER_DATA_DIR", str(tmp_path / "new"))
    for arguments in ([], ["map", "a", "team"], ["show", "team"]):
        told = fields(*arguments)
        assert told.code == 1
        assert "nothing was read from Lever yet: run `lever-assets sync` first" in told.err

"""Whatever habits an account has, its tables are the same: under each quirk of the sandbox, and under all."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lever_assets.cli import main
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.sandbox.quirks import QUIRKS
from lever_assets.unified.catalogue import INSIGHT_MODELS
from lever_assets_tests.sync.tables import DELTA, Account, Tables, live

SMALL = SandboxConfig(opportunities=40, seed=7, rate=0)
# What Lever sent, as it came: that is what a quirk changes.
AS_IT_CAME = {"remote_data", "integration_fields", "content_hash"}
# These make odd what the models of insight are mapped from, and the 19 are not: but for their column of ours.
OF_SIDE_FIELDS = {"all", "odd-side-fields"}
INSIGHT = {each.name for each in INSIGHT_MODELS}


def told(url: str) -> Tables:
    """Every row without what shows Lever's own record."""
    return {
        name: [{column: value for column, value in row.items() if column not in AS_IT_CAME} for row in rows]
        for name, rows in live(url).items()
    }


def differences(found: Tables, expected: Tables, quirk: str) -> dict[str, Any]:
    """What differs: for each table and row the columns, with what was found and what was expected."""
    differing: dict[str, Any] = {}
    for name in expected.keys() - (INSIGHT if quirk in OF_SIDE_FIELDS else set()):
        ours, theirs = ({row["id"]: row for row in tables[name]} for tables in (found, expected))
        for ident in ours.keys() | theirs.keys():
            one, other = ours.get(ident, {}), theirs.get(ident, {})
            columns = {column for column in {*one, *other} if one.get(column) != other.get(column)}
            for column in columns - ({"person_id"} if quirk in OF_SIDE_FIELDS else set()):
                differing[f"{name}.{column} of {ident}"] = one.get(column), other.get(column)
    return differing


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Tables:
    """The tables of the account without a quirk."""
    folder = tmp_path_factory.mktemp("usual")
    url = f"sqlite:///{shutil.copy(sqlite_template, folder / 'lever.db')}"
    with running_sandbox(SMALL) as sandbox:
        Account(sandbox, folder, url).sync()
    return told(url)


@pytest.fixture
def odd(tmp_path: Path, sqlite_database: str) -> Iterator[Account]:
    with running_sandbox(SMALL) as sandbox:
        yield Account(sandbox, tmp_path, sqlite_database)


def work(sandbox: Sandbox) -> None:
    """A day at the company: a new candidate, somebody moved on, interviewed, archived, gone, a job edited."""
    posting = sandbox.add_posting()["id"]
    made = sandbox.add_opportunity(postings=[posting], tags=["New here"])["id"]
    sandbox.add_interview(made)
    ids = sandbox.ids("opportunities")
    sandbox.move(ids[0])
    sandbox.archive(ids[1], sandbox.ids("archive_reasons")[0])
    sandbox.delete("opportunities", ids[2])
    at = sandbox.workday.now()
    sandbox.edit("postings", posting, {"text": "Something else", "updatedAt": at})
    sandbox.edit("requisitions", sandbox.ids("requisitions")[0], {"status": "closed", "updatedAt": at})
    sandbox.edit("opportunities", ids[3], {"name": "Somebody Else", "updatedAt": at})


@pytest.mark.parametrize("quirk", ["all", *(pytest.param(each, marks=pytest.mark.long) for each in QUIRKS)])
def test_a_quirk_changes_no_table(usual: Tables, odd: Account, tmp_path: Path, quirk: str) -> None:
    odd.sandbox.set_quirks(quirk)
    odd.sync()
    assert differences(told(odd.database), usual, quirk) == {}

    work(odd.sandbox)
    odd.sync(DELTA)
    odd.sandbox.set_quirks()
    afresh = Account(odd.sandbox, tmp_path / "afresh", f"sqlite:///{tmp_path / 'afresh.db'}")
    afresh.sync()
    assert differences(told(odd.database), told(afresh.database), quirk) == {}


def test_the_command_succeeds_under_all_quirks(
    usual: Tables, odd: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    odd.sandbox.set_quirks("all")
    values: dict[str, Any] = {
        "LEVER_API_KEY": odd.sandbox.key,
        "LEVER_BASE_URL": odd.sandbox.url,
        "LEVER_DATA_DIR": odd.folder,
        "LEVER_DATABASE_URL": odd.database,
        "LEVER_RATE_LIMIT": 0,
    }
    for name, value in values.items():
        monkeypatch.setenv(name, str(value))
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            main(["sync"])
        assert ended.value.code == 0, capsys.readouterr().err
    assert differences(told(odd.database), usual, "all") == {}

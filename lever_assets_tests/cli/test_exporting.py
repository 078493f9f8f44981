"""`export`: tables as files."""

import os
import stat
from pathlib import Path

import pandas as pd
import pytest

from lever_assets.policy.exclusion import NOTHING_EXCLUDED
from lever_assets_tests.cli.conftest import Command
from lever_assets_tests.walking import open_to_others

ALL = {f"{model.name}.csv" for model in NOTHING_EXCLUDED.kept}


@pytest.mark.usefixtures("synced")
def test_all_unified_tables_are_exported_into_a_folder_where_somebody_is(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = command("export")
    folder = Path("lever-export")
    assert (told.code, {each.name for each in folder.iterdir()}) == (0, ALL)
    assert f"candidates: 25 rows in {folder / 'candidates.csv'}" in told.out.splitlines()
    assert len(pd.read_csv(folder / "candidates.csv")) == 25
    assert open_to_others(folder.resolve()) == {}


@pytest.mark.usefixtures("synced")
def test_chosen_tables_go_where_they_are_asked_for(command: Command, tmp_path: Path) -> None:
    place = tmp_path / "my export"
    umask = os.umask(0)
    try:
        told = command(
            *("export", "jobs", "raw_postings", "jobs", "--format", "jsonl"),
            *("--to", place.as_uri(), "--since", "2020-01-01", "--deleted"),
        )
    finally:
        os.umask(umask)
    assert told.code == 0, told.err
    assert sorted(each.name for each in place.iterdir()) == ["jobs.jsonl", "raw_postings.jsonl"]
    assert {stat.S_IMODE(each.stat().st_mode) for each in place.iterdir()} == {0o600}
    assert len(told.out.splitlines()) == 2
    nothing = command("export", "jobs", "--to", str(place), "--since", "2999-01-01T00:00:00Z")
    assert nothing.out == f"jobs: 0 rows in {place / 'jobs.csv'}\n"


@pytest.mark.usefixtures("synced")
def test_models_that_are_left_out_are_not_exported(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEVER_EXCLUDE", "offers")
    assert command("export", "--to", str(tmp_path / "x")).code == 0
    assert {each.name for each in (tmp_path / "x").iterdir()} == ALL - {"offers.csv"}
    told = command("export", "offers")
    assert (told.code, told.out) == (1, "")
    assert "LEVER_EXCLUDE leaves out offers" in told.err


@pytest.mark.usefixtures("synced")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["candidate"], "there is no table 'candidate' to read; did you mean candidates"),
        (
            ["jobs", "--to", "s3://bucket"],
            "'s3://bucket' is no folder; give a folder, or a URL such as file:",
        ),
        (["jobs", "--since", "yesterday"], "'yesterday' is no instant"),
        (["jobs", "--connection", "acme"], "There is no connection 'acme'"),
        (["jobs", "--to", "/proc/none"], "/proc/none can't be written: No such file or directory"),
    ],
)
def test_what_can_not_be_done_is_told_in_one_line(command: Command, arguments: list[str], says: str) -> None:
    told = command("export", *arguments)
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith(f"error: {says}")
    assert len(told.err.splitlines()) == 1


def test_a_format_that_there_is_not_is_told_with_those_that_there_are(command: Command) -> None:
    told = command("export", "--format", "xlsx")
    assert told.code == 2
    assert told.err.startswith(
        "error: Invalid value for '--format': 'xlsx' is not one of 'parquet', 'csv', 'jsonl'"
    )


def test_before_the_first_sync_it_says_what_to_do(command: Command) -> None:
    assert "run `lever-assets sync` first" in command("export").err


@pytest.mark.usefixtures("synced")
def test_without_pyarrow_parquet_is_refused_with_what_to_install(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    told = command("export", "jobs", "--format", "parquet", "--to", str(tmp_path / "x"))
    assert told.code == 1
    assert "pip install 'lever-assets[parquet]'" in told.err
    assert list((tmp_path / "x").iterdir()) == []

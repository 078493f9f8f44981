"""`report`, and the marts that each sync keeps up for it."""

import os
import re
import stat
from pathlib import Path

import pytest

from lever_assets_tests.cli.conftest import Command
from lever_assets_tests.cli.test_lazy import imported


def test_a_sync_keeps_the_marts_up_and_the_report_shows_them(command: Command, tmp_path: Path) -> None:
    assert command("sync").code == 0
    candidates = command(
        "sql", "SELECT SUM(candidates) FROM mart_source_effectiveness", "--format", "csv"
    ).out
    assert candidates.splitlines()[-1] == "25"
    told = command("report")
    file = tmp_path / "lever-report.html"
    assert (told.code, told.out) == (0, f"The report is in {file}\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    page = file.read_text("utf-8")
    assert page.count("<svg") >= 5
    assert "Recruiting at lever" in page
    assert not re.findall(r"""(?:src|href)=["'][^"'#]""", page)
    assert "<script" not in page
    assert not re.search(r"url\((?!#)|@import", page)


def test_it_goes_where_it_is_asked_for(command: Command, tmp_path: Path) -> None:
    assert command("sync").code == 0
    told = command("report", "--output", str(tmp_path / "nowhere" / "x.html"))
    assert told.code == 1
    assert "can't be written" in told.err
    assert command("report", "--output", str(tmp_path / "x.html")).code == 0
    assert (tmp_path / "x.html").exists()


@pytest.mark.usefixtures("synced")
def test_without_marts_it_says_what_to_do(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    told = command("report")
    assert (told.code, told.out) == (1, "")
    assert "no marts were made yet for lever" in told.err
    assert "lever-assets sync" in told.err
    monkeypatch.setenv("LEVER_INSIGHT", "false")
    assert "LEVER_INSIGHT is false" in command("report").err


def test_without_insight_a_sync_makes_none(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVER_INSIGHT", "false")
    assert command("sync").code == 0
    assert command("sql", "SELECT COUNT(*) FROM mart_funnel", "--format", "csv").out.splitlines()[-1] == "0"
    monkeypatch.delenv("LEVER_INSIGHT")
    assert "no marts were made yet" in command("report").err  # rather than a page of zeros
    assert command("sync").code == 0
    assert command("report").code == 0


@pytest.mark.usefixtures("environment")
def test_a_sync_that_changes_nothing_imports_no_pandas(command: Command) -> None:
    assert command("sync").code == 0
    assert not imported({"pandas", "matplotlib"}, ["sync", "--delta"], dict(os.environ))

"""`report`, and the marts that each sync keeps up for it."""

import os
import re
import stat
from pathlib import Path

import pytest

from lever_assets.sandbox import Sandbox
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


def said_of(page: str, section: str) -> str:
    return page.split(f'<section id="{section}"', 1)[1].split("</section>", 1)[0]


def reported(command: Command, folder: Path) -> str:
    """Return the page of a report that is written where the command runs."""
    assert command("report").code == 0
    return (folder / "lever-report.html").read_text("utf-8")


def test_what_the_settings_leave_out_is_said_not_to_be_counted(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LEVER_EXCLUDE", "offers,applications")
    assert command("sync").code == 0
    page = reported(command, tmp_path)
    assert "Not counted: the settings leave out offers." in said_of(page, "offer_acceptance")
    assert "No offer was made" not in page
    assert "<dt>open applications</dt><dd>–</dd>" in page
    assert "<dt>hires in 12 months</dt><dd>–</dd>" in page
    monkeypatch.delenv("LEVER_EXCLUDE")
    page = reported(command, tmp_path)
    assert "Not counted yet: the next sync does that." in said_of(page, "offer_acceptance")


def test_what_lever_refuses_is_said_not_to_be_counted(
    command: Command, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.set_quirks("denied=offers")
    assert command("sync").code == 0
    page = reported(command, tmp_path)
    why = "Not all is counted: Lever gives us no offers."
    assert why in said_of(page, "offer_acceptance")
    assert why in said_of(page, "source_effectiveness")  # beside its numbers
    assert why not in said_of(page, "funnel")


def test_hires_are_not_known_where_lever_refuses_the_archive_reasons(
    command: Command, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.set_quirks("denied=archive_reasons")
    assert command("sync").code == 0
    page = reported(command, tmp_path)
    why = "Not all is counted: Lever gives us no archive reasons."
    assert why in said_of(page, "time_to_hire")
    assert why in said_of(page, "source_effectiveness")
    assert why not in said_of(page, "aging")
    assert "<dt>hires in 12 months</dt><dd>–</dd>" in page

"""The data folder, and the clock."""

from pathlib import Path

import pytest

from lever_assets.prerequisites.examining import examine
from lever_assets.prerequisites.findings import Finding, Verdict
from lever_assets.sandbox import Sandbox
from lever_assets_tests.prerequisites.found import one
from lever_assets_tests.sync.tables import Account


def folder(account: Account, path: Path) -> Finding:
    return one(examine(account.settings(data_dir=path, api_key=None)), "data folder")


def test_a_folder_of_its_owners_alone_is_fine_and_so_is_one_to_be_made(account: Account) -> None:
    assert folder(account, account.folder).verdict is Verdict.FINE
    assert "is made by" in folder(account, account.folder / "to be" / "made").detail


def test_a_folder_that_others_may_look_into_is_told_before_anything_closes_it(account: Account) -> None:
    open_to_all = account.folder / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o755)
    found = folder(account, open_to_all)

    assert found.blocks
    assert "mode 755" in found.detail
    assert f"chmod -R go= {open_to_all}" in found.remedy


def test_a_folder_with_more_in_it_than_the_data_is_left_as_it_is(account: Account) -> None:
    (account.folder / "pyproject.toml").touch()
    found = folder(account, account.folder)

    assert (found.verdict, found.required) == (Verdict.MISSING, False)


def test_what_is_no_folder_or_can_not_be_made_is_missing(account: Account) -> None:
    file = account.folder / "file"
    file.touch()

    assert folder(account, file).blocks
    below = folder(account, file / "below")
    assert below.blocks
    assert "can't be made" in below.detail


def test_clocks_that_agree_are_fine(account: Account) -> None:
    assert one(examine(account.settings()), "clock").verdict is Verdict.FINE


@pytest.mark.parametrize(
    ("minutes", "url", "required"),
    [
        (50, None, False),
        (70, None, False),
        (50, "http://127.0.0.1:1/", False),
        (70, "http://127.0.0.1:1/", True),
    ],
)
def test_a_clock_is_required_to_be_right_where_events_would_be_refused(
    account: Account, sandbox: Sandbox, minutes: int, url: str | None, required: bool
) -> None:
    sandbox.set_faults(f"date={minutes * 60}")
    found = one(examine(account.settings(webhook_url=url)), "clock")

    assert (found.verdict, found.required) == (Verdict.MISSING, required)
    assert "ahead of this machine's clock" in found.detail


def test_a_small_difference_is_told_and_fine(account: Account, sandbox: Sandbox) -> None:
    sandbox.set_faults("date=-120")
    found = one(examine(account.settings()), "clock")

    assert found.verdict is Verdict.FINE
    assert "behind" in found.detail


def test_answers_without_a_date_tell_nothing_of_the_clock(account: Account, sandbox: Sandbox) -> None:
    sandbox.set_faults("date=no date")
    assert one(examine(account.settings()), "clock").verdict is Verdict.CANT_TELL

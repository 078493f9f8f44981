"""The table of docs/actions/faults.md is what happens: each step of each action in each trouble."""

from pathlib import Path

import pytest

from lever_assets_tests.actions.fault_matrix import CASES, COLUMNS, ROWS, Case, sent, writes
from lever_assets_tests.actions.recruiting import Recruiting
from lever_assets_tests.docs.test_docs import ROOT

PAGE = ROOT / "docs/actions/faults.md"


def table() -> dict[tuple[str, str], dict[str, int]]:
    """Return how often each step went out, by action, step and trouble."""
    rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
    ]
    head = rows[0][2:]
    return {(row[0], row[1]): dict(zip(head, map(int, row[2:]), strict=True)) for row in rows[2:]}


def test_the_table_has_every_step_and_every_trouble() -> None:
    found = table()

    assert list(found) == [(case.name, step) for case, step in ROWS]
    assert all(tuple(row) == COLUMNS for row in found.values())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_steps_of_the_table_are_all_that_an_action_writes(account: Recruiting, case: Case) -> None:
    assert writes(account, case) == case.steps


@pytest.mark.long
@pytest.mark.parametrize("trouble", COLUMNS)
@pytest.mark.parametrize(
    ("case", "step"), ROWS, ids=[f"{case.name}-{step.rpartition('/')[2]}" for case, step in ROWS]
)
def test_each_effect_is_there_once_whatever_befell_the_step(
    account: Recruiting, tmp_path: Path, case: Case, step: str, trouble: str
) -> None:
    assert sent(account, case, step, trouble, tmp_path) == table()[case.name, step][trouble]

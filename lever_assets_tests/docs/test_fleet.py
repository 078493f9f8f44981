"""What is computed for a page stands there as it comes out."""

import re
from pathlib import Path

import pytest

from benchmarks.fleet import Fleet, run

PAGE = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text("utf-8")
COMMAND = r"\$ \.venv/bin/python -m benchmarks fleet(.*)\n((?:(?!\$|```).*\n)+)"


def fleet(options: str) -> Fleet:
    """Return the fleet that a command's options describe, which are called as its fields."""
    given = re.findall(r"--([a-z-]+) (\d+)", options)
    return Fleet(**{name.replace("-", "_"): int(number) for name, number in given})


@pytest.mark.parametrize(("options", "shown"), re.findall(COMMAND, PAGE))
def test_the_page_shows_what_a_fleet_comes_to(
    options: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(fleet(options))
    assert capsys.readouterr().out == shown


def test_the_page_shows_two_fleets() -> None:
    assert len(re.findall(COMMAND, PAGE)) == 2

"""The list of commands: it is true of commands that it doesn't import."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from typer.core import TyperGroup

from lever_assets.cli.app import program
from lever_assets.cli.lazy import LazyCommand


def listed() -> Iterator[LazyCommand]:
    for entry in program().commands.values():
        members = entry.commands.values() if isinstance(entry, TyperGroup) else (entry,)
        yield from (each for each in members if isinstance(each, LazyCommand))


@pytest.mark.parametrize("entry", list(listed()), ids=lambda entry: f"{entry.module}:{entry.name}")
def test_the_list_says_of_a_command_what_its_own_help_begins_with(entry: LazyCommand) -> None:
    assert entry.get_short_help_str(200) == entry.load().get_short_help_str(200)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_the_list_itself_imports_none(arguments: list[str]) -> None:
    program = f"""
import sys
from lever_assets.cli import main
try:
    main({arguments})
except SystemExit:
    heavy = {{"dagster", "httpx", "pydantic", "rich", "sqlalchemy", "starlette"}}
    sys.exit(",".join(sorted(heavy & sys.modules.keys())) or 0)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr

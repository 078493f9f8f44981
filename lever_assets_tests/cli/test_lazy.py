"""The list of commands: it is true of commands that it doesn't import."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

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


UNNEEDED = {"alembic", "dagster", "psycopg", "sqlalchemy.dialects.postgresql", "starlette"}


def imported(modules: set[str], arguments: list[str], environment: dict[str, str]) -> str:
    """Return which of these modules a command has imported when it has ended, in a process of its own."""
    program = f"""
import sys
from lever_assets.cli import main
try:
    main({arguments})
except SystemExit as ended:
    assert not ended.code, ended.code
    assert "sqlalchemy" in sys.modules
    sys.exit(",".join(sorted({modules} & sys.modules.keys())) or 0)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    return (ended.stderr or str(ended.returncode)) if ended.returncode else ""


@pytest.mark.parametrize(
    ("arguments", "unneeded"),
    [
        (["status"], {"aiohttp"}),
        (["connections", "list"], set()),
        (["action"], set()),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_over_sqlite_imports_no_library_that_it_has_no_use_for(
    arguments: list[str], unneeded: set[str], tmp_path: Path
) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEVER_")}
    assert not imported({*unneeded, *UNNEEDED}, arguments, {**environment, "LEVER_DATA_DIR": str(tmp_path)})


@pytest.mark.usefixtures("synced")
def test_a_delta_that_finds_nothing_over_sqlite_imports_none_either() -> None:
    assert not imported({*UNNEEDED, "cryptography", "yaml"}, ["sync", "--delta"], dict(os.environ))

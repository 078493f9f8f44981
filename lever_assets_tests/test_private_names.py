"""What of Dagster has no public name and is used stands in docs/architecture.md, with its reason.

A private module's name in quotes counts as well: processes are started by it.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "lever_assets"
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
HEADING = "\n### Private names of Dagster, and why\n"
PRIVATE = re.compile(r"dagster\w*(\.\w+)*\._(?!_)\w+(\.\w+)*")


class Used(NamedTuple):
    """A name of a private module, and who imports it; the name is empty where it is the module itself."""

    module: str
    name: str
    by: str


def used_in(source: str, path: str) -> Iterator[Used]:
    """Yield what a module uses of Dagster's private modules."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                for each in names:
                    whole = f"{module}.{each.name}"
                    if PRIVATE.fullmatch(module):
                        yield Used(module, each.name, path)
                    elif PRIVATE.fullmatch(whole):  # from dagster import _core
                        yield Used(whole, "", path)
            case ast.Import(names=names):
                yield from (Used(each.name, "", path) for each in names if PRIVATE.fullmatch(each.name))
            case ast.Constant(value=str(text)) if PRIVATE.fullmatch(text):
                yield Used(text, "", path)


def told(page: str) -> Iterator[Used]:
    """Yield what the table names, with a reason."""
    lines = page.partition(HEADING)[2].partition("\n\n#")[0].splitlines()
    for line in [each for each in lines if each.startswith("| `")]:
        module, names, places, why = line.strip("| ").split(" | ")
        assert why.strip()
        for name in re.findall(r"`(\w+)`", names) or [""]:
            for place in re.findall(r"`([^`]+)`", places):
                yield Used(module.strip("`"), name, place)


def test_what_has_no_public_name_is_in_the_table_and_nothing_else_is() -> None:
    used = {
        each
        for path in sorted(PACKAGE.rglob("*.py"))
        for each in used_in(path.read_text("utf-8"), str(path.relative_to(PACKAGE)))
    }
    table = Counter(told(PAGE))
    assert len(used) > 20
    assert used == table.keys()
    assert set(table.values()) == {1}


@pytest.mark.parametrize(
    ("source", "module", "name"),
    [
        ("from dagster._core.x import Y as Z", "dagster._core.x", "Y"),
        ("def f():\n    from dagster import _check", "dagster._check", ""),
        ("import dagster._utils.log", "dagster._utils.log", ""),
        ("from dagster_webserver.a._b import c", "dagster_webserver.a._b", "c"),
        ('COMMAND = ["-m", "dagster._daemon"]', "dagster._daemon", ""),
    ],
)
def test_a_private_name_is_seen(source: str, module: str, name: str) -> None:
    assert [*used_in(source, "x.py")] == [Used(module, name, "x.py")]


def test_a_public_name_is_none() -> None:
    assert not [*used_in("import dagster as dg\nfrom dagster.version import __version__\nT = '._x'", "x.py")]

"""The journeys that the architecture tells lead through files and functions that are there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TITLES = ["The journey of one opportunity", "The journey of one window", "The journey of one write"]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")


def journey(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def defined(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    """Yield the names of the functions, the classes and their methods."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from defined(node.body, f"{node.name}.")


@pytest.mark.parametrize("title", TITLES)
def test_every_step_of_a_journey_is_a_function_that_is_there(title: str) -> None:
    told = journey(title)
    steps = re.findall(r"^\d+\. `([^`]+\.py)`, `([\w.]+)`: ", told, flags=re.MULTILINE)
    assert len(steps) == len(re.findall(r"^\d+\. ", told, flags=re.MULTILINE)) >= 8
    for file, name in steps:
        source = (ROOT / "lever_assets" / file).read_text("utf-8")
        assert name in {*defined(ast.parse(source).body)}, f"{file} has no {name}"


def test_every_module_that_the_journeys_name_is_there() -> None:
    told = "".join(map(journey, TITLES))
    for file in re.findall(r"`([\w/]+\.py)`", told):
        assert (ROOT / "lever_assets" / file).exists() or (ROOT / file).exists(), file

"""What others import from the package: its names are there, and cost nothing until they are used."""

import subprocess
import sys

import pytest

import lever_assets

NAMES = [
    "LeverAccount",
    "LeverComponent",
    "LeverDatabase",
    "LeverTable",
    "LeverTables",
    "build_lever_definitions",
    "frame",
]
"""What others script against: to take one away breaks them, and a new one is to be told in docs."""


def test_each_name_is_there_and_no_other() -> None:
    assert lever_assets.__all__ == NAMES
    for name in NAMES:
        assert callable(getattr(lever_assets, name))
        assert name in dir(lever_assets)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = lever_assets.nothing


PROGRAM = """
import sys
import lever_assets
HEAVY = {"dagster", "httpx", "numpy", "pandas", "pyarrow", "pydantic", "sqlalchemy"}
print(*sorted(HEAVY & sys.modules.keys()))
lever_assets.frame
print(*sorted({"dagster", "pyarrow"} & sys.modules.keys() - {"pyarrow"}))
"""


def test_importing_it_imports_nothing_heavy_and_a_frame_needs_no_dagster() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == "\n\n"

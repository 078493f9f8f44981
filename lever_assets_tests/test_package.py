"""What others import from the package: its names are there, and cost nothing until they are used."""

import subprocess
import sys

import pytest

import lever_assets


def test_each_name_is_there_and_no_other() -> None:
    assert lever_assets.__all__ == sorted(lever_assets.__all__)
    for name in lever_assets.__all__:
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

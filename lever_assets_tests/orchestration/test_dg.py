"""The commands of `dg`, in a project that is new, and on this project itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("dagster_dg_cli")
pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
PROJECT = """
[project]
name = "mine"
version = "0.1"
requires-python = ">=3.11"

[tool.dg]
directory_type = "project"

[tool.dg.project]
root_module = "mine"
registry_modules = ["lever_assets"]
"""
DEFINITIONS = """
from pathlib import Path

import dagster as dg


@dg.definitions
def defs():
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
"""


def dg(folder: Path, home: Path, *words: str) -> str:
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("LEVER_", "DAGSTER_"))}
    found = {**bare, "PYTHONPATH": f"{folder / 'src'}:{ROOT}", "DAGSTER_HOME": str(home), "COLUMNS": "200"}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dg")), *words],
        cwd=folder,
        env={**found, "LEVER_DATA_DIR": str(home / "data"), "VIRTUAL_ENV": sys.prefix},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_project_scaffolds_the_component_and_loads_it(tmp_path: Path) -> None:
    project, home = tmp_path / "mine", tmp_path / "home"
    defs = project / "src" / "mine" / "defs"
    defs.mkdir(parents=True)
    home.mkdir()
    (project / "pyproject.toml").write_text(PROJECT)
    (defs / "__init__.py").touch()
    (defs.parent / "__init__.py").touch()
    (defs.parent / "definitions.py").write_text(DEFINITIONS)

    assert "lever_assets.LeverComponent" in dg(project, home, "list", "components")
    dg(project, home, "scaffold", "defs", "lever_assets.LeverComponent", "my_lever")
    assert len((defs / "my_lever" / "defs.yaml").read_text().splitlines()) < 10
    dg(project, home, "check", "yaml")
    dg(project, home, "check", "defs")
    listed = dg(project, home, "list", "defs", "--json")
    assert "lever/applications" in listed
    assert "lever_delta" in listed


def test_this_project_is_one_of_dg(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    shutil.copy(ROOT / "pyproject.toml", checkout)
    (checkout / "lever_assets").symlink_to(ROOT / "lever_assets")
    dg(checkout, tmp_path, "check", "defs")
    assert "lever/applications" in dg(checkout, tmp_path, "list", "defs", "--json")

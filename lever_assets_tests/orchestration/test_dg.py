"""The commands of `dg`, in a project that is new, and on this project itself."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets_tests import terminal
from lever_assets_tests.serving import free_port
from lever_assets_tests.web import WEB

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


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with an environment that nobody activated."""
    made = tmp_path / "checkout"
    (made / ".venv").mkdir(parents=True)
    for name in ("pyproject.toml", "workspace.yaml", "dagster.yaml"):
        shutil.copy(ROOT / name, made)
    (made / "lever_assets").symlink_to(ROOT / "lever_assets")
    return made


def variables(home: Path) -> dict[str, str]:
    """Return the environment of a shell in which nothing is configured."""
    left_out = ("LEVER_", "DAGSTER_", "VIRTUAL_ENV")
    bare = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {**bare, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "LEVER_DATA_DIR": str(home / "data")}


@pytest.mark.parametrize("configured", [False, True])
def test_this_project_is_one_of_dg_and_nothing_warns(
    checkout: Path, tmp_path: Path, configured: bool
) -> None:
    with running_sandbox(SandboxConfig(opportunities=2, rate=0)) as sandbox:
        env = variables(tmp_path)
        commands = ["check toml", "check yaml", "check defs", "list components", "list defs"]
        if configured:
            env |= {
                "LEVER_API_KEY": sandbox.key,
                "LEVER_BASE_URL": sandbox.url,
                "DAGSTER_HOME": str(checkout),
            }
            first = datetime.now(UTC).date() - timedelta(days=3)
            env |= {"LEVER_RATE_LIMIT": "0", "LEVER_SYNC_START": first.isoformat()}
            commands = [
                *commands,
                f"launch --job lever_sync --partition {first}",
                "launch --job lever_full_sync",
            ]
        told = {}
        for command in commands:
            words = [str(Path(sys.executable).with_name("dg")), *command.split()]
            done = subprocess.run(
                words, cwd=checkout, env=env, capture_output=True, text=True, timeout=180, check=False
            )
            told[command] = done.stdout + done.stderr
            assert done.returncode == 0, told[command]
            assert "Warning" not in told[command]
            assert "launch" in command or not done.stderr, done.stderr
    assert "lever_delta" in told["list defs"]
    assert "lever_assets.LeverComponent" in told["list components"]


def test_dg_dev_serves_this_project_without_a_warning_and_leaves_no_folder(
    checkout: Path, tmp_path: Path
) -> None:
    words = [str(Path(sys.executable).with_name("dg")), "dev", "--port", str(port := free_port())]
    with terminal.begun(words, cwd=checkout, env=variables(tmp_path)) as process:
        deadline = time.monotonic() + 300
        status = 0
        while not status and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.5)
            with suppress(httpx.TransportError):
                status = WEB.get(f"http://127.0.0.1:{port}/server_info").status_code
        written = terminal.ctrl_c(process)
    assert status == 200, written
    assert "warning" not in written.lower()
    assert "error" not in written.lower()
    assert not list(checkout.glob(".tmp_dagster_home_*"))

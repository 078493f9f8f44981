"""`lever-assets ui --with-dg`, as `make ui` has it: `dg dev` behind the check, and Ctrl-C in a terminal."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]  # it brings no types
import pytest

from lever_assets.connect.ui_address import told
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets_tests import terminal
from lever_assets_tests.serving import free_port
from lever_assets_tests.ui.test_process import all_gone
from lever_assets_tests.web import WEB

ROOT = Path(__file__).parents[2]
DAEMONS = "{ instance { daemonHealth { allDaemonStatuses { daemonType healthy } } } }"
MADE = """{ assetNodeOrError(assetKey: {path: ["lever", "candidates"]}) {
    ... on AssetNode { assetMaterializations(limit: 1) { timestamp } }
} }"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    made = tmp_path / "checkout"
    (made / ".venv").mkdir(parents=True)
    for name in ("pyproject.toml", "workspace.yaml", "dagster.yaml", "Makefile", "constraints.txt"):
        shutil.copy(ROOT / name, made)
    (made / "lever_assets").symlink_to(ROOT / "lever_assets")
    return made


def bare(folder: Path, **variables: str) -> dict[str, str]:
    left_out = ("LEVER_", "DAGSTER_", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return {**kept, "PYTHONPATH": str(ROOT), "LEVER_DATA_DIR": str(folder / "data"), **variables}


@contextmanager
def begun(folder: Path, *options: str, **variables: str) -> "Iterator[tuple[subprocess.Popen[str], str]]":
    """Begin the UI in a terminal; give the process, and the address that it will have."""
    words = [sys.executable, "-m", "lever_assets", "ui", *options, "--port", str(port := free_port())]
    with terminal.begun(words, cwd=folder, env=bare(folder, **variables)) as process:
        try:
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def status(url: str, process: "subprocess.Popen[str]") -> int:
    """Wait for an answer, and return what it is."""
    deadline = time.monotonic() + 180
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            return WEB.get(f"{url}/server_info").status_code
        time.sleep(0.2)
    raise AssertionError(process.communicate()[0])


def asked(url: str, query: str) -> Any:
    answer = WEB.post(f"{url}/graphql", json={"query": query})
    answer.raise_for_status()
    return answer.json()["data"]


def daemons_run(url: str) -> bool:
    found = asked(url, DAEMONS)["instance"]["daemonHealth"]["allDaemonStatuses"]
    return all(each["healthy"] for each in found if each["daemonType"] in {"SENSOR", "SCHEDULER"})


@pytest.mark.long
def test_dg_dev_is_behind_the_check_and_was_told_what_a_command_did_before(checkout: Path) -> None:
    pytest.importorskip("dagster_dg_cli")
    with running_sandbox(SandboxConfig(opportunities=3, rate=0)) as sandbox:
        lever = {"LEVER_API_KEY": sandbox.key, "LEVER_BASE_URL": sandbox.url, "LEVER_RATE_LIMIT": "0"}
        synced = [sys.executable, "-m", "lever_assets", "sync"]
        subprocess.run(synced, cwd=checkout, env=bare(checkout, **lever), check=True, capture_output=True)
        with begun(checkout, "--with-dg", **lever) as (process, url):
            assert status(url, process) == 200
            assert "<html" in WEB.get(url).text
            assert WEB.get(f"{url}/server_info", headers={"Host": "evil.example"}).status_code == 403
            assert (found := told(checkout / "data")) is not None
            assert found.url == url
            deadline = time.monotonic() + 120
            while not daemons_run(url):
                assert time.monotonic() < deadline
                time.sleep(0.5)
            assert asked(url, MADE)["assetNodeOrError"]["assetMaterializations"]
            below = list(psutil.Process(process.pid).children(recursive=True))
            written = terminal.ctrl_c(process)
    assert process.returncode == 0, written
    assert "All component YAML validated" in written  # dg's own
    assert f"\n{url}\n" in written
    assert "Traceback" not in written
    assert "Warning" not in written
    assert all_gone(below)
    assert told(checkout / "data") is None


@pytest.mark.long
def test_dg_dev_asks_for_the_password(checkout: Path) -> None:
    pytest.importorskip("dagster_dg_cli")
    with begun(checkout, "--with-dg", LEVER_UI_PASSWORD="once upon a time") as (process, url):
        assert status(url, process) == 401
        assert WEB.get(url, auth=("anybody", "once upon a time")).status_code == 200
        assert "Traceback" not in terminal.ctrl_c(process)


@pytest.mark.long
@pytest.mark.parametrize("options", [(), ("--with-dg",)])
@pytest.mark.parametrize("after", [3.0, 5.0, 7.0, 9.0])
def test_ctrl_c_in_its_first_seconds_is_quiet(checkout: Path, options: tuple[str, ...], after: float) -> None:
    if options:
        pytest.importorskip("dagster_dg_cli")
    with begun(checkout, *options) as (process, _):
        time.sleep(after)
        below = list(psutil.Process(process.pid).children(recursive=True))
        written = terminal.ctrl_c(process)
    assert "Traceback" not in written
    assert "Aborted" not in written
    assert process.returncode in {0, 130, -signal.SIGINT}, written  # Python may end itself by the signal
    assert all_gone(below)


def test_where_there_is_no_project_of_dg_a_sentence_says_so(tmp_path: Path) -> None:
    pytest.importorskip("dagster_dg_cli")
    with begun(tmp_path, "--with-dg") as (process, _):
        written = process.communicate(timeout=120)[0]
    assert process.returncode == 1
    assert "Traceback" not in written
    assert "error: " in written


def test_make_ui_is_dg_dev() -> None:
    planned = subprocess.run(
        ["make", "--dry-run", "ui", "PORT=3100"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "lever-assets ui --with-dg --port 3100" in planned

"""The UI as a process: it runs jobs, keeps its files to its owner, and ends with all that it began."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]  # it brings no types
import pytest

from lever_assets.connect.reloading import reload_dagster
from lever_assets.connect.ui_address import told
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets_tests.serving import free_port
from lever_assets_tests.walking import left_by_an_earlier_version, open_to_others
from lever_assets_tests.web import WEB

COMMAND = [sys.executable, "-m", "lever_assets", "ui", "--port"]
_PATIENCE = 180.0
RUN = """
mutation {
  launchRun(executionParams: {
    selector: {
      repositoryLocationName: "lever_assets", repositoryName: "__repository__", jobName: "lever_erasure"
    }
    runConfigData: {}
  }) { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } }
}
"""


@dataclass(frozen=True)
class Served:
    """A UI that is up, and its process."""

    process: "subprocess.Popen[str]"
    port: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def graphql(self, query: str) -> Any:
        """Send a document as the UI itself does."""
        answer = WEB.post(f"{self.url}/graphql", json={"query": query})
        answer.raise_for_status()
        return answer.json()["data"]

    def ended(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and what was written."""
        written = self.process.communicate(timeout=90)[0]
        return self.process.returncode, written


def started(folder: Path, port: int, *options: str, **variables: str) -> "subprocess.Popen[str]":
    """Start the UI with a data folder in `folder`, where files would be everybody's to read."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEVER_", "DAGSTER_"))}
    return subprocess.Popen(
        [*COMMAND, str(port), *options],
        cwd=folder,
        env={**kept, "LEVER_DATA_DIR": str(folder / "data"), **variables},
        umask=0o022,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until(met: Callable[[], bool]) -> None:
    """Wait for something, not for ever."""
    deadline = time.monotonic() + _PATIENCE
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@contextmanager
def served(folder: Path, *options: str, **variables: str) -> Iterator[Served]:
    """Serve the UI as long as the block lasts."""
    ui = Served(started(folder, port := free_port(), *options, **variables), port)

    def up() -> bool:
        assert ui.process.poll() is None, ui.ended()
        with suppress(httpx.TransportError):
            return WEB.get(f"{ui.url}/server_info").status_code in {200, 401}
        return False

    with ui.process as process:
        try:
            until(up)
            yield ui
        finally:
            process.terminate()


def begun_by(process: "subprocess.Popen[str]") -> list[Any]:
    """Return the processes below one: the daemon, the code server, and what that began."""
    return list(psutil.Process(process.pid).children(recursive=True))


def all_gone(processes: list[Any]) -> bool:
    return len(psutil.wait_procs(processes, 30)[1]) == 0


@pytest.mark.long
def test_it_runs_a_job_and_all_files_are_their_owners_alone_and_ctrl_c_ends_all(tmp_path: Path) -> None:
    data = tmp_path / "data"
    left_by_an_earlier_version(data)
    with running_sandbox(SandboxConfig(opportunities=5, rate=0)) as sandbox:
        lever = {"LEVER_API_KEY": sandbox.key, "LEVER_BASE_URL": sandbox.url}
        with served(tmp_path, **lever) as ui:
            launched = ui.graphql(RUN)["launchRun"]
            assert launched["__typename"] == "LaunchRunSuccess", launched
            run = launched["run"]["runId"]
            asked = f'{{ runOrError(runId: "{run}") {{ ... on Run {{ status }} }} }}'
            until(lambda: ui.graphql(asked)["runOrError"]["status"] == "SUCCESS")
            assert open_to_others(data) == {}
            found = told(data)
            assert found is not None
            assert found.url == ui.url
            reloaded = reload_dagster(Settings(_env_file=None, data_dir=data))
            assert reloaded.told == "The Dagster of `lever-assets ui` was reloaded, and shows it."
            begun = begun_by(ui.process)
            assert len(begun) >= 3
            ui.process.send_signal(signal.SIGINT)
            code, written = ui.ended()
    assert code == 0, written
    assert "Traceback" not in written
    assert f"Serving dagster-webserver on {ui.url} in process {ui.process.pid}" in written
    assert all_gone(begun)
    assert told(data) is None
    made = {each.name for each in (data / "dagster").iterdir()}
    assert {"storage", "history", "schedules", "dagster.yaml"} <= made
    assert open_to_others(data) == {}


@pytest.mark.long
def test_what_others_ask_of_the_process_is_refused(tmp_path: Path) -> None:
    with served(tmp_path, LEVER_UI_PASSWORD="once upon a time", LEVER_UI_HOSTS="ui.example.com") as ui:
        assert WEB.get(f"{ui.url}/").status_code == 401
        known: dict[str, Any] = {"auth": ("anybody", "once upon a time")}
        assert WEB.get(f"{ui.url}/", **known).status_code == 200
        for host, status in {"ui.example.com": 200, "evil.example": 403}.items():
            assert WEB.get(f"{ui.url}/", headers={"Host": host}, **known).status_code == status
        plain = {"Content-Type": "text/plain"}
        mutation = {"params": {"query": RUN}, "headers": plain, **known}
        assert WEB.post(f"{ui.url}/graphql", **mutation).status_code == 415
        assert WEB.get(f"{ui.url}/graphql", params={"query": RUN}, **known).status_code == 405
        reloaded = reload_dagster(Settings(_env_file=None, data_dir=tmp_path / "data"))
        assert reloaded.told == "The Dagster of `lever-assets ui` was reloaded, and shows it."


@pytest.mark.long
def test_the_end_of_the_daemon_is_told_and_ends_the_rest(tmp_path: Path) -> None:
    with served(tmp_path) as ui:
        begun = begun_by(ui.process)
        (daemon,) = [each for each in begun if "dagster._daemon" in each.cmdline()]
        daemon.kill()
        code, written = ui.ended()
    assert code == 1
    assert "error: Dagster's daemon ended by itself (exit code -9): see what it wrote above" in written
    assert all_gone(begun)


@pytest.mark.long
def test_where_the_daemon_runs_elsewhere_none_is_started_and_all_ends_with_it(tmp_path: Path) -> None:
    with served(tmp_path, "--no-daemon") as ui:
        assert ui.graphql("{ version }")["version"]
        begun = begun_by(ui.process)
        assert not any("dagster._daemon" in each.cmdline() for each in begun)
        ui.process.send_signal(signal.SIGTERM)
        code, written = ui.ended()
    assert code == 0, written
    assert all_gone(begun)


@pytest.mark.long
@pytest.mark.parametrize("after", [0.5, 3.0, 6.0])
@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_it_can_be_ended_while_it_starts(tmp_path: Path, which: signal.Signals, after: float) -> None:
    process = started(tmp_path, free_port())
    begun: dict[int, Any] = {}
    deadline = time.monotonic() + after
    while time.monotonic() < deadline:
        begun |= {each.pid: each for each in begun_by(process)}
        time.sleep(0.05)
    process.send_signal(which)
    while process.poll() is None:
        begun |= {each.pid: each for each in begun_by(process)} if process.poll() is None else {}
        time.sleep(0.05)
    assert all_gone(list(begun.values()))

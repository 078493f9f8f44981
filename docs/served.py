"""Dagster's UI, served for pictures by a command of its own: told and asked what its pages tell and ask."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from lever_assets_tests.serving import free_port

_SECONDS = 300.0
_ENDING_SECONDS = 60.0
_LAUNCH = """mutation ($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } } }"""
_STATUS = "query ($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"
_RUNS = "{ runsOrError { ... on Runs { results { status } } } }"
_TICK = """query ($which: SensorSelector!) { sensorOrError(sensorSelector: $which) {
  ... on Sensor { sensorState { ticks(limit: 1) { status } } } } }"""


@dataclass(frozen=True)
class Dagster:
    """A UI that is served, by its address; what it shows is the code location of that name."""

    address: str
    location: str

    def run(self, job: str, *assets: str) -> None:
        """Launch a job, or of the one that materializes assets these, and wait until it has succeeded."""
        selector = {
            **self._repository,
            "jobName": job,
            "assetSelection": [{"path": [each]} for each in assets],
        }
        if not assets:
            del selector["assetSelection"]
        params = {"selector": selector, "mode": "default", "runConfigData": {}}
        launched = self._ask(_LAUNCH, params=params)["launchPipelineExecution"]
        if "run" not in launched:
            raise RuntimeError(f"{job} was not launched: {launched['__typename']}")
        run = launched["run"]["runId"]
        wait(lambda: self._has_succeeded(self._ask(_STATUS, run=run)["runOrError"]["status"]), job)

    def await_runs(self, many: int) -> None:
        """Wait until so many runs have succeeded; one that failed is an error: RuntimeError."""
        wait(lambda: self._succeeded() == many, f"{many} runs")

    def await_idle_tick(self, sensor: str) -> None:
        """Wait until the last tick of a sensor is one that found no work."""
        wait(lambda: self._last_tick(sensor) == "SKIPPED", f"a tick of {sensor} without work")

    def answers(self) -> bool:
        """Tell whether it is there, with its definitions loaded."""
        try:
            told = httpx.get(f"{self.address}/server_info", trust_env=False, timeout=5)
        except httpx.TransportError:
            return False
        return told.is_success

    @property
    def _repository(self) -> dict[str, Any]:
        return {"repositoryLocationName": self.location, "repositoryName": "__repository__"}

    def _succeeded(self) -> int:
        found = self._ask(_RUNS)["runsOrError"]["results"]
        return sum(self._has_succeeded(each["status"]) for each in found)

    @staticmethod
    def _has_succeeded(status: str) -> bool:
        if status in {"FAILURE", "CANCELED"}:
            raise RuntimeError("a run failed")
        return status == "SUCCESS"

    def _last_tick(self, sensor: str) -> str:
        which = {**self._repository, "sensorName": sensor}
        ticks = self._ask(_TICK, which=which)["sensorOrError"]["sensorState"]["ticks"]
        return str(ticks[0]["status"]) if ticks else ""

    def _ask(self, query: str, **variables: Any) -> Any:
        asked = {"query": query, "variables": variables}
        answer = httpx.post(f"{self.address}/graphql", json=asked, trust_env=False, timeout=60)
        told = answer.raise_for_status().json()
        if "errors" in told:
            raise RuntimeError(told["errors"])
        return told["data"]


@contextmanager
def served(command: Sequence[str], folder: Path, env: Mapping[str, str], location: str) -> Iterator[Dagster]:
    """Run what serves the UI, on a free port, in a folder; its variables are `env` and none of the user's."""
    port = free_port()
    with (folder / "served.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603
            [*command, "--port", str(port)],
            cwd=folder,
            env={**unset(), **env},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        dagster = Dagster(f"http://127.0.0.1:{port}", location)
        try:
            wait(lambda: _lives(process, folder / "served.log") and dagster.answers(), "Dagster's UI")
            yield dagster
        finally:
            _end(process)


def unset() -> dict[str, str]:
    """Return the variables of this process without settings of ours and of Dagster's."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("LEVER_", "DAGSTER_"))}


def wait(until: Callable[[], bool], what: str) -> None:
    """Wait until something is so; TimeoutError if that takes minutes."""
    end = time.monotonic() + _SECONDS
    while not until():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} took more than {_SECONDS:g} s")
        time.sleep(1)


def _lives(process: "subprocess.Popen[bytes]", log: Path) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"Dagster ended by itself:\n{log.read_text('utf-8', 'replace')}")
    return True


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End what serves as Ctrl-C in a terminal does: that goes to all of its processes."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_ENDING_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

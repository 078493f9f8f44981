"""Takes the pictures of the documentation: `make pictures`. It needs a Chromium, and takes some minutes.

It serves a made-up account, starts the real UI on it in a folder that is thrown away, has Dagster read the
account, and has a browser show the pages. Look at what it took before you keep it.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from docs.browser import Window, opened
from lever_assets.cli.demo_home import DemoHome
from lever_assets.connect.environments import Addresses
from lever_assets.connect.oauth import App, OAuthServer
from lever_assets.policy.exclusion import NOTHING_EXCLUDED
from lever_assets.prerequisites.permissions import to_grant
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.connect.browser import CHROMIUM
from lever_assets_tests.connect.connecting import settings_of
from lever_assets_tests.ui.test_listening import free_port

IMAGES = Path(__file__).parent / "images"
LOCATION = "lever_assets"
_SECONDS = 300.0
_REPOSITORY = {"repositoryLocationName": LOCATION, "repositoryName": "__repository__"}


@dataclass(frozen=True)
class Picture:
    """A page of the UI: its file, where it is, what stands on it when it is whole, and how large it is.

    Of a page that `opens` a dialog, by a click on the text, that is taken, and at most so much of its height;
    the other text stands in it. `does` is a script to run on a page first, and what stands there then.
    """

    name: str
    path: str
    shows: tuple[str, ...]
    size: tuple[int, int]
    opens: tuple[str, str, int] | None = None
    does: tuple[str, str] | None = None


def after_sync(this_month: str) -> tuple[Picture, ...]:
    """Return what is taken once the account was read; `this_month` is the key of the window that is open."""
    asset = "/assets/lever/applications"
    window = urlencode({"view": "partitions", "partition": this_month})
    return (
        Picture(
            "asset", f"{asset}?{window}", ("Materialized (4)", "dagster/partition_row_count"), (1000, 674)
        ),
        Picture("checks", f"{asset}?view=checks", ("Succeeded", "Passed"), (1140, 590)),
        Picture("catalog", "/assets", ("lever / applications", "4 partitions"), (1240, 716)),
        Picture("overview", asset, ("Latest check results", "Passing", "remote_id"), (1320, 693)),
    )


_FORM = """\
ops:
  create_application:
    config:
      candidate:
        first_name: Iris
        last_name: Moreau
        email_address: iris.moreau@example.com
        location:
          city: Lyon
          country: FR
      job_id: remote:bf001e3e-ad99-403b-93bd-b673181230ae
      source:
        name: Careers fair
      dry_run: true
"""
_JOB = f"/locations/{LOCATION}/jobs/create_application_job/playground/setup"
_SENSOR = f"/locations/{LOCATION}/sensors/lever_delta"
AFTER_DELTA = (
    Picture("runs", "/runs", ("lever_full_sync", "lever_delta", "Success"), (1240, 480)),
    Picture(
        "cause",
        "/runs",
        ("lever_delta", "View all tags (9)"),
        (900, 600),
        ("View all tags (9)", "code_location", 400),
    ),
    Picture("ticks", _SENSOR, ("0 runs requested", "1 run requested"), (1240, 766)),
    Picture(
        "skip-reason", _SENSOR, ("0 runs requested",), (1000, 700), ("0 runs requested", "Skip reason", 200)
    ),
    Picture(
        "launchpad",
        f"{_JOB}?{urlencode({'config': _FORM})}",
        ("Iris", "No errors", "No missing config", "Launch Run"),
        (1240, 880),
        # Beside the field that the cursor is in stands what all fields around it mean.
        does=("document.querySelector('.CodeMirror').CodeMirror.setCursor(6, 12)", "Main e-mail address"),
    ),
)


def main() -> None:
    """Take all pictures anew."""
    if CHROMIUM is None:
        sys.exit("Pictures are taken by Chromium, which this machine has not.")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        config = SandboxConfig(opportunities=150, rate=0, now=datetime.now(UTC))
        with running_sandbox(config) as sandbox, opened(folder / "profile") as window:
            take_consent(window, sandbox, folder)
            with dagster(folder, sandbox) as address:
                window.fold_navigation(address)
                read_all(address)
                failed = take_all(window, address, after_sync(f"{datetime.now(UTC):%Y-%m}-01"))
                find_work(address, sandbox)
                failed += take_all(window, address, AFTER_DELTA)
    sys.exit("\n\n".join(failed) or 0)


def take_all(window: Window, address: str, pictures: Iterable[Picture]) -> list[str]:
    """Take each picture; returns why some could not be taken: the others are there all the same."""
    failed = []
    for each in pictures:
        try:
            take(window, address, each)
        except (TimeoutError, AssertionError) as error:
            failed.append(f"{each.name}: {error}")
    return failed


def take(window: Window, address: str, picture: Picture) -> None:
    """Show a page, wait until it is whole, and keep its picture."""
    window.show(f"{address}{picture.path}", picture.size, picture.shows)
    if picture.does:
        script, shown = picture.does
        window.do(script, (shown,))
    tall = 0
    if picture.opens:
        text, shown, tall = picture.opens
        window.open_dialog(text, (shown,))
    window.keep(IMAGES / f"{picture.name}.png", dialog=tall)


def take_consent(window: Window, sandbox: Sandbox, folder: Path) -> None:
    """Keep the picture of the page on which the administrator of an account accepts."""
    settings = settings_of(sandbox, folder, f"sqlite:///{folder / 'none.db'}")
    server = OAuthServer(App.of(settings), Addresses(sandbox.url, sandbox.auth_url))
    scopes = [name for name, _ in to_grant(NOTHING_EXCLUDED, read_only=True)]
    page = server.ask(scopes).url
    window.show(page, (720, 400), ("asks for access", "Accept"))
    window.keep(IMAGES / "consent.png", whole=True)


@contextmanager
def dagster(folder: Path, sandbox: Sandbox) -> Iterator[str]:
    """Run the UI and its daemon on an account; yields the address."""
    home = DemoHome(folder / "data", "the pictures")
    home.prepare()
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEVER_", "DAGSTER_"))}
    own = home.environment(sandbox.url, sandbox.key, datetime.now(UTC).date())
    command = [sys.executable, "-m", "lever_assets", "ui", "--port", str(port), "--log-level", "warning"]
    process = subprocess.Popen(command, cwd=home.folder, env={**kept, **own}, start_new_session=True)  # noqa: S603
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(lambda: process.poll() is None and _answers(address), "Dagster's UI")
        yield address
    finally:
        process.terminate()
        process.wait()


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/server_info", trust_env=False, timeout=5).is_success
    except httpx.TransportError:
        return False


def read_all(address: str) -> None:
    """Have Dagster read the account."""
    query = """mutation ($params: ExecutionParams!) {
      launchPipelineExecution(executionParams: $params) { __typename } }"""
    selector = {**_REPOSITORY, "jobName": "lever_full_sync"}
    _ask(address, query, params={"selector": selector, "mode": "default", "runConfigData": {}})
    _wait(lambda: _ended(address) == 1, "the full sync")


def find_work(address: str, sandbox: Sandbox) -> None:
    """Have the sensor find work that is done in the account, and after that none."""
    sandbox.touch(0.05)
    _wait(lambda: _ended(address) == 2, "the delta")
    _wait(lambda: _last_tick(address) == "SKIPPED", "a tick without work")


def _ended(address: str) -> int:
    """Return how many runs have succeeded; one that failed is an error."""
    found = _ask(address, "{ runsOrError { ... on Runs { results { status } } } }")
    states = [each["status"] for each in found["runsOrError"]["results"]]
    if "FAILURE" in states:
        raise RuntimeError("a run failed")
    return states.count("SUCCESS")


def _last_tick(address: str) -> str:
    query = """query ($which: SensorSelector!) { sensorOrError(sensorSelector: $which) {
      ... on Sensor { sensorState { ticks(limit: 1) { status } } } } }"""
    which = {**_REPOSITORY, "sensorName": "lever_delta"}
    ticks = _ask(address, query, which=which)["sensorOrError"]["sensorState"]["ticks"]
    return str(ticks[0]["status"]) if ticks else ""


def _ask(address: str, query: str, **variables: Any) -> Any:
    answer = httpx.post(
        f"{address}/graphql", json={"query": query, "variables": variables}, trust_env=False, timeout=60
    )
    told = answer.raise_for_status().json()
    if "errors" in told:
        raise RuntimeError(told["errors"])
    return told["data"]


def _wait(until: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _SECONDS
    while not until():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} took more than {_SECONDS:g} s")
        time.sleep(1)


if __name__ == "__main__":
    main()

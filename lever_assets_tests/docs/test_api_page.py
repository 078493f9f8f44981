"""What docs/api.md says of serving the API is done as it is written there."""

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets_tests.cli.test_processes import environment
from lever_assets_tests.serving import free_port
from lever_assets_tests.web import WEB

PAGE = (Path(__file__).parent.parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
SERVING = PAGE.partition("\n## Serving it\n")[2].partition("\n## ")[0]
_DEFAULT = "http://127.0.0.1:8440"
_PATIENCE = 60.0


def _commands() -> dict[str, list[str]]:
    """The page's commands, by what they are, without the program's name."""
    lines = re.findall(r"^\$ lever-assets (.*)$", SERVING, flags=re.MULTILINE)
    return {line.removeprefix("api ").removeprefix("key ").split()[0]: line.split() for line in lines}


def _asked(key: str, url: str) -> httpx.Response:
    """Ask what the page asks with curl; of the server at `url`."""
    (line,) = re.findall(r"^curl .*$", SERVING, flags=re.MULTILINE)
    curl, silent, header, value, address = shlex.split(line)
    assert (curl, silent, header) == ("curl", "--silent", "--header")
    name, _, content = value.replace("$KEY", key).partition(": ")
    return WEB.get(address.replace(_DEFAULT, url), headers={name: content})


@contextmanager
def _served(command: list[str], variables: dict[str, str]) -> Iterator[str]:
    """Run the page's command, on a port that is free."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "lever_assets", *command, "--port", str(port)],
        env=variables,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _until(lambda: WEB.get(f"{url}/ready").status_code == 200)
            assert WEB.get(f"{url}/health").status_code == 200
            yield url
        finally:
            process.kill()


def _until(seen: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        with suppress(httpx.TransportError):  # it does not listen yet
            if seen():
                return
        time.sleep(0.1)
    pytest.fail("it did not happen")


def test_the_api_is_served_asked_and_closed_as_the_page_says(tmp_path: Path) -> None:
    commands = _commands()
    assert list(commands) == ["create", "serve", "list", "revoke"]
    with running_sandbox(SandboxConfig(opportunities=4, rate=0)) as lever:
        variables = environment(tmp_path, LEVER_API_KEY=lever.key, LEVER_BASE_URL=lever.url)

        def done(name: str) -> str:
            command = [sys.executable, "-m", "lever_assets", *commands[name]]
            told = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
            return told.stdout.strip()

        key = done("create")
        with _served(commands["serve"], variables) as url:
            [integration] = _asked(key, url).raise_for_status().json()["data"]["results"]
            assert integration["id"].startswith("lever:")
            assert commands["revoke"][-1] in done("list")
            done("revoke")
            _until(lambda: _asked(key, url).status_code == 401)
            refused = _asked(key, url).json()

    (shown,) = re.findall(r"```json\n(.*?)```", SERVING, flags=re.DOTALL)
    assert set(re.findall(r'"(\w+)":', shown)) == {*refused, *refused["error"]}

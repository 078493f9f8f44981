"""What docs/api.md says of serving the API is done as it is written there."""

import csv
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
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
_PATIENCE = 60.0


def _commands() -> list[list[str]]:
    """The commands of the section, each without the program's name."""
    lines = re.findall(r"^\$ lever-assets (.*)$", SERVING, flags=re.MULTILINE)
    return [shlex.split(line) for line in lines]


def _python(key: str, integration: str, url: str) -> str:
    """The section's Python, with what a reader fills in."""
    (code,) = re.findall(r"```python\n(.*?)```", SERVING, flags=re.DOTALL)
    filled_in = {"lak_…": key, "lever:…": integration, "http://127.0.0.1:8440": url}
    for written, meant in filled_in.items():
        assert code.count(written) == 1
        code = code.replace(written, meant)
    return str(code)


@contextmanager
def _served(command: list[str], variables: dict[str, str]) -> Iterator[str]:
    """Run the command that serves, on a port that is free."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "lever_assets", *command, "--port", str(port)],
        env=variables,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _until_ready(url)
            yield url
        finally:
            process.kill()


def _until_ready(url: str) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        with suppress(httpx.TransportError):  # it does not listen yet
            if WEB.get(f"{url}/ready").status_code == 200:
                return
        time.sleep(0.1)
    pytest.fail("the server is not ready")


def test_the_api_is_served_and_asked_as_the_page_says(tmp_path: Path) -> None:
    create, serve = _commands()
    with running_sandbox(SandboxConfig(opportunities=4, rate=0)) as lever:
        variables = environment(
            tmp_path, LEVER_API_KEY=lever.key, LEVER_BASE_URL=lever.url, LEVER_RATE_LIMIT="0"
        )

        def told(*arguments: str) -> str:
            command = [sys.executable, *arguments]
            done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
            return done.stdout.strip()

        key = told("-m", "lever_assets", *create)
        told("-m", "lever_assets", "sync")
        table = told("-m", "lever_assets", "sql", "SELECT name FROM jobs", "--format", "csv")
        with _served(serve, variables) as url:
            answer = WEB.get(f"{url}/v1/integrations", headers={"Authorization": f"Bearer {key}"})
            [integration] = answer.raise_for_status().json()["data"]["results"]
            listed = told("-c", _python(key, integration["id"], url))

    _, *names = [name for (name,) in csv.reader(table.splitlines())]
    assert names
    assert sorted(listed.splitlines()) == sorted(names)

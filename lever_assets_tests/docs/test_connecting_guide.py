"""Every command of docs/connect.md runs, in the order of the page."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets_tests.connect.connecting import consent
from lever_assets_tests.web import WEB

GUIDE = (Path(__file__).parent.parent.parent / "docs" / "connect.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """The commands of the page, in their order."""
    blocks = re.findall(r"```console\n(.*?)```", GUIDE, flags=re.DOTALL)
    return [
        line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")
    ]


@pytest.mark.long
def test_every_command_of_the_guide_runs(tmp_path: Path) -> None:
    with running_sandbox(SandboxConfig(opportunities=4, rate=0)) as lever:
        with socket.create_server(("127.0.0.1", 0)) as free:
            callback = f"http://127.0.0.1:{free.getsockname()[1]}/callback"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LEVER_")}
        environment |= {**lever.client_settings(), "LEVER_OAUTH_REDIRECT_URI": callback, "BROWSER": "true"}
        environment |= {"LEVER_DATA_DIR": str(tmp_path / "data"), "LEVER_RATE_LIMIT": "0"}
        (tmp_path / "key.txt").write_text(environment.pop("LEVER_API_KEY"))
        for line in commands():
            done = _run(line, tmp_path, environment)
            assert done.stderr is not None
            assert done.returncode == 0, (line, done.stderr.read())


def _run(line: str, folder: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    """Run a command as a shell would; where it prints an address to accept at, do so."""
    command, _, source = line.partition(" < ")
    program, *arguments = command.split()
    assert program == "lever-assets"
    started = subprocess.Popen(
        [sys.executable, "-m", "lever_assets", *arguments],
        cwd=folder,
        env=environment,
        text=True,
        stdin=(folder / source).open() if source else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert started.stdout is not None
    for told in started.stdout:
        if told.startswith("http"):
            led_to = consent(told.strip())
            if "--no-browser" in arguments:
                assert started.stdin is not None
                started.stdin.write(f"{led_to}\n")
                started.stdin.flush()
            else:
                assert WEB.get(led_to).is_success
    started.wait(60)
    return started

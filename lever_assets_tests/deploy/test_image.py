"""What the image is by itself, without compose.yaml: its command, and the health check that belongs to it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lever_assets_tests.deploy.composed import DEPLOY, SERVICES
from lever_assets_tests.serving import free_port

DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")


def words(instruction: str) -> list[str]:
    """Return the last command that an instruction of the Dockerfile has, in its JSON form."""
    found = re.findall(rf"^{instruction}\b.*?(\[.*\])$", DOCKERFILE, re.MULTILINE)
    told: list[str] = json.loads(found[-1])
    return told


def test_the_image_by_itself_is_the_code_server_as_compose_yaml_has_it() -> None:
    code = SERVICES["code"]
    assert words("CMD") == code["command"]
    assert ["CMD", *words("HEALTHCHECK")] == code["healthcheck"]["test"]


@pytest.mark.long
def test_the_health_check_tells_whether_the_command_of_the_image_is_well(tmp_path: Path) -> None:
    port = str(free_port())
    here = {"4000": port, "0.0.0.0": "127.0.0.1"}
    command, check = ([here.get(each, each) for each in words(name)] for name in ("CMD", "HEALTHCHECK"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEVER_", "DAGSTER_"))}
    env = {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "LEVER_DATA_DIR": str(tmp_path),
    }

    def is_healthy() -> bool:
        return subprocess.run(check, env=env, cwd=tmp_path, capture_output=True, check=False).returncode == 0

    assert not is_healthy()
    with subprocess.Popen(
        [DEPLOY / "entrypoint.sh", *command], env=env, cwd=tmp_path, start_new_session=True
    ) as process:
        try:
            deadline = time.monotonic() + 120
            while not is_healthy():
                assert process.poll() is None
                assert time.monotonic() < deadline
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    assert not is_healthy()

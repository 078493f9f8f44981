"""The command as a process of its own: the sandbox it serves, the demo, and an interrupted sync."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

COMMAND = [sys.executable, "-m", "lever_assets"]


def environment(folder: Path, **variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEVER_", "DAGSTER_"))}
    return {**kept, "LEVER_DATA_DIR": str(folder), **variables}


@pytest.fixture
def serving(tmp_path: Path) -> "subprocess.Popen[str]":
    arguments = ["sandbox", "serve", "--opportunities", "7", "--seed", "3", "--port", "0", "--deny", "offers"]
    return subprocess.Popen(
        [*COMMAND, *arguments], cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, text=True
    )


def test_the_sandbox_prints_what_to_export_and_serves_until_interrupted(
    serving: "subprocess.Popen[str]",
) -> None:
    assert serving.stdout is not None
    lines = [serving.stdout.readline().strip() for _ in range(3)]
    exported = dict(line.removeprefix("export ").split("=", 1) for line in lines[1:])
    assert set(exported) == {"LEVER_BASE_URL", "LEVER_API_KEY"}
    auth = (exported["LEVER_API_KEY"], "")
    listed = f"{exported['LEVER_BASE_URL']}/opportunities?confidentiality=all"
    answer = httpx.get(listed, auth=auth)
    assert len(answer.json()["data"]) == 7
    ident = answer.json()["data"][0]["id"]
    denied = httpx.get(f"{exported['LEVER_BASE_URL']}/opportunities/{ident}/offers", auth=auth)
    assert denied.status_code == 403
    serving.send_signal(signal.SIGINT)
    assert serving.wait(20) == 0
    serving.stdout.close()


def test_the_demo_syncs_a_made_up_account_and_leaves_real_data_alone(tmp_path: Path) -> None:
    real = environment(tmp_path, LEVER_API_KEY="real", LEVER_BASE_URL="http://127.0.0.1:9")
    done = subprocess.run(
        [*COMMAND, "demo", "--opportunities", "12"],
        cwd=tmp_path,
        env=real,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "checks passed" in done.stdout
    assert "What to do next" in done.stdout
    with sqlite3.connect(tmp_path / "demo" / "lever.db") as database:
        assert database.execute("SELECT count(*) FROM candidates").fetchone() == (12,)
    assert (tmp_path / "demo" / "dagster" / "history").exists()
    assert not (tmp_path / "lever.db").exists()

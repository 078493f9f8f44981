"""The command as a process of its own: the sandbox it serves, the demo, and an interrupted sync."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]  # it brings no types
import pytest

from lever_assets.cli import main
from lever_assets.sandbox import Sandbox
from lever_assets_tests import terminal
from lever_assets_tests.cli.conftest import Command
from lever_assets_tests.serving import free_port
from lever_assets_tests.walking import open_to_others
from lever_assets_tests.web import WEB

COMMAND = [sys.executable, "-m", "lever_assets"]


def environment(folder: Path, **variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEVER_", "DAGSTER_"))}
    return {**kept, "LEVER_DATA_DIR": str(folder), **variables}


@pytest.fixture
def serving(tmp_path: Path) -> "Iterator[subprocess.Popen[str]]":
    arguments = ["sandbox", "serve", "--opportunities", "7", "--seed", "3", "--port", "0", "--deny", "offers"]
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, text=True
    )
    with process:
        yield process
        process.kill()


def test_the_sandbox_prints_what_to_export_and_serves_until_interrupted(
    serving: "subprocess.Popen[str]",
) -> None:
    assert serving.stdout is not None
    lines = [serving.stdout.readline().strip() for _ in range(7)]
    exported = dict(line.removeprefix("export ").split("=", 1) for line in lines[1:])
    client = {f"LEVER_OAUTH_{name}" for name in ("CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI")}
    assert set(exported) == {"LEVER_BASE_URL", "LEVER_API_KEY", "LEVER_AUTH_URL"} | client
    auth = (exported["LEVER_API_KEY"], "")
    listed = f"{exported['LEVER_BASE_URL']}/opportunities?confidentiality=all"
    answer = WEB.get(listed, auth=auth)
    assert len(answer.json()["data"]) == 7
    ident = answer.json()["data"][0]["id"]
    denied = WEB.get(f"{exported['LEVER_BASE_URL']}/opportunities/{ident}/offers", auth=auth)
    assert denied.status_code == 403
    serving.send_signal(signal.SIGINT)
    assert serving.wait(20) == 0


def test_an_interrupted_sync_says_so_and_the_next_goes_on_from_there(
    command: Command, sandbox: Sandbox
) -> None:
    sandbox.set_faults("latency=100")
    slow = {**os.environ, "LEVER_CONCURRENCY": "1"}
    with subprocess.Popen(
        [*COMMAND, "sync"], env=slow, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as syncing:
        deadline = time.monotonic() + 60
        while sandbox.requests().total < 40 and time.monotonic() < deadline:
            time.sleep(0.02)
        syncing.send_signal(signal.SIGINT)
        out, err = syncing.communicate(timeout=30)
    assert (syncing.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "stopped; the next sync goes on from here"
    assert "Traceback" not in err

    sandbox.set_faults()
    assert "a sync was not finished" in command("status").err
    whole = command("plan", "--json").json["total"]
    continued = command("sync", "--json").json
    assert continued["covers"] == "everything"
    assert continued["requests"] < whole - 20
    assert command("status", "--json").json["unfinished"] == []
    assert command("sync", "--json").json["covers"] == "what changed since the last sync"


@pytest.mark.long
def test_the_demo_syncs_a_made_up_account_leaves_real_data_alone_and_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    real = environment(
        tmp_path,
        LEVER_API_KEY="real",
        LEVER_BASE_URL="http://127.0.0.1:9",
        LEVER_SYNC_WINDOW="fortnightly",
        HTTP_PROXY="http://127.0.0.1:9",
        HOME=str(home),
    )
    demo = ["demo", "--opportunities", "12"]
    done = subprocess.run(
        [*COMMAND, *demo], cwd=tmp_path, env=real, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "rows are new." in done.stdout
    assert "98 of 98 checks passed" in done.stdout
    assert "What to do next" in done.stdout
    question = re.search(r"ask it in SQL +(LEVER_DATABASE_URL=.*)", done.stdout)
    assert question is not None
    asked = subprocess.run(
        ["bash", "-c", question[1]],
        cwd=tmp_path,
        env={**real, "LEVER_SYNC_WINDOW": "weekly"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "OPEN" in asked.stdout, asked.stderr
    with sqlite3.connect(tmp_path / "demo" / "lever.db") as database:
        [(candidates,)] = database.execute("SELECT count(*) FROM candidates").fetchall()
    assert candidates > 12  # a year has passed
    assert (tmp_path / "demo" / "dagster" / "history").exists()
    assert open_to_others(tmp_path / "demo") == {}
    assert not (tmp_path / "lever.db").exists()
    assert list(home.iterdir()) == []

    monkeypatch.setenv("LEVER_DATA_DIR", str(tmp_path))
    with pytest.raises(SystemExit, match="0"):
        main(demo)
    assert "Nothing is new since the last demo" in capsys.readouterr().out


RUNS = """
{ runsOrError { ... on Runs { results { jobName status repositoryOrigin { repositoryLocationName } } } } }
"""


def first_runs(port: int, demo: "subprocess.Popen[str]") -> Any:
    """Return what the UI's first page is made of, once it is up."""
    deadline = time.monotonic() + 300
    while demo.poll() is None and time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            answer = WEB.post(f"http://127.0.0.1:{port}/graphql", json={"query": RUNS})
            return answer.json()["data"]["runsOrError"]["results"]
        time.sleep(0.3)
    raise AssertionError(demo.communicate(timeout=10))


@pytest.mark.long
@pytest.mark.parametrize("when", ["while it starts", "when it is up"])
def test_the_demos_first_page_has_its_run_and_ctrl_c_in_a_terminal_says_goodbye(
    tmp_path: Path, when: str
) -> None:
    port = free_port()
    demo = [*COMMAND, "demo", "--opportunities", "12", "--ui", "--port", str(port)]
    with terminal.begun(demo, cwd=tmp_path, env=environment(tmp_path)) as process:
        assert process.stdout is not None
        while "Ctrl-C ends it" not in process.stdout.readline():
            assert process.poll() is None
        if when == "when it is up":
            (run,) = first_runs(port, process)
            assert (run["jobName"], run["status"]) == ("lever_full_sync", "SUCCESS")
            assert run["repositoryOrigin"] == {"repositoryLocationName": "lever_assets"}
        else:
            time.sleep(4)
        begun = psutil.Process(process.pid).children(recursive=True)
        assert begun
        written = terminal.ctrl_c(process)
    assert process.returncode == 0
    told, _, farewell = written.strip().rpartition("\n")
    assert farewell.startswith("Goodbye: Dagster and the made-up account have ended.")
    # Before it nothing but where the UI is, and no traceback.
    there = ["Dagster's UI is there until Ctrl-C:", f"http://127.0.0.1:{port}"]
    assert (
        told.split("\n") == [*there, ""]
        if when == "when it is up"
        else told.strip() in {"", "\n".join(there)}
    )
    assert not psutil.wait_procs(begun, 30)[1]

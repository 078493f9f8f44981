"""Output to a terminal of few characters, to a pipe that nobody reads on, and to nothing at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lever_assets.store import Store

COMMAND = f"{sys.executable} -m lever_assets"
MANY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90) SELECT i FROM n"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    url = f"sqlite:///{tmp_path / 'lever.db'}"
    Store.open(url).close()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEVER_")}
    return {**kept, "LEVER_DATABASE_URL": url, "LEVER_DATA_DIR": str(tmp_path / "data"), "MANY": MANY}


def shell(line: str, env: dict[str, str]) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["bash", "-c", line], env=env, capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize("few", [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1:strict"}])
def test_what_a_terminal_cannot_show_is_replaced(env: dict[str, str], few: dict[str, str]) -> None:
    done = shell(f"{COMMAND} sql \"SELECT 'bad … sign' AS told\"", {**env, **few})
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"bad ? sign" in done.stdout


@pytest.mark.parametrize("words", ["--help", 'sql "$MANY"'])
def test_a_pipe_that_nobody_reads_on_ends_it_as_any_program(env: dict[str, str], words: str) -> None:
    done = shell(f"{COMMAND} {words} | true; exit ${{PIPESTATUS[0]}}", env)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize("words", ["status", "--help", "--version", 'sql "SELECT 1"'])
def test_what_is_closed_takes_nothing_and_does_no_harm(env: dict[str, str], words: str, closed: str) -> None:
    done = shell(f"{COMMAND} {words} {closed}", env)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert b"error" not in done.stderr

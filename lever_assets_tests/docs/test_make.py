"""The Makefile, without what it installs: what it would do, and what it says when it can't."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent.parent


def make(*arguments: str, env: Path) -> "subprocess.CompletedProcess[str]":
    # `make test` that runs this test hands its own variables on.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--no-print-directory", *arguments, f"VENV={env}"]
    return subprocess.run(
        command, cwd=CHECKOUT, env=kept, capture_output=True, text=True, check=False, timeout=30
    )


@pytest.mark.parametrize("target", ["demo", "demo-ui", "ui", "docs"])
def test_who_only_looks_waits_for_nothing_that_tests_need(target: str, tmp_path: Path) -> None:
    planned = make("--dry-run", target, env=tmp_path / "env").stdout
    assert "-m venv" in planned
    assert "-e '.[dg]'" in planned
    assert "[dev]" not in planned


@pytest.mark.parametrize("target", ["setup", "test", "lint", "pictures"])
def test_development_gets_what_tests_need_at_once(target: str, tmp_path: Path) -> None:
    planned = make("--dry-run", target, env=tmp_path / "env").stdout
    assert planned.count("pip install") == 1
    assert "-e '.[dev]'" in planned


@pytest.mark.parametrize("what", ["example", "dbt"])
def test_the_example_and_dbt_are_tried_without_an_environment_of_ours(what: str, tmp_path: Path) -> None:
    planned = make("--dry-run", f"test-{what}", "PYTHON=python3.13", env=tmp_path / "env").stdout
    assert planned == f".ci/{what} python3.13\n"


def test_an_environment_that_could_not_be_made_is_tried_anew(tmp_path: Path) -> None:
    env, tries = tmp_path / "env", tmp_path / "tries"
    python = tmp_path / "python"
    # As Debian's without the package python3-venv: it leaves an environment without pip.
    python.write_text(
        f'#!/bin/sh\n[ "$1" = -m ] || exit 0\necho >>{tries}\nmkdir -p {env}/bin\ntouch {env}/bin/python\n'
        'echo "you need to install the python3-venv package" >&2\nexit 1\n'
    )
    python.chmod(0o755)
    for _ in range(2):
        told = make("demo", f"PYTHON={python}", env=env)
        assert told.returncode != 0
        assert "you need to install the python3-venv package" in told.stderr
    assert len(tries.read_text().splitlines()) == 2


def test_a_python_that_is_too_old_is_refused_in_a_sentence(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -c "import sys; sys.version_info = (3, 10)\n$2"\n')
    python.chmod(0o755)
    told = make("demo", f"PYTHON={python}", env=tmp_path / "env")
    assert (
        "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.11 demo" in told.stderr
    )
    assert not (tmp_path / "env").exists()

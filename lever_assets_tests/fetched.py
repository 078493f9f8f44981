"""What tests need from elsewhere, and our environment can't have: fetched once, into the user's cache."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from filelock import FileLock

_SECONDS = 300
"""How long it may take, once."""


def once(wanted: Path, fetch: Callable[[Path], None]) -> Path:
    """Return the folder that `fetch` fills with what a file says is wanted; one for each content of the file
    and version of Python.

    Of several processes at the same time one fetches. What was not fetched whole is not there. Where it can't
    be had, since the machine has no way to who publishes it, the test is left out, and says so.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lever-assets-tests"
    cache.mkdir(parents=True, exist_ok=True)
    # Of a package there may be another build for each version of Python.
    name = f"{sha256(wanted.read_bytes()).hexdigest()[:16]}-{sys.implementation.cache_tag}"
    folder = cache / name
    with FileLock(cache / f"{name}.lock", timeout=_SECONDS):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=cache) as begun:
                beginning = Path(begun) / name
                beginning.mkdir()
                try:
                    fetch(beginning)
                except AssertionError as error:
                    pytest.skip(f"what somebody else publishes can't be had here: {error}")
                beginning.rename(folder)
    return folder


def run(command: Sequence[str | Path], folder: Path, *, given: str = "", seconds: float = _SECONDS) -> str:
    """Run a program in a folder and return what it writes, `given` being its standard input.

    Raises AssertionError with what it wrote if it ends otherwise than with 0, or not in time.
    """
    name = " ".join(Path(each).name for each in command[:3])
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            input=given,
            check=False,
            timeout=seconds,
            capture_output=True,
            encoding="utf-8",
        )
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"{name} was not done after {seconds} s: {error.stdout!r}") from None
    assert done.returncode == 0, f"{name}: {done.stderr[-4000:]}{done.stdout[-4000:]}"
    return done.stdout

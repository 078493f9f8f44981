"""A command as a terminal runs it."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def begun(command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Begin a command in a process group of its own; what it writes, errors too, is its standard output."""
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )


def ctrl_c(process: "subprocess.Popen[str]") -> str:
    """Press Ctrl-C, which goes to the whole group, and return what the command writes until its end."""
    os.killpg(process.pid, signal.SIGINT)
    return process.communicate(timeout=60)[0]

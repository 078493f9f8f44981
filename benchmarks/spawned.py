"""Runs a command as a user would, and tells what its process and all below it cost."""

import os
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it brings no types

_EVERY = 0.05


@dataclass(frozen=True)
class Cost:
    """Seconds of CPU and on the clock, and bytes: the most that the processes had resident together."""

    cpu: float
    wall: float
    memory: int
    said: str


def bare_environment() -> dict[str, str]:
    """Return this process's environment without any setting of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("LEVER_", "DAGSTER_"))}


def spawned(command: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """Run a command in a process of its own; `said` is its standard output. RuntimeError if it fails.

    The CPU is that of the process and of all that it waited for, from Python's start to the end.
    """
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as errors:
        outputs = [(os.POSIX_SPAWN_DUP2, said.fileno(), 1), (os.POSIX_SPAWN_DUP2, errors.fileno(), 2)]
        began = time.monotonic()
        pid = os.posix_spawn(command[0], list(command), environment, file_actions=outputs)
        memory = _Memory(pid)
        _, status, used = os.wait4(pid, 0)
        wall = time.monotonic() - began
        memory.stop()
        said.seek(0)
        errors.seek(0)
        if status:
            raise RuntimeError(f"{' '.join(command)} failed:\n{errors.read().decode()[-3000:]}")
        return Cost(used.ru_utime + used.ru_stime, wall, memory.most, said.read().decode())


class _Memory:
    """Looks at the memory of a process and of those below it, until it is told to stop."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._ended = threading.Event()
        self.most = 0
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(_EVERY):
            try:
                main = psutil.Process(self._pid)
                pids = [self._pid, *(each.pid for each in main.children(recursive=True))]
            except psutil.NoSuchProcess:
                return
            self.most = max(self.most, sum(_peak(pid) for pid in pids))


def _peak(pid: int) -> int:
    """Return the most that a process had resident so far, where the system tells; else what it has now."""
    try:
        status = Path(f"/proc/{pid}/status")
        if status.exists():
            lines = status.read_text().splitlines()
            return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
        return int(psutil.Process(pid).memory_info().rss)
    except (OSError, psutil.NoSuchProcess):
        return 0

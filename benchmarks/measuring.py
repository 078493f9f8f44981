"""Runs a function in a fresh process and tells what it cost there."""

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, ParamSpec, TypeVar

import psutil  # type: ignore[import-untyped]  # it brings no types

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Measured(Generic[T]):
    """What a function returned, and the cost of its whole process, Python's start and imports included.

    `wall`, `user` and `system` are seconds, `memory` is the peak of the resident set in bytes.
    """

    result: T
    wall: float
    user: float
    system: float
    memory: int

    @property
    def cpu(self) -> float:
        """Seconds of CPU."""
        return self.user + self.system


def measured(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Measured[T]:
    """Run `function` in a fresh process; `wall` is that of the function alone."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(_measure, partial(function, *args, **kwargs)).result()


def _measure(function: Callable[[], T]) -> Measured[T]:
    began = time.monotonic()
    result = function()
    wall = time.monotonic() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Measured(result, wall, used.ru_utime, used.ru_stime, peak_memory())


def memory_now() -> int:
    """The memory that this process has resident, in bytes."""
    return int(psutil.Process().memory_info().rss)


def peak_memory() -> int:
    """The most memory that this process had resident so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux hands ru_maxrss of a parent down to its children, whatever they use themselves.
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024

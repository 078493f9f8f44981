"""What the next records of a sync cost while it goes on: whether pace and memory hold as it grows."""

import time
from dataclasses import dataclass

from benchmarks.figures import megabytes
from benchmarks.measuring import memory_now
from lever_assets.sync.progress import Progress

_TEN_THOUSAND = 10_000


@dataclass
class _Mark:
    """Where a step stood when a line was last told of it."""

    done: int
    wall: float
    cpu: float


class Growth:
    """Listens to a sync, and prints a line for each further `every` records of a step that has more.

    The seconds are those for each 10,000 records since the step's last line: of the clock, and of CPU,
    whatever the process did beside the step. The memory is what is resident at that moment.
    """

    def __init__(self, every: int) -> None:
        self._every = every
        self._marks: dict[tuple[str, str], _Mark] = {}

    def __call__(self, told: Progress | str) -> None:
        """Hear how far a step is."""
        if isinstance(told, str):
            return
        now = _Mark(told.done, time.monotonic(), time.process_time())
        step = (told.step, told.unit)
        before = self._marks.setdefault(step, now)
        if now.done // self._every > before.done // self._every:
            _print(told.step, before, now)
            self._marks[step] = now


def _print(step: str, before: _Mark, now: _Mark) -> None:
    tens = (now.done - before.done) / _TEN_THOUSAND
    wall, cpu = (now.wall - before.wall) / tens, (now.cpu - before.cpu) / tens
    pace = f"{wall:>9.1f} s {cpu:>7.1f} s CPU for each 10,000"
    print(f"    {step:<28} {now.done:>10,} {pace}, {megabytes(memory_now()):.0f} MB", flush=True)

"""What a sync tells as it goes on, in the run's log: how far it is, at the end of each step and in between.

One entry for all that is told within ten seconds. Dagster keeps each entry as an event, and most steps of a
sync take milliseconds: a delta would leave as much of its progress as of all that it changed.
"""

import time
from dataclasses import dataclass, field

import dagster as dg

from lever_assets.orchestration.failures import for_events
from lever_assets.sync.progress import Progress

_EVERY = 10.0


@dataclass
class RunLog:
    """Listens to a sync. What holds it up is there at once; `flush` at the end."""

    log: dg.DagsterLogManager
    _lines: list[str] = field(default_factory=list)
    _last: dict[str, str] = field(default_factory=dict)
    _flushed: float = field(default_factory=time.monotonic)

    def __call__(self, told: Progress | str) -> None:
        """Take a line, if it is time for one or a step is at its end, and it says anything new."""
        is_time = time.monotonic() - self._flushed >= _EVERY
        if isinstance(told, Progress) and not (told.ended or is_time):
            return
        line = for_events(str(told))
        step = "" if isinstance(told, str) else told.step
        if line == self._last.get(step):  # one that is told of at its begin is told of at its end
            return
        self._last[step] = line
        self._lines.append(line)
        if isinstance(told, str) or is_time:
            self.flush()

    def flush(self) -> None:
        """Have all lines in the log."""
        if self._lines:
            self.log.info("\n".join(self._lines))
        self._lines.clear()
        self._flushed = time.monotonic()

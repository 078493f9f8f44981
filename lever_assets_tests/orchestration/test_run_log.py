"""How often a run's log is told how far a sync is."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from lever_assets.orchestration import run_log
from lever_assets.sync.progress import Progress


def progress(step: str, done: int, *, ended: bool = False) -> Progress:
    return Progress(step, "opportunities read", done, None, 0, 0.0, None, ended=ended)


def test_there_is_an_entry_each_ten_seconds_with_the_ends_of_steps_and_at_once_for_what_holds_it_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, entries = SimpleNamespace(seconds=0.0), list[str]()
    monkeypatch.setattr(run_log, "time", SimpleNamespace(monotonic=lambda: clock.seconds))
    log = run_log.RunLog(cast("Any", SimpleNamespace(info=entries.append)), _flushed=0.0)
    for second in range(25):
        clock.seconds = float(second)
        log(progress("users", second, ended=second == 3))
    log("Lever asked everybody with this key to wait; going on in 5 s")
    log(progress("offers", 1, ended=True))
    log.flush()
    assert entries == [
        "users: 3 opportunities read\nusers: 10 opportunities read",
        "users: 20 opportunities read",
        "Lever asked everybody with this key to wait; going on in 5 s",
        "offers: 1 opportunities read",
    ]

"""Progress on standard error: one line that is redrawn on a terminal, a line now and then elsewhere."""

import io
import os
import re
import sys
import termios
import time
from types import SimpleNamespace

import pytest

from lever_assets.cli import output
from lever_assets.sync.progress import Progress


def progress(done: int, *, ended: bool = False) -> Progress:
    return Progress("interviews", "opportunities read", done, 100, 0, 0.0, None, ended=ended)


def read_to_end(terminal: int) -> str:
    """Return all that was written to a terminal that is closed; one reading gives but a part of it."""
    written = b""
    try:
        while part := os.read(terminal, 100_000):
            written += part
    except OSError:  # how Linux says that nobody has the other end any more
        pass
    finally:
        os.close(terminal)
    return written.decode()


def test_a_terminal_has_one_line_that_is_redrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    monkeypatch.setenv("TERM", "xterm")
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with output.following() as say:
            for done in (10, 20, 30):
                say(progress(done, ended=done == 30))
            time.sleep(0.3)  # until the line is drawn, which is done by a thread
            output.remark("Reading everything")
    written = read_to_end(ours)
    assert "interviews: 30 of 100 opportunities read" in written
    assert "\r" in written
    assert re.search(r"\r\x1b\[2KReading everything\r\n", written)
    assert written.count("\n") <= 2


def test_elsewhere_there_is_a_line_each_half_minute_and_at_the_end_of_what_took_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log, clock = io.StringIO(), SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(sys, "stderr", log)
    monkeypatch.setattr(output, "time", SimpleNamespace(monotonic=lambda: clock.seconds))
    with output.following() as say:
        for second in range(1, 70):
            clock.seconds = float(second)
            say(progress(second, ended=second in {2, 40, 41}))
        say("Lever asked everybody with this key to wait; going on in 5 s")
    told = [line.split(" of ")[0] for line in log.getvalue().splitlines()]
    waits = "Lever asked everybody with this key to wait; going on in 5 s"
    assert told == ["interviews: 30", "interviews: 40", waits]
    assert "\r" not in log.getvalue()


@pytest.mark.parametrize(("terminal_kind", "lines"), [("xterm", 0), ("dumb", 1)])
def test_what_is_waited_for_is_told_on_a_terminal_when_it_takes_long_and_goes(
    monkeypatch: pytest.MonkeyPatch, terminal_kind: str, lines: int
) -> None:
    monkeypatch.setenv("TERM", terminal_kind)
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setattr(output, "_A_MOMENT", 30.0)
        with output.waiting("at once"):
            pass
        monkeypatch.setattr(output, "_A_MOMENT", 0.1)
        with output.waiting("telling Dagster"):
            time.sleep(1)
    written = read_to_end(ours)
    assert "at once" not in written
    assert written.count("telling Dagster …") == 1
    assert written.count("\n") == lines
    assert written.endswith("\r\x1b[2K") == (terminal_kind == "xterm")


def test_what_is_waited_for_is_not_told_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "_A_MOMENT", 0.01)
    with output.waiting("telling Dagster"):
        time.sleep(0.2)
    assert capsys.readouterr() == ("", "")

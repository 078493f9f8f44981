"""Where things go: results to standard output, progress and warnings to standard error."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any, TextIO

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from lever_assets.sync.progress import Progress

_EVERY = 30.0
"""Seconds between two lines of progress where no terminal can redraw one."""
_AT_AN_END = 5.0
"""So many seconds after a line the end of a step has one, too."""

_A_MOMENT = 1.0
"""So many seconds a command may hold the prompt without a word."""

Say = Callable[[object], None]


def as_json(result: Any) -> None:
    """Write one JSON object: a dataclass, or anything JSON has; instants as ISO 8601."""
    plain = asdict(result) if hasattr(result, "__dataclass_fields__") else result
    # Whole or not at all: half an object on standard output is worse than none.
    text = json.dumps(plain, indent=2, default=_plain, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # half an emoji, or a terminal of another world
        text = json.dumps(plain, indent=2, default=_plain)
    sys.stdout.write(f"{text}\n")


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def remark(text: str) -> None:
    """Write a line on what is going on; on a terminal above the one that `following` redraws."""
    sys.stderr.write(f"{text}\n")  # as it stands: whoever redraws a line has put something in its place


def warn(text: str) -> None:
    """Write a warning, one line."""
    sys.stderr.write(f"warning: {' '.join(text.split())}\n")


_ANY_WIDTH = 1_000_000


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table; numbers go to the right, None is left empty. In a pipe each row is one line."""
    found = [list(row) for row in rows]
    shown = Table(title=title, title_justify="left", title_style="bold", box=None, header_style="dim")
    for place, column in enumerate(columns):
        numbers = all(isinstance(row[place], int | float) or row[place] is None for row in found)
        shown.add_column(column, justify="right" if numbers and found else "left", overflow="fold")
    for row in found:
        shown.add_row(*(plain(value) for value in row))
    out = console(sys.stdout)
    if not sys.stdout.isatty():
        out.width = max(
            out.width, Measurement.get(out, out.options.update(max_width=_ANY_WIDTH), shown).maximum
        )
    out.print(shown)


def plain(value: object) -> str:
    """Return a value as a line has it; None is empty."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
    # What people have named in Lever may hold anything, a terminal's own commands too.
    return "".join(each if each.isprintable() else " " for each in str(value))


def console(stream: TextIO) -> Console:
    """Return a console on `stream` that takes texts as they are."""
    wide = None if stream.isatty() else 120
    return Console(file=stream, markup=False, highlight=False, emoji=False, width=wide)


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Say on a terminal what is waited for, once that takes longer than a moment; gone at the end.

    Elsewhere nothing is said.
    """
    if not sys.stderr.isatty():
        yield
        return
    ended = threading.Event()
    plainly = console(sys.stderr).is_dumb_terminal
    before, after = ("", "\n") if plainly else ("\x1b[2m", "\x1b[0m")

    def say() -> None:
        if not ended.wait(_A_MOMENT):
            sys.stderr.write(f"{before}{text} …{after}")
            sys.stderr.flush()
            if ended.wait() and not plainly:
                sys.stderr.write("\r\x1b[2K")
                sys.stderr.flush()

    saying = threading.Thread(target=say, daemon=True, name="waiting")
    saying.start()
    try:
        yield
    finally:
        ended.set()
        saying.join()


@contextmanager
def following() -> Iterator[Say]:
    """Yield a function that shows how far something is, on standard error.

    On a terminal by a line that is redrawn, else by one each half minute and at the end of what takes long.
    What it is given as a text is shown in any case.
    """
    shown = console(sys.stderr)
    if shown.is_terminal:
        with shown.status("…") as status:
            yield lambda progress: status.update(str(progress))
        return
    told = time.monotonic()

    def say(progress: object) -> None:
        nonlocal told
        at_an_end = isinstance(progress, Progress) and progress.ended
        every = _AT_AN_END if at_an_end else _EVERY
        if isinstance(progress, str) or time.monotonic() - told >= every:
            told = time.monotonic()
            sys.stderr.write(f"{progress}\n")

    yield say

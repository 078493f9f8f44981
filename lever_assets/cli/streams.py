"""Standard output and error as they are given: closed, a pipe that nobody reads on, or of few characters."""

import io
import os
import sys

_NOBODY_READS = 141
"""The exit code that a shell gives to a program that SIGPIPE has ended."""


def take_anything() -> None:
    """Have both streams take what they can't show, as `?`, and put something in the place of a closed one."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by who called
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - until the end
        elif isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")


def code_of(end: SystemExit | BrokenPipeError) -> int:
    """Return the exit code of a command that ended itself, or was ended as nobody reads what it writes."""
    # Those that write for us make an exit of it.
    if isinstance(end, BrokenPipeError) or isinstance(end.__context__, BrokenPipeError):
        return _NOBODY_READS
    return end.code if isinstance(end.code, int) else int(end.code is not None)


def flushed(code: int) -> int:
    """Write out what waits, and return the exit code; Python would say at its end that it can't."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
                os.dup2(nowhere.fileno(), stream.fileno())
            code = code or _NOBODY_READS
    return code

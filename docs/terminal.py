"""A command as a person sees it in a terminal: it is run in one, and what it wrote is drawn as an SVG."""

import io
import os
import pty
import re
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

COLUMNS = 112
_ROWS = 200
# A picture on a page fetches no font: with the viewer's own each line is stretched to its width.
_FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def written(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> str:
    """Run a command in a terminal of its own, and return what stands there in the end, colours included.

    Raises CalledProcessError if it fails.
    """
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (_ROWS, COLUMNS))
    told = {**env, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
    process = subprocess.Popen(command, cwd=folder, env=told, stdin=its, stdout=its, stderr=its)  # noqa: S603
    os.close(its)
    text = b"".join(iter(lambda: _read(ours), b"")).decode().replace("\r\n", "\n")
    os.close(ours)
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, command, text)
    return text


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # so Linux says that nobody has the terminal any more
        return b""


def drawn(text: str, title: str) -> str:
    """Return a terminal with this text as an SVG."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text, overflow="fold"))
    found = console.export_svg(title=title, code_format=_FORMAT, unique_id="terminal")
    return "\n".join(line.rstrip() for line in found.splitlines()) + "\n"

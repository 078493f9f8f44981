"""Where the UI of this data folder is, as `lever-assets ui` leaves it there while it runs.

With the address stands a word that opens that process alone, and dies with it: the UI's password goes to
nobody whom this file names. So it does no harm that a UI that was killed leaves it, and that its port may be
another's since.
"""

import json
import os
import re
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from lever_assets import private
from lever_assets.lever.paths import LOOPBACK

_FILE = "ui.json"
_LONGEST = 4096
_URL = re.compile(r"http://(?:\[([0-9a-f:]+)\]|([0-9a-z.]+)):([0-9]{1,5})")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,200}")
_PORTS = 65536


@dataclass(frozen=True)
class Found:
    """A UI that runs on this machine, or did: its address, and what its own process lets in."""

    url: str
    token: str = field(repr=False)


@contextmanager
def telling(folder: Path, url: str, token: str) -> Iterator[None]:
    """Leave an address on this machine in the data folder for the time of the block, if that can be.

    Of two UIs the one that came last is found.
    """
    if not _is_here(url):
        yield
        return
    mine = json.dumps({"url": url, "host": socket.gethostname(), "token": token}).encode()
    with suppress(OSError):
        private.replace(folder / _FILE, mine)
    try:
        yield
    finally:
        with suppress(OSError):
            if (folder / _FILE).read_bytes() == mine:
                (folder / _FILE).unlink()


def told(folder: Path) -> Found | None:
    """Return where the UI of a data folder is, or was; None: none left word.

    What is not this user's own, or can be read by others, counts for nothing, and neither does an address
    that is not on this machine.
    """
    try:
        kept = json.loads(_read(folder / _FILE))
        url, host, token = (kept[name] for name in ("url", "host", "token"))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if not (isinstance(url, str) and isinstance(token, str) and _TOKEN.fullmatch(token)):
        return None
    return Found(url, token) if host == socket.gethostname() and _is_here(url) else None


def _read(file: Path) -> bytes:
    """Return what is in a file that is private; raises OSError, ValueError for one that is not."""
    handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as opened:
        found = os.fstat(handle)
        is_private = found.st_uid == os.geteuid() and not found.st_mode & private.OTHERS
        if not (is_private and stat.S_ISREG(found.st_mode)):
            raise ValueError("it is not this user's alone")
        return opened.read(_LONGEST)


def _is_here(url: str) -> bool:
    found = _URL.fullmatch(url)
    return found is not None and (found[1] or found[2]) in LOOPBACK and int(found[3]) < _PORTS

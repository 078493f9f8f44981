"""Where the UI of this data folder is, as `lever-assets ui` leaves it there while it runs.

The address counts only as long as the process lives that wrote it: it holds a lock, which the system takes
from it when it ends, however it ends. So the UI's password goes to nobody who has taken its port since.
"""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from lever_assets import private

_FILE = "ui.json"
_LOCK = "ui.lock"


@contextmanager
def telling(folder: Path, url: str) -> Iterator[None]:
    """Leave an address in the data folder for the time of the block, unless another UI has, or none can."""
    lock = FileLock(folder / _LOCK, mode=private.FILE)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        yield
        return
    try:
        with suppress(OSError):
            told = {"url": url, "host": socket.gethostname()}
            private.replace(folder / _FILE, json.dumps(told).encode())
        yield
    finally:
        with suppress(OSError):
            (folder / _FILE).unlink(missing_ok=True)
        lock.release()


def told(folder: Path) -> str | None:
    """Return the address of the UI that runs on this machine with a data folder; None: none does."""
    if not (folder / _FILE).exists():
        return None
    lock = FileLock(folder / _LOCK, mode=private.FILE)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return _read(folder / _FILE)
    except OSError:
        return None
    lock.release()  # nobody had it: whoever wrote the address was killed
    return None


def _read(file: Path) -> str | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(file.read_bytes())
        if found["host"] == socket.gethostname():
            return str(found["url"])
    return None

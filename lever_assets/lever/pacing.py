"""The state of a limiter, in memory or in a file that several processes share."""

import logging
import struct
import threading
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from filelock import FileLock

from lever_assets import private

_log = logging.getLogger(__name__)

_FORMAT = struct.Struct("<8s4d")
_MARK = b"lvrpace1"
_POLL_SECONDS = 0.001
"""How often a lock that somebody has is tried: it is held for less."""


@dataclass(slots=True)
class Pace:
    """How far the allowance is given away. Instants are seconds of the limiter's clock.

    `due`: when the next request would leave if there were no bursts (GCRA's theoretical arrival time).
    `held_until`: until when a penalty holds everything back. `pushed`: the sum of all penalties' pushes so
    far, by which a waiter learns how much later its turn has become. `seen`: the last look at the clock.
    """

    due: float = 0.0
    held_until: float = 0.0
    pushed: float = 0.0
    seen: float = 0.0


class PaceStore:
    """Where a pace is kept: a `with` block has it for itself, and may change it.

    With a `path` it is a file of 40 bytes that all share who use it on this machine; without, it is this
    object's own. A file that can't be used is no reason to stop: the pace then is this object's own, too, and
    a warning says so.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._threads = threading.Lock()
        self._processes = FileLock(f"{path}.lock", mode=private.FILE, thread_local=False) if path else None
        self._pace = Pace()

    def __enter__(self) -> Pace:
        self._threads.acquire()
        try:
            self._take()
        except OSError as error:
            self._give_up(error)
        return self._pace

    def __exit__(self, *exc: object) -> None:
        try:
            self._give_back()
        except OSError as error:
            self._give_up(error)
        finally:
            self._threads.release()

    def _take(self) -> None:
        if self._path is None or self._processes is None:
            return
        private.make_folder(self._path.parent)
        self._processes.acquire(poll_interval=_POLL_SECONDS)
        found = self._path.read_bytes() if self._path.exists() else b""
        if len(found) >= _FORMAT.size:
            mark, *numbers = _FORMAT.unpack_from(found)
            if mark == _MARK and all(map(isfinite, numbers)):
                self._pace = Pace(*numbers)

    def _give_back(self) -> None:
        if self._path is None or self._processes is None:
            return
        pace = self._pace
        private.write(self._path, _FORMAT.pack(_MARK, pace.due, pace.held_until, pace.pushed, pace.seen))
        self._processes.release()

    def _give_up(self, error: OSError) -> None:
        _log.warning(
            "The rate limit is not shared with other processes: %s can't be used (%s).",
            self._path,
            error.strerror or error,
        )
        if self._processes is not None:
            self._processes.release(force=True)
        self._path = self._processes = None

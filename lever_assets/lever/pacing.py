"""The state of a limiter, in memory or in a file that several processes share."""

import logging
import os
import struct
import sys
import threading
from contextlib import AbstractContextManager, nullcontext
from math import isfinite
from pathlib import Path
from typing import Protocol

from filelock import FileLock

from lever_assets import private

if sys.platform != "win32":
    import fcntl

_log = logging.getLogger(__name__)


class Pace:
    """How far the allowance is given away. Instants are seconds of the limiter's clock.

    `due`: when the next request would leave if there were no bursts (GCRA's theoretical arrival time).
    `held_until`: until when a penalty holds everything back. `pushed`: the sum of all penalties' pushes so
    far, by which a waiter learns how much later its turn has become. `seen`: the last look at the clock.
    """

    __slots__ = ("due", "held_until", "pushed", "seen")

    def __init__(
        self, due: float = 0.0, held_until: float = 0.0, pushed: float = 0.0, seen: float = 0.0
    ) -> None:
        self.due = due
        self.held_until = held_until
        self.pushed = pushed
        self.seen = seen


class PaceStore(Protocol):
    """Where a `Pace` is kept: a `with` block has it for itself and may change it."""

    def __enter__(self) -> Pace: ...

    def __exit__(self, *exc: object) -> None: ...


class MemoryPace:
    """A pace of this process only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pace = Pace()

    def __enter__(self) -> Pace:
        self._lock.acquire()
        return self._pace

    def __exit__(self, *exc: object) -> None:
        self._lock.release()


class FilePace:
    """A pace in a file of 40 bytes, shared by all who open that file on this machine.

    Taking and giving it back costs about 5 µs with flock; `filelock`, which opens its file anew each time,
    takes 90 µs and serves where there is no flock. A file that can't be used is no reason to stop: the pace
    then is this process's own, and a warning says so.
    """

    _FORMAT = struct.Struct("<8s4d")
    _MARK = b"lvrpace1"

    def __init__(self, path: Path, *, flock: bool = sys.platform != "win32") -> None:
        self._path = path
        self._flock = flock
        self._threads = threading.Lock()
        self._between_processes: AbstractContextManager[object] = nullcontext()
        self._file: int | None = None
        self._broken = False
        self._pace = Pace()

    def __enter__(self) -> Pace:
        self._threads.acquire()
        if not self._broken:
            try:
                self._take()
            except OSError as error:
                self._give_up(error)
        return self._pace

    def __exit__(self, *exc: object) -> None:
        try:
            if not self._broken:
                self._give_back()
        except OSError as error:
            self._give_up(error)
        finally:
            self._threads.release()

    def __del__(self) -> None:
        self._close()

    def _take(self) -> None:
        file = self._open() if self._file is None else self._file
        self._between_processes.__enter__()
        if not os.fstat(file).st_nlink:  # somebody removed it: who comes now shares a new one
            self._close()
            file = self._open()
            self._between_processes.__enter__()
        os.lseek(file, 0, os.SEEK_SET)
        found = os.read(file, self._FORMAT.size)
        if len(found) == self._FORMAT.size:
            mark, *numbers = self._FORMAT.unpack(found)
            if mark == self._MARK and all(map(isfinite, numbers)):
                pace = self._pace
                pace.due, pace.held_until, pace.pushed, pace.seen = numbers

    def _give_back(self) -> None:
        if self._file is None:
            return
        pace = self._pace
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, self._FORMAT.pack(self._MARK, pace.due, pace.held_until, pace.pushed, pace.seen))
        self._between_processes.__exit__(None, None, None)

    def _open(self) -> int:
        private.make_folder(self._path.parent)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), private.FILE)
        self._between_processes = (
            _Flock(self._file)
            if self._flock
            else FileLock(f"{self._path}.lock", mode=private.FILE, thread_local=False)
        )
        return self._file

    def _give_up(self, error: OSError) -> None:
        self._broken = True
        self._close()
        _log.warning(
            "The rate limit is not shared with other processes: %s can't be used (%s).",
            self._path,
            error.strerror or error,
        )

    def _close(self) -> None:
        """Let go of the file, and with it of a lock that is held."""
        if isinstance(self._between_processes, FileLock):
            self._between_processes.release(force=True)
        if self._file is not None:
            os.close(self._file)
            self._file = None


class _Flock:
    """An exclusive lock on an open file. The kernel lifts it when its holder dies."""

    def __init__(self, file: int) -> None:
        self._file = file

    def __enter__(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *exc: object) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)

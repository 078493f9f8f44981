"""Taking what was erased off the disk as well: SQLite leaves it in free pages, and in its log.

What is erased is overwritten at once (`secure_delete`, see `store.py`), but when pages are put in order a
copy may stay behind. So the file is written anew. PostgreSQL sees to it by itself.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

_PATIENCE = 60.0
_STEPS = 10_000
"""SQLite's own, between two looks at the clock: a few milliseconds."""


def compact(file: Path, *, largest: int | None = None, seconds: float | None = None) -> bool:
    """Write a SQLite file anew, without what was deleted, and empty its log; False if that has to wait.

    That it must while others use it, while the disk has no room for a second copy, while it has more than
    `largest` bytes, and when it would take more than `seconds`.
    """
    if not file.is_file():
        return True
    if largest is not None and file.stat().st_size > largest:
        return False
    patience = _PATIENCE if seconds is None else min(seconds, _PATIENCE)
    try:
        with closing(sqlite3.connect(file, timeout=patience, isolation_level=None)) as conn:
            if seconds is not None:
                end = time.monotonic() + seconds
                conn.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
            conn.execute("VACUUM")
            busy, _, _ = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error:
        return False
    return not busy

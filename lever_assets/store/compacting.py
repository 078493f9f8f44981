"""Taking what was erased off the disk as well: SQLite leaves it in free pages, and in its log.

What is erased is overwritten at once (`secure_delete`, see `engine.py`), but when pages are put in order a
copy may stay behind. So the file is written anew. PostgreSQL sees to it by itself.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

_PATIENCE = 60.0


def compact(file: Path, *, largest: int | None = None) -> bool:
    """Write a SQLite file anew, without what was deleted, and empty its log; False if that has to wait.

    That it must while others use it, while the disk has no room for a second copy, or while it has more than
    `largest` bytes.
    """
    if not file.is_file():
        return True
    if largest is not None and file.stat().st_size > largest:
        return False
    try:
        with closing(sqlite3.connect(file, timeout=_PATIENCE, isolation_level=None)) as conn:
            conn.execute("VACUUM")
            busy, _, _ = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error:
        return False
    return not busy

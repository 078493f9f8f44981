"""What a process keeps of the database for a moment, so that it is not asked with each request."""

import threading
import time
from collections.abc import Callable

from lever_assets.store import StoreError


class Reloading:
    """Loads something when what is kept is too old. Safe to use from several threads: one of them loads.

    Who waited meanwhile has what that one found, also if it was an error: else each of them would wait for a
    database that is locked, one after the other.
    """

    def __init__(self, load: Callable[[], None]) -> None:
        self._load = load
        self._loaded = float("-inf")
        self._failed = float("-inf")
        self._error: StoreError | None = None
        self._loading = threading.Lock()

    def within(self, seconds: float) -> None:
        """Load, unless that was done within so many seconds; raises StoreError."""
        asked = time.monotonic()
        with self._loading:
            if self._error is not None and self._failed >= asked:
                raise self._error
            began = time.monotonic()
            if began - self._loaded < seconds:
                return
            try:
                self._load()
            except StoreError as error:
                self._error, self._failed = error, time.monotonic()
                raise
            self._loaded = began

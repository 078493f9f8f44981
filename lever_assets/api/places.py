"""The places for actions: so many of one integration are under way at once, in all processes together."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from lever_assets.api.connection import Connection
from lever_assets.api.errors import ApiError, Code
from lever_assets.store import Store, ledger

_CLAIMS_LAST = timedelta(hours=1)
"""An action that is at work moves on its row in the ledger more often than that."""


@dataclass(frozen=True)
class Place:
    """A place among the actions of a connection: how many there are, and how many are free still.

    `note` is told the action's row in the ledger.
    """

    limit: int
    free: int
    note: Callable[[str], None]

    @property
    def headers(self) -> dict[str, str]:
        """What callers are told of it."""
        return _headers(self.limit, self.free)


class Places:
    """Who is at work here, by connection. Safe to use from several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._taken: Counter[str] = Counter()
        self._rows: dict[str, set[str]] = defaultdict(set)
        self._lock = threading.Lock()

    @contextmanager
    def take(self, connection: Connection) -> Iterator[Place]:
        """Take a place for the time of the block; raises ApiError where none is free, StoreError.

        What other processes are at work on counts as the ledger has it, so that two that begin at the same
        moment may both find the last place.
        """
        name, limit = connection.name, connection.settings.api_concurrency
        with self._store.reading(name) as tx:
            claimed = ledger.at_work(tx, since=tx.instant - _CLAIMS_LAST)
        with self._lock:
            free = limit - self._taken[name] - len(claimed - self._rows[name])
            if free <= 0:
                raise ApiError(
                    Code.CONCURRENCY,
                    f"As many as {limit} actions of this integration are under way: ask again in a moment.",
                    headers={"Retry-After": "1", **_headers(limit, 0)},
                )
            self._taken[name] += 1
        mine: set[str] = set()

        def note(row: str) -> None:
            with self._lock:
                mine.add(row)
                self._rows[name].add(row)

        try:
            yield Place(limit, free - 1, note)
        finally:
            with self._lock:
                self._taken[name] -= 1
                self._rows[name] -= mine


def _headers(limit: int, free: int) -> dict[str, str]:
    return {"Concurrency-Limit": str(limit), "Concurrency-Remaining": str(free)}

"""When files of SQLite's are written anew, so that no copy of what was erased is left in them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lever_assets.store import Store
from lever_assets.store.checkpoints import Checkpoint, Instant
from lever_assets.store.transaction import Transaction, now
from lever_assets.sync.session import Session

_SELDOM = timedelta(hours=20)
_PAUSE = timedelta(minutes=10)
"""Between two tries by day: one that fails may have copied the whole file before."""
_SMALL = 256_000_000
"""Bytes that are written anew in a second or two, whenever there is need to; larger files once a day."""


@dataclass(frozen=True)
class Files:
    """Some files, by what is kept of them.

    When something in them was `erased` last, when they were `compacted`, when that was `tried` in vain.
    """

    erased: Checkpoint[datetime]
    compacted: Checkpoint[datetime]
    tried: Checkpoint[datetime]

    @classmethod
    def known_as(cls, erased: str, compacted: str, tried: str) -> "Files":
        """Return files by the kinds of their checkpoints."""
        return cls(*(Checkpoint[datetime](each, Instant) for each in (erased, compacted, tried)))

    def note(self, tx: Transaction) -> None:
        """Keep that something is erased in them now."""
        self.erased.keep(tx, now())  # not when the transaction began: what was kept since may hold it, too

    def erased_at(self, tx: Transaction) -> datetime | None:
        """Return when something in them was erased last (UTC); None: never."""
        return self.erased.read(tx)

    def are_due(self, tx: Transaction) -> bool:
        """Tell whether something in them was erased since they were compacted."""
        erased, done = self.erased_at(tx), self.compacted.read(tx)
        return erased is not None and (done is None or done < erased)


TABLES = Files.known_as("erased", "compacted", "compaction_tried")
"""The database of the tables."""


def compact_if_due(session: Session, *, by_day: bool = False, seconds: float | None = None) -> bool:
    """Compact the database if something was erased since the last time; False if that has to wait.

    So it has, `by_day`, for files that are large, or that it could not be done for a short while ago; always
    for what would take more than `seconds`.
    """

    def compact(largest: int | None) -> bool:
        return session.store.compact(largest=largest, seconds=seconds)

    return see_to(session.store, session.name, TABLES, compact, by_day=by_day)


def see_to(
    store: Store, account: str, files: Files, compact: Callable[[int | None], bool], *, by_day: bool
) -> bool:
    """As `compact_if_due`, of other files; `compact` is given how large they may be."""
    moment = now()
    with store.reading(account) as tx:
        if not files.are_due(tx):
            return True
        done, tried = files.compacted.read(tx), files.tried.read(tx)
    if by_day and tried is not None and moment - tried < _PAUSE:
        return False
    lately = done is not None and moment - done < _SELDOM
    compacted = compact(_SMALL if by_day or lately else None)
    with store.writing(account) as tx:
        (files.compacted if compacted else files.tried).keep(tx, moment)
    return compacted

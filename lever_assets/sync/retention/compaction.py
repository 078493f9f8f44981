"""When files of SQLite's are written anew, so that no copy of what was erased is left in them."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from lever_assets.store import Store
from lever_assets.store.erased_files import TABLES, Files
from lever_assets.store.transaction import NOBODY, now
from lever_assets.sync.session import Session

_SELDOM = timedelta(hours=20)
_PAUSE = timedelta(minutes=10)
"""Between two tries by day: one that fails may have copied the whole file before."""
_SMALL = 256_000_000
"""Bytes that are written anew in a second or two, whenever there is need to; larger files once a day."""


def compact_if_due(session: Session, *, by_day: bool = False, seconds: float | None = None) -> bool:
    """Compact the database if something was erased since the last time; False if that has to wait.

    So it is, too, if it was erased with a connection that is there no more. It has to wait, `by_day`, for
    files that are large, or that it could not be done for a short while ago; always for what would take more
    than `seconds`.
    """

    def compact(largest: int | None) -> bool:
        return session.store.compact(largest=largest, seconds=seconds)

    return _see_to(session.store, (session.name, NOBODY), TABLES, compact, by_day=by_day)


def see_to(
    store: Store, account: str, files: Files, compact: Callable[[int | None], bool], *, by_day: bool
) -> bool:
    """As `compact_if_due`, of other files; `compact` is given how large they may be."""
    return _see_to(store, (account,), files, compact, by_day=by_day)


def _see_to(
    store: Store, owners: Sequence[str], files: Files, compact: Callable[[int | None], bool], *, by_day: bool
) -> bool:
    moment = now()
    with store.reading(owners[0]) as tx:
        theirs = [tx.of(each) for each in owners]
        due = [each for each in theirs if files.are_due(each)]
        if not due:
            return True
        done = max(filter(None, map(files.compacted.read, theirs)), default=None)
        tried = max(filter(None, map(files.tried.read, due)), default=None)
    if by_day and tried is not None and moment - tried < _PAUSE:
        return False
    lately = done is not None and moment - done < _SELDOM
    compacted = compact(_SMALL if by_day or lately else None)
    with store.writing(owners[0]) as tx:
        for each in due:
            (files.compacted if compacted else files.tried).keep(tx.of(each.account), moment)
    return compacted

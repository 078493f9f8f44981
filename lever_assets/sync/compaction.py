"""When the database's file is written anew, so that no copy of what was erased is left in it."""

from datetime import timedelta

from lever_assets.store import get_state, instant, put_state
from lever_assets.sync.forgetting import erased_at
from lever_assets.sync.session import Session, now

_MARK = "compacted"
_SELDOM = timedelta(hours=20)
_SMALL = 256_000_000
"""Bytes that are written anew in a second or two, whenever there is need to; larger files once a day."""


def compact_if_due(session: Session) -> bool:
    """Compact the database if something was erased since the last time; False if that has to wait."""
    with session.store.reading() as conn:
        erased, done = erased_at(conn, session.name), instant(get_state(conn, session.name, _MARK))
    moment = now()
    if erased is None or (done is not None and done >= erased):
        return True
    lately = done is not None and moment - done < _SELDOM
    if not session.store.compact(largest=_SMALL if lately else None):
        return False
    with session.store.writing() as conn:
        put_state(conn, session.name, _MARK, moment.isoformat())
    return True

"""What follows whatever changes the tables: the marts are brought up to them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from lever_assets.insight.standing import is_behind, keeps_marts
from lever_assets.lever import LeverError
from lever_assets.store import BusyError
from lever_assets.store.marts import Replaced
from lever_assets.sync.session import Session

_LOCK_SECONDS = 30.0


def bring_up_marts(
    session: Session, *, rebuild: bool = False, wait: float = _LOCK_SECONDS
) -> dict[str, Replaced]:
    """Bring the marts up to the tables, after these changed; return what was replaced, by mart.

    Nothing where no table has changed, unless everything is to be counted anew (`rebuild`). A sync that
    is under way is waited for, so many seconds; else it sees to the marts at its end.
    """
    with session.reading() as tx:
        if not (rebuild or is_behind(tx, keeps_marts(session.settings))):
            return {}
    from lever_assets.insight.keeping import keep_up  # noqa: PLC0415 - with pandas, which takes half a second

    with suppress(BusyError), session.alone(wait):
        return keep_up(session, rebuild=rebuild)
    return {}


@contextmanager
def marts_all_the_same(session: Session) -> Iterator[None]:
    """Bring the marts up also where Lever keeps the block, a sync, from reading a list, and let it fail then.

    The other lists are in the tables by then: one that fails for weeks would else hold up all figures.
    """
    try:
        yield
    except LeverError:
        bring_up_marts(session)
        raise

"""What follows whatever changes the tables: the marts are brought up to them."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from lever_assets.insight.answers import is_due, see_to_answers, why_awaited
from lever_assets.insight.standing import is_behind, keeps_marts
from lever_assets.lever import LeverError
from lever_assets.store import BusyError
from lever_assets.store.marts import Replaced
from lever_assets.sync.failing import expected, sentence
from lever_assets.sync.session import Scope, Session
from lever_assets.unified.marts import EEO

_LOCK_SECONDS = 30.0
_PUT_OFF = (
    "EEO answers were not counted, as another sync has begun: the next full sync or reconcile counts them."
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finished:
    """What followed a sync: what was `replaced`, by mart, and sentences on what was not done.

    A mart of tables that is not named stands as it did; that of EEO answers was not counted then. `requests`
    went to Lever for these.
    """

    replaced: Mapping[str, Replaced]
    warnings: tuple[str, ...] = ()
    requests: int = 0

    def warning_of(self, doubt: str | None) -> "Finished":
        """Return the same with one sentence more, if there is one."""
        return self if doubt is None else replace(self, warnings=(*self.warnings, doubt))


def finish_sync(session: Session, scope: Scope, *, answers: bool = True) -> Finished:
    """Bring the marts up after a sync, that of EEO answers included where the settings want it.

    Lever is asked for these where the sync was over the whole account; not at all without `answers`. Raises
    StoreError, NotConnectedError, SwitchedOffError.
    """
    finished = _brought_up(session)
    if not answers:
        return finished
    if not is_due(session, scope):
        return finished.warning_of(why_awaited(session))
    try:
        with session.alone(_LOCK_SECONDS):
            answered = see_to_answers(session)
    except BusyError:
        return finished.warning_of(_PUT_OFF if session.settings.counts_eeo else None)
    finished = replace(finished, requests=answered.requests)
    if answered.replaced is not None:
        finished = replace(finished, replaced={**finished.replaced, EEO.name: answered.replaced})
    return finished.warning_of(answered.warning)


def bring_up_marts(
    session: Session, *, rebuild: bool = False, wait: float = _LOCK_SECONDS
) -> Mapping[str, Replaced]:
    """Bring the marts up to the tables, after these changed; return what was replaced, by mart.

    Nothing where no table has changed, unless everything is to be counted anew (`rebuild`). A sync that
    is under way is waited for, so many seconds; else it sees to the marts at its end. Raises StoreError.
    Whatever else goes wrong is logged as a warning: the tables are right all the same, and the next time the
    marts are tried again.
    """
    finished = _brought_up(session, rebuild=rebuild, wait=wait)
    for each in finished.warnings:
        _log.warning(each)
    return finished.replaced


def _brought_up(session: Session, *, rebuild: bool = False, wait: float = _LOCK_SECONDS) -> Finished:
    with session.reading() as tx:
        if not (rebuild or is_behind(tx, keeps_marts(session.settings))):
            return Finished({})
    from lever_assets.insight.keeping import keep_up  # noqa: PLC0415 - with pandas, which takes half a second

    with suppress(BusyError), session.alone(wait):
        try:
            return Finished(keep_up(session, rebuild=rebuild))
        except Exception as error:
            if expected(error) is not None:
                raise
            return Finished({}, (f"The marts of {session.name} stand as they did, as {sentence(error)}.",))
    return Finished({})


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

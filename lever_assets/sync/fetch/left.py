"""What is still to be read of the history below records, and until when."""

from datetime import timedelta

from lever_assets.lever.resources import APPLICATIONS, Child
from lever_assets.settings import OffersOf, Settings
from lever_assets.store.children import HISTORY, Due, Place, count_due, due_parents, is_history_left
from lever_assets.store.transaction import Transaction
from lever_assets.sync.fetch import offering
from lever_assets.sync.reports import Left
from lever_assets.sync.windows import Bounds

_AT_ONCE = 2
"""The histories of interviews and of offers are read side by side, each with half of the allowance."""


def left_below(tx: Transaction, settings: Settings, resource: Child) -> Left | None:
    """Return what is left of a resource's history; None: nothing. Goes through the parents that are left."""
    if not is_history_left(tx, resource.name):
        return None
    history = HISTORY.read(tx, resource.name)
    place = None if history is None else history.place
    wanted = _history_below(tx, resource)
    parents = count_due(tx, wanted, after=place)
    if not parents:
        return None
    requests = requests_for(tx, settings, resource, wanted, after=place)
    rate = (history and history.rate) or settings.rate_limit / _AT_ONCE
    seconds = requests / rate if rate else None
    until = None if seconds is None else tx.instant + timedelta(seconds=seconds)
    return Left(resource.name, resource.parent, parents, requests, until, seconds)


def is_left(tx: Transaction, resource: Child) -> bool:
    """Tell whether some of a resource's history is left, by looking for the next parent."""
    if not is_history_left(tx, resource.name):
        return False
    history = HISTORY.read(tx, resource.name)
    place = None if history is None else history.place
    return bool(due_parents(tx, _history_below(tx, resource), limit=1, after=place))


def _history_below(tx: Transaction, resource: Child) -> Due:
    return Due(resource.parent, resource.name, at=tx.instant, history=True)


def is_left_within(tx: Transaction, resource: Child, bounds: Bounds) -> bool:
    """Tell whether some of a resource's history is left below parents whose last change these bounds hold."""
    if not is_history_left(tx, resource.name):
        return False
    wanted = Due(resource.parent, resource.name, bounds.lower, bounds.upper, at=tx.instant, history=True)
    return bool(due_parents(tx, wanted, limit=1, after=None))


def requests_for(
    tx: Transaction, settings: Settings, resource: Child, wanted: Due, *, after: Place | None = None
) -> int:
    """Return about how many requests it takes to read what is due: offers are not asked of everybody."""
    some = resource.name == offering.OFFERS and settings.offers is not OffersOf.ALL
    return count_due(tx, wanted, after=after, having=APPLICATIONS.name if some else None)

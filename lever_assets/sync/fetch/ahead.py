"""How many requests a sync has still to make, told before they are made: so it can say how long it takes.

By counts of what is stored, as the reading itself makes them. A delta counts only what follows its changes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lever_assets.lever.client import PAGE_SIZE
from lever_assets.lever.resources import BY_NAME, Child, ReadWhole
from lever_assets.policy.people import limit_of
from lever_assets.settings import OffersOf, Settings
from lever_assets.store.children import HISTORY, Due, is_unknown
from lever_assets.store.left_out import Limit
from lever_assets.store.reads import raw_count
from lever_assets.store.transaction import Transaction, now
from lever_assets.sync.checkpoints import WATERMARK, RunSoFar
from lever_assets.sync.fetch.children import is_by_parts, wanted_by, watched_by
from lever_assets.sync.fetch.left import requests_for
from lever_assets.sync.fetch.offering import OFFERS
from lever_assets.sync.progress import Known
from lever_assets.sync.session import Scope, Session


@dataclass(frozen=True)
class Ahead:
    """The requests below records, by resource, for each of its readings in turn: what changed, then the rest.

    `history`: the last reading of some is of the history; `known`: how well the number is known.
    """

    readings: Mapping[str, tuple[int, ...]]
    history: bool
    known: Known


def reads_whole_lists(scope: Scope) -> bool:
    """Tell whether lists are read to their end: where only a part is read, nobody knows how large that is."""
    return scope == Scope() or scope.reconcile


def pages_ahead(tx: Transaction, lists: Iterable[str]) -> dict[str, int | None]:
    """Return about how many requests each whole list takes, by what the last sync left; None: nobody knows.

    Nobody does before a list was read to its end.
    """
    return {name: _pages(tx, name) for name in lists}


def sure_below(settings: Settings, pages: Mapping[str, int | None], below: Iterable[str]) -> dict[str, int]:
    """Return how many requests each record of a list, which was never read, is sure to take below it.

    None where settings may leave it out, and none for offers unless everybody is asked for them.
    """
    found: Counter[str] = Counter()
    for name in below:
        match BY_NAME[name]:
            case Child(parent=parent) if pages.get(parent, 1) is None and _is_sure(settings, name, parent):
                found[parent] += 1
    return dict(found)


def _is_sure(settings: Settings, name: str, parent: str) -> bool:
    if name == OFFERS and settings.offers is not OffersOf.ALL:
        return False
    return limit_of(settings, BY_NAME[parent], now()) == Limit()


def _pages(tx: Transaction, name: str) -> int | None:
    if not isinstance(BY_NAME[name], ReadWhole) and WATERMARK.read(tx, name) is None:
        return None
    return raw_count(tx, name).live // PAGE_SIZE + 1


def below_ahead(
    tx: Transaction, session: Session, below: Iterable[str], scope: Scope, so_far: RunSoFar
) -> Ahead:
    """Return the requests that `land_below` and what follows it make for these resources, as things stand."""
    children = [each for name in below if isinstance(each := BY_NAME[name], Child)]
    found = [_below(tx, session, each, scope, so_far) for each in children]
    readings = {child.name: each for child, (each, _, _) in zip(children, found, strict=True)}
    known = Known.ABOUT if scope.reconcile else Known.EXACTLY
    if not all(is_counted for _, _, is_counted in found):
        known = Known.AT_LEAST
    return Ahead(readings, any(has_history for _, has_history, _ in found), known)


def _below(
    tx: Transaction, session: Session, resource: Child, scope: Scope, so_far: RunSoFar
) -> tuple[tuple[int, ...], bool, bool]:
    """Return the requests of each reading, whether there is history, and whether that is counted."""
    changed_only = scope.is_of_changes or is_by_parts(tx, session, resource, scope)
    wanted = wanted_by(session, resource, scope, None if changed_only else so_far.started_at)
    if not changed_only:
        return (requests_for(tx, session.settings, resource, wanted),), False, True
    history, afresh = HISTORY.read(tx, resource.name), is_unknown(tx, resource.name)
    changed = 0 if afresh else requests_for(tx, session.settings, resource, wanted)
    again = _longest_unread(tx, session, resource) if scope.reconcile else ()
    if scope.is_of_changes and not afresh and history is not None:
        return (changed, *again), True, False
    if scope.is_of_changes and not afresh:
        return (changed, *again, len(watched_by(tx, session, resource))), False, True
    place = None if history is None or afresh else history.place
    unread = Due(resource.parent, resource.name, at=tx.instant, history=True)
    rest = requests_for(tx, session.settings, resource, unread, after=place)
    return (changed, *again, rest), True, True


def _longest_unread(tx: Transaction, session: Session, resource: Child) -> tuple[int, ...]:
    return (min(session.settings.reconcile_budget, raw_count(tx, resource.parent).live),)

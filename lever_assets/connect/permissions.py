"""What is kept of the permissions of a connection: where Lever let it in last, and where it refuses.

A permission is told by Lever's name for it, and kept by what needs it (a place, such as
`GET /opportunities/:id/offers`): some keys may list the postings and not read their forms.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lever_assets.lever import PermissionMissingError
from lever_assets.lever.access import Access, Place
from lever_assets.store.checkpoints import Checkpoint, Instant
from lever_assets.store.transaction import Transaction

FRESH = timedelta(minutes=50)
"""What was seen so long ago is looked at again: what is taken away shows within an hour."""
_KEPT_EVERY = timedelta(minutes=10)
"""How exactly it is kept when a place answered last: an idle account is not written to all the time."""
_BELIEVED = timedelta(days=7)
"""So long a refused write counts: nobody can try whether it is still refused."""


@dataclass(frozen=True)
class Known:
    """What is known of one place; instants are UTC.

    `seen_at`: it answered last. `refused_since`: it has refused since then, with `told`, an error's sentence;
    `refused_at` the last time. `asked_at`: it was looked at last, whatever came of it.
    """

    permission: str
    seen_at: Instant | None = None
    refused_since: Instant | None = None
    refused_at: Instant | None = None
    told: str = ""
    asked_at: Instant | None = None

    def is_fresh(self, at: datetime) -> bool:
        """Tell whether it need not be looked at again."""
        last = max(filter(None, (self.seen_at, self.refused_at, self.asked_at)), default=None)
        return last is not None and at - last < FRESH


PERMISSIONS = Checkpoint[Known]("permission", Known)
"""By place."""


@dataclass(frozen=True)
class Missing:
    """A permission by Lever's name that is refused since an instant (UTC); `places` are what needs it.

    `taken_away`: it was there before. `told` is the sentence of the first refusal.
    """

    permission: str
    since: datetime
    places: tuple[str, ...]
    taken_away: bool
    told: str


def missing(known: Mapping[str, Known], at: datetime) -> tuple[Missing, ...]:
    """Return the permissions that are missing, by name, as far as that is known at an instant."""
    by_name: dict[str, list[tuple[str, Known]]] = defaultdict(list)
    for name, each in sorted(known.items()):
        if each.refused_at is None or (_writes(name) and at - each.refused_at > _BELIEVED):
            continue
        by_name[each.permission].append((name, each))
    return tuple(_missing(permission, found) for permission, found in sorted(by_name.items()))


def _missing(permission: str, found: list[tuple[str, Known]]) -> Missing:
    gone = [each for _, each in found if each.seen_at is not None]
    _, first = min(found, key=lambda each: str(each[1].refused_since))
    return Missing(
        permission,
        min(filter(None, (each.refused_since for _, each in found))),
        tuple(name for name, _ in found),
        bool(gone),
        (gone[0] if gone else first).told,
    )


def _writes(name: str) -> bool:
    return Place(name, "").writes


def heard(known: Mapping[str, Known], access: Access, at: datetime) -> dict[str, Known]:
    """Return what is to be kept anew, by place, after a client has heard Lever's answers."""
    return {**dict(_answered(known, access, at)), **dict(_refused(known, access, at))}


def _answered(known: Mapping[str, Known], access: Access, at: datetime) -> Iterator[tuple[str, Known]]:
    for place in access.answered:
        before = known.get(place.name)
        seen_at = None if before is None or before.refused_at is not None else before.seen_at
        if seen_at is None or at - seen_at > _KEPT_EVERY:
            yield place.name, Known(place.permission, seen_at=at)


def _refused(known: Mapping[str, Known], access: Access, at: datetime) -> Iterator[tuple[str, Known]]:
    for place, error in access.refused:
        before = known.get(place.name)
        if before is None or before.refused_at is None or at - before.refused_at > _KEPT_EVERY:
            yield place.name, refusal(before, error, at)


def refusal(before: Known | None, error: PermissionMissingError, at: datetime) -> Known:
    """Return what is known of a place that has refused."""
    known = before or Known(error.scope)
    return replace(
        known,
        permission=error.scope,
        refused_since=known.refused_since or at,
        refused_at=at,
        told=str(error),
    )


def note_refused(tx: Transaction, place: Place, error: PermissionMissingError) -> None:
    """Keep that a place refuses, of which a client's answers do not tell by themselves."""
    PERMISSIONS.keep(tx, refusal(PERMISSIONS.read(tx, place.name), error, tx.instant), place.name)


def note_seen(tx: Transaction, place: Place) -> None:
    """Keep that a place's records came without its being asked."""
    PERMISSIONS.keep(tx, Known(place.permission, seen_at=tx.instant), place.name)


def note_asked(tx: Transaction, place: Place) -> None:
    """Keep that a place was looked at in vain, so that it is left alone for a while."""
    known = PERMISSIONS.read(tx, place.name) or Known(place.permission)
    PERMISSIONS.keep(tx, replace(known, asked_at=tx.instant), place.name)


def forgive(tx: Transaction) -> None:
    """Forget what was refused, of another key or token: all of it is looked at again."""
    known = PERMISSIONS.every(tx)
    anew = {
        name: replace(each, refused_since=None, refused_at=None, told="", asked_at=None)
        for name, each in known.items()
        if each.refused_at is not None
    }
    if anew:
        PERMISSIONS.keep_each(tx, anew)

"""Whether the permissions that a sync needs are still there, though nothing changes in Lever.

What a run or a poll asks for tells by itself. The rest, such as the offers of an account in which nothing
happens, is asked for with a request each, at most once an hour.
"""

import asyncio
from collections.abc import Iterator, Sequence

from lever_assets.connect.permissions import note_asked, note_refused
from lever_assets.lever import LeverClient, LeverError, PermissionMissingError
from lever_assets.lever.access import place_of
from lever_assets.lever.resources import RESOURCES, Below, Resource
from lever_assets.store import raw
from lever_assets.store.children import read_well
from lever_assets.store.transaction import Transaction
from lever_assets.sync.checkpoints import READING, Reading
from lever_assets.sync.fetch.asking import concerns_all
from lever_assets.sync.session import Heard, Session

_AT_ONCE = 3
"""So many resources are looked at in a call: a tick takes no longer for it."""
_PARENTS = 3
"""One record may be hidden from the key for reasons of its own; so many are not."""
_REFUSED = 403


def unseen(session: Session, known: Heard) -> list[Resource]:
    """Return the resources that are to be looked at, as what is `known` of the permissions is old."""
    seen = {name for name, each in known.permissions.items() if each.is_fresh(known.at)}
    wanted = (each for each in RESOURCES if session.exclusion.needs(each.name))
    return [each for each in wanted if place_of(each.path).name not in seen][:_AT_ONCE]


async def look_at_permissions(lever: LeverClient, session: Session, due: Sequence[Resource]) -> list[str]:
    """Look at what was not seen for an hour (`due`, by `unseen`), with an open client; nine requests at most.

    What comes of it is kept (`connect/permissions.py`). Returns the resources that are there again after they
    were refused: the next sync reads them. Raises LeverError where Lever can't be asked at all, StoreError.
    """
    if due:  # whatever comes of it, they are not looked at again for a while
        await asyncio.to_thread(_note_asked, session, due)
    return [each.name for each in due if await _is_back(lever, session, each)]


def _note_asked(session: Session, due: Sequence[Resource]) -> None:
    with session.writing() as tx:
        for each in due:
            note_asked(tx, place_of(each.path))


def _note_refused(session: Session, resource: Resource, refusal: PermissionMissingError) -> None:
    with session.writing() as tx:
        note_refused(tx, place_of(resource.path), refusal)


async def _is_back(lever: LeverClient, session: Session, resource: Resource) -> bool:
    """Ask for a resource; tell whether it is there and was refused when it was read last."""
    with session.reading() as tx:
        was_refused = (READING.read(tx, resource.name) or Reading()).status == _REFUSED
        paths = list(_paths(tx, resource))
    refusal: PermissionMissingError | None = None
    for path in paths:
        try:
            await lever.get(path, {"limit": 1})
        except PermissionMissingError as error:
            refusal = error
        except LeverError as error:
            if concerns_all(error):
                raise
        else:
            return was_refused  # that it answered, the session keeps
    if refusal is not None:
        await asyncio.to_thread(_note_refused, session, resource, refusal)
    return False


def _paths(tx: Transaction, resource: Resource) -> Iterator[str]:
    """Yield where to ask for one record of a resource; below which others, if it is asked for below them."""
    if not isinstance(resource, Below):
        yield resource.path
        return
    parents = [each for each, _ in read_well(tx, resource.parent, resource.name, but=(), limit=_PARENTS)]
    for parent in parents or raw.latest(tx, resource.parent, _PARENTS):
        yield resource.below(parent)

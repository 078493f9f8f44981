"""Single records, and what may be made of one answer: nothing is deleted on a single word.

A record that Lever says it does not have is gone when a second witness says so: the list of deletions, an
event of Lever's, or the same answer once more when some minutes have passed. Until then it stays, and stays
due (`store/due.py`): the next sync of its resource asks again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from lever_assets.lever import (
    JsonObject,
    LeverClient,
    LeverError,
    NotFoundError,
    Params,
)
from lever_assets.lever.faults import of_shape
from lever_assets.store import due, raw
from lever_assets.store.content import clean
from lever_assets.sync.deletions import LONGEST_SPAN, holds, read_page
from lever_assets.sync.gone import mark_gone
from lever_assets.sync.resources import Resource
from lever_assets.sync.session import Session, now
from lever_assets.sync.windows import Bounds

MISSING = "Lever answered that it has no such record; it is asked once more before the record counts as gone"
_PROBED = 3
_MOST_PAGES = 20
"""So far a list of deletions is looked through for a second witness: 2000 deletions."""


async def read_single(
    lever: LeverClient, resource: Resource, remote_id: str, params: Params
) -> JsonObject | None:
    """Return one record; None if Lever answers that it has none. Raises as `ask_single`."""
    try:
        return await ask_single(lever, resource, remote_id, params)
    except NotFoundError:
        return None


async def ask_single(
    lever: LeverClient, resource: Resource, remote_id: str, params: Params | None = None
) -> JsonObject:
    """Return one record; parameters that Lever refuses are left out.

    Raises MalformedError for what is not this record, NotFoundError, and any other LeverError.
    """
    path = resource.at(remote_id)
    found = await lever.get(path, params, optional=tuple(params or ()))
    if not isinstance(found, dict):
        raise of_shape("a single record is no object", "GET", path)
    if clean(str(found.get(resource.id_field))) != clean(remote_id):
        raise of_shape("it is another record than the one that was asked for", "GET", path)
    return found


def ensure_of(parent: str, children: Sequence[JsonObject], path: str) -> None:
    """Raise MalformedError when a list below an opportunity has a record that names another one."""
    for each in children:
        named = each.get("opportunityId")
        if isinstance(named, str) and clean(named) != clean(parent):
            raise of_shape("it has records of another one than was asked for", "GET", path)


async def ask_inside(lever: LeverClient, embedded: Resource, record: JsonObject) -> list[JsonObject]:
    """Return what Lever did not bring along inside a record.

    Raises MalformedError when the record names what its list lacks, and LeverError.
    """
    path = embedded.below(str(record.get("id")))
    found = await lever.list_all(path)
    ensure_of(str(record.get("id")), found, path)
    listed = record.get(embedded.name)
    named = {each for each in listed if isinstance(each, str)} if isinstance(listed, list) else set()
    if not named <= {str(each.get(embedded.id_field)) for each in found}:
        raise of_shape(f"the record names {embedded.name} that its list of them lacks", "GET", path)
    return found


async def reads_any(lever: LeverClient, resource: Resource) -> bool:
    """Tell whether any record of a resource can be read: it tells an outage from a record that can't be."""
    try:
        async for page in lever.pages(resource.path, {"limit": _PROBED}):
            ids = [str(each[resource.id_field]) for each in page.records if each.get(resource.id_field)]
            return not ids or any([await _reads(lever, resource, each) for each in ids])
    except LeverError:
        return False
    return True


async def _reads(lever: LeverClient, resource: Resource, remote_id: str) -> bool:
    try:
        return await read_single(lever, resource, remote_id, {}) is not None
    except LeverError:
        return False


@dataclass(frozen=True)
class Verdict:
    """What is known of records that Lever says it does not have: `gone`, or in `doubt`.

    `lost` are those that are gone and were not before, `new` those in doubt that were not before.
    """

    gone: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    doubt: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()

    def keep(self, conn: Connection, session: Session, resource: Resource, *, version: int) -> int:
        """Mark what is gone, and keep what is in doubt as due; return how many records were live."""
        reasons = dict.fromkeys(self.new, MISSING)
        due.put_off(conn, session.name, resource.table, resource.name, reasons, now=now())
        return mark_gone(conn, session.name, resource, self.lost, version=version)


NOTHING_MISSING = Verdict()


async def judge(
    lever: LeverClient,
    session: Session,
    resource: Resource,
    missing: Collection[str],
    *,
    announced: Collection[str] = (),
) -> Verdict:
    """Say which of these records, for which Lever answered 404 just now, are gone.

    What is not stored as live can't be lost, and counts as gone. `announced`: what an event of Lever's said
    was deleted. For the others the list of deletions is asked.
    """
    if not missing:
        return NOTHING_MISSING
    name, moment = session.name, now()
    with session.store.reading() as conn:
        stored = {
            row.remote_id: row for row in raw.read(conn, name, resource.name, missing) if not row.deleted
        }
        waiting = due.known(conn, name, resource.table, resource.name, stored)
    twice = {each for each, failed in waiting.items() if failed.reason == MISSING and failed.due_at <= moment}
    gone = twice | (stored.keys() & set(announced))
    gone |= await _listed_as_deleted(
        lever, resource, [row for each, row in stored.items() if each not in gone]
    )
    doubt = stored.keys() - gone
    known = {each for each, failed in waiting.items() if failed.reason == MISSING}
    return Verdict(
        frozenset(set(missing) - doubt), frozenset(gone), frozenset(doubt), frozenset(doubt - known)
    )


async def _listed_as_deleted(lever: LeverClient, resource: Resource, rows: Sequence[raw.RawRow]) -> set[str]:
    """Return those that Lever lists as deleted; a list that can't be read is no witness."""
    wanted = {row.remote_id: row for row in rows}
    if not wanted or resource.deleted_path is None:
        return set()
    since = Bounds(lower=lever.clock.reached(now()) - LONGEST_SPAN)
    found: set[str] = set()
    try:
        async for page in lever.pages(
            resource.deleted_path, dict(since.filters("deleted_at")), most=_MOST_PAGES
        ):
            gone, _ = read_page(page)
            found |= {each for each in gone.keys() & wanted.keys() if holds(wanted[each], gone[each])}
            if len(found) == len(wanted):
                break
    except LeverError:
        pass
    return found

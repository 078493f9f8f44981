"""What is made of Lever's answer that it has no such record: nothing is deleted on a single word.

A record is gone when a second witness says so: the list of deletions, an event of Lever's, or the same answer
once more when some minutes have passed. Until then it stays, and stays due (`store/due.py`): the next sync of
its resource asks again. That answer alone, however often, takes out nobody while Lever gives no other record
either, nor so many at once that it may be a mistake.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lever_assets.lever import LeverClient, LeverError
from lever_assets.lever.resources import Resource
from lever_assets.store import due, raw
from lever_assets.store.reads import raw_count
from lever_assets.store.transaction import Transaction, now
from lever_assets.store.unlisted import Unlisted
from lever_assets.sync.fetch import brake
from lever_assets.sync.fetch.brake import mark_gone
from lever_assets.sync.fetch.deletions import LONGEST_SPAN, holds, latest, read_page
from lever_assets.sync.fetch.singles import reads_any
from lever_assets.sync.session import Session
from lever_assets.sync.windows import Bounds

MISSING = "Lever answered that it has no such record; it is asked once more before the record counts as gone"
_MOST_PAGES = 20
"""So far a list of deletions is looked through for a second witness: 2000 deletions."""


@dataclass(frozen=True)
class Verdict:
    """What is known of records that Lever says it does not have: `gone`, or in `doubt`.

    `lost` are those that are gone and were not before, `believed` those of them for which nobody else speaks
    than Lever's answers about each. `again`: those in doubt whose next asking is to be set. `warning`: a
    sentence when so many are missing that they are not believed.
    """

    gone: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    doubt: frozenset[str] = frozenset()
    again: frozenset[str] = frozenset()
    believed: frozenset[str] = frozenset()
    warning: str | None = None

    def keep(self, tx: Transaction, resource: Resource) -> int:
        """Mark what is gone, and keep what is in doubt as due; return how many records were live."""
        reasons = dict.fromkeys(self.again, MISSING)
        due.put_off(tx, resource.table, resource.name, reasons)
        return mark_gone(tx, resource, self.lost)


NOTHING_MISSING = Verdict()


async def judge(
    lever: LeverClient,
    session: Session,
    resource: Resource,
    missing: Collection[str],
    *,
    announced: Collection[str] = (),
    answering: bool = False,
    believed: int = 0,
) -> Verdict:
    """Say which of these records, for which Lever answered 404 just now, are gone.

    What is not stored as live can't be lost, and counts as gone. `announced`: what an event of Lever's said
    was deleted. For the others the list of deletions is asked. `answering`: another record was read just now.
    `believed`: so many were taken for gone before on such answers alone, and count as part of these.
    """
    if not missing:
        return NOTHING_MISSING
    moment = now()
    with session.reading() as tx:
        stored = {row.remote_id: row for row in raw.read(tx, resource.name, missing) if not row.deleted}
        waiting = due.known(tx, resource.table, resource.name, stored)
    said = {each: failed.due_at <= moment for each, failed in waiting.items() if failed.reason == MISSING}
    gone = stored.keys() & set(announced)
    gone |= await _listed_as_deleted(
        lever, resource, [row for each, row in stored.items() if each not in gone]
    )
    twice = {each for each in stored.keys() - gone if said.get(each)}
    warning = too_many(session, resource, believed + len(twice)) if twice else None
    if twice and (warning or not (answering or await reads_any(lever, resource))):
        twice = set()
    doubt = stored.keys() - gone - twice
    return Verdict(
        frozenset(set(missing) - doubt),
        frozenset(gone | twice),
        frozenset(doubt),
        frozenset(each for each in doubt if said.get(each, True)),
        frozenset(twice),
        warning,
    )


def too_many(session: Session, resource: Resource, missing: int) -> str | None:
    """Return a sentence if so many records, for which Lever answers 404 alone, may be missing by mistake."""
    if missing < brake.AT_LEAST:
        return None
    with session.reading() as tx:
        live = raw_count(tx, resource.name).live
    if not brake.is_too_much(session, Unlisted(missing, live)):
        return None
    return (
        f"Lever answers that it does not have {missing:,} of the {live:,} {resource.name} that are stored: "
        "they were not marked as gone, since so many at once may be a mistake, and are asked for again; a "
        "full sync, which reads the whole list, settles it"
    )


async def _listed_as_deleted(lever: LeverClient, resource: Resource, rows: Sequence[raw.RawRow]) -> set[str]:
    """Return those that Lever lists as deleted; a list that can't be read is no witness."""
    wanted = {row.remote_id: row for row in rows}
    if not wanted or resource.deleted_path is None:
        return set()
    end = latest(lever)
    since = Bounds(end - LONGEST_SPAN, end)
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

"""What is gone, and the brake on it: one odd answer for a whole list takes no account out of the tables.

A list that lacks many of the stored records may have ended early, or been empty by mistake; one that lacks
what Lever gives when it is asked for singly is wrong for sure. What it lacks is then not marked as gone,
unless the user says so (`--accept-deletions`), and the list is due to be read whole again (`store/due.py`).
What Lever answers about a single record does not come here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from lever_assets.lever import LeverClient, LeverError
from lever_assets.lever.resources import Resource, all_below
from lever_assets.store import due, mark_deleted
from lever_assets.store.children import delete_orphans
from lever_assets.store.transaction import Transaction
from lever_assets.store.unlisted import Unlisted, count_unlisted, spread
from lever_assets.sync.checkpoints import HELD_BACK, HeldBack
from lever_assets.sync.fetch.asking import concerns_all
from lever_assets.sync.fetch.singles import read_single
from lever_assets.sync.session import Session

AT_LEAST = 20
"""So few records may go at once from any list but one that turns empty."""
_SAMPLE = 20


@dataclass(frozen=True)
class Witness:
    """Of some records that a list lacks, asked for singly, Lever has so many, and so many not."""

    here: int = 0
    gone: int = 0


NOBODY = Witness()


def asks_singly(session: Session, resource: Resource) -> bool:
    """Tell whether single records are asked for before what a list lacks is taken for gone."""
    return not session.accept_deletions and resource.single_records


async def ask_singly(
    lever: LeverClient, session: Session, resource: Resource, missing: Sequence[str]
) -> Witness:
    """Ask for some of these records singly, spread evenly over all of them."""
    if not asks_singly(session, resource):
        return NOBODY
    here = gone = 0
    for remote_id in spread(missing, _SAMPLE):
        try:
            record = await read_single(lever, resource, remote_id, {})
        except LeverError as error:
            if concerns_all(error):
                break
            continue
        here, gone = here + (record is not None), gone + (record is None)
    return Witness(here, gone)


def hold(
    tx: Transaction,
    session: Session,
    resource: Resource,
    unlisted: Unlisted,
    *,
    not_seen_since: datetime,
    empty: bool,
    witness: Witness,
) -> str | None:
    """Return, before a sweep, the sentence that says why it is held back; None: nothing is held any more.

    `unlisted`: what the list lacks; `empty`: it had no record; `witness`: of the records that it lacks.
    """
    many = (empty and unlisted.missing > 0) or is_too_much(session, unlisted)
    if session.accept_deletions or not (many or (witness.here and unlisted.missing)):
        _release(tx, resource)
        return None
    keep_held(tx, resource, unlisted, not_seen_since)
    why = "since so many at once may be a mistake; " if many else "since "
    sentence = (
        f"Lever's list lacks {unlisted.missing:,} of the {unlisted.live:,} {resource.name} that are stored: "
        f"they were not marked as gone, {why}{_told(session, witness)}; the list is read whole again "
        "by a later sync"
    )
    put_off(tx, resource, sentence)
    return sentence


def look_again(tx: Transaction, resource: Resource, *, not_seen_since: datetime) -> None:
    """After a list was read whole that may not tell what is gone: hold nothing back any more if it has all.

    Else it is looked at later.
    """
    if not held_back(tx, resource):
        return
    if not count_unlisted(tx, resource.name, not_seen_since).missing:
        _release(tx, resource)
    else:
        put_off(tx, resource, "the list does not tell whether they are gone")


def _release(tx: Transaction, resource: Resource) -> None:
    """Keep that nothing of a list is held back any more, and that it is not due for that."""
    hold_no_more(tx, resource)
    due.healed(tx, resource.table, resource.name, [due.WHOLE_LIST])


def put_off(tx: Transaction, resource: Resource, reason: str) -> None:
    """Look at a list of which deletions are held back later, if there is one."""
    if held_back(tx, resource):
        reasons = {due.WHOLE_LIST: reason}
        due.put_off(tx, resource.table, resource.name, reasons)


def is_too_much(session: Session, unlisted: Unlisted) -> bool:
    """Tell whether so much is missing that it may be a mistake, unless the user has said that it is none."""
    share = session.settings.deletion_share
    return (
        not session.accept_deletions
        and unlisted.missing >= AT_LEAST
        and unlisted.missing * 100 > share * unlisted.live
    )


def keep_held(tx: Transaction, resource: Resource, unlisted: Unlisted, not_seen_since: datetime) -> None:
    """Keep that so much is held back."""
    held = HeldBack(unlisted.missing, unlisted.live, tx.instant, not_seen_since)
    HELD_BACK.keep(tx, held, resource.name)


def hold_no_more(tx: Transaction, resource: Resource) -> None:
    """Keep that nothing is held back any more."""
    HELD_BACK.forget(tx, resource.name)


def held_back(tx: Transaction, resource: Resource) -> int:
    """Return how many records of a resource are kept although the last complete list lacked them."""
    held = HELD_BACK.read(tx, resource.name)
    return 0 if held is None else held.missing


def lacked_since(tx: Transaction, resource: Resource) -> datetime | None:
    """Return since when what is kept was not listed (UTC); None: nothing is held back."""
    held = HELD_BACK.read(tx, resource.name)
    return None if held is None else held.not_seen_since


def is_due(tx: Transaction, session: Session, resource: Resource) -> bool:
    """Tell whether a list that was held back is to be read whole again by now."""
    if not held_back(tx, resource):
        return False
    table, name = resource.table, resource.name
    waits = due.WHOLE_LIST in due.known(tx, table, name, [due.WHOLE_LIST])
    again = due.WHOLE_LIST in due.due(tx, table, name)
    return session.accept_deletions or again or not waits


def _told(session: Session, witness: Witness) -> str:
    accepting = session.account.command("sync --accept-deletions")
    asked = f"of {witness.here + witness.gone} that were asked for singly Lever still has {witness.here}"
    if witness.here:
        return f"{asked}, so the list is wrong ({accepting} would take them out all the same)"
    taken = f"{accepting} takes them out"
    return f"{asked}; {taken}" if witness.gone else taken


def mark_gone(tx: Transaction, resource: Resource, remote_ids: Collection[str]) -> int:
    """Mark these records as gone; return how many were live. They are not asked for again."""
    due.healed(tx, resource.table, resource.name, remote_ids)
    marked = mark_deleted(tx, resource.name, remote_ids)
    if marked:
        mark_below(tx, resource, now_gone=True)
    return marked


def mark_below(tx: Transaction, resource: Resource, *, now_gone: bool = False) -> None:
    """Mark what is below the records that are gone (`now_gone`: those that this transaction marked)."""
    for child in all_below(resource.name):
        delete_orphans(tx, child.name, resource.name, now_gone=now_gone)

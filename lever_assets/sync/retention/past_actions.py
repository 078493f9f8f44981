"""Forgetting what actions were given of people who are gone in Lever or anonymised: at once, wherever it is.

So is what was found by assessments of them, and not written to Lever yet.

They are known by the ids that an input names, by what the action made, and by the e-mail addresses that the
input has of the person whom it is about, unless somebody who is there has the same; so by Lever's contact.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from lever_assets.lever.resources import OPPORTUNITIES
from lever_assets.policy.anonymity import FLAG
from lever_assets.policy.named import named_in
from lever_assets.policy.people import BELOW, CONTACT
from lever_assets.store import RawRow, raw
from lever_assets.store.action_erasure import (
    IN_ACTIONS,
    ActionSubject,
    erase_actions,
    erase_actions_of_erased,
    is_erased,
    subjects_named,
    subjects_of_actions,
)
from lever_assets.store.addresses import (
    addresses_of,
    erased_among,
    keep_erased,
    named_by,
    still_known,
)
from lever_assets.store.assessments import erase_orders
from lever_assets.store.erased_files import TABLES
from lever_assets.store.erasure import rows_of
from lever_assets.store.payloads import carried_by_others, flagged
from lever_assets.store.transaction import Transaction, now
from lever_assets.sync.session import Session

_PEOPLE = "candidates"


def forget_actions(tx: Transaction, model: str, sources: Collection[str]) -> None:
    """Erase the actions on what is mapped from these records of people who are gone or anonymised.

    To be called before their rows change: their e-mail addresses are still there.
    """
    if model not in IN_ACTIONS or not sources:
        return
    row_ids = rows_of(tx, model, sources)
    erased = erase_actions(tx, model, row_ids)
    erased += erase_orders(tx, sources) if model == _PEOPLE else 0
    hashes = _hashes_of(tx, sources, row_ids) if model == _PEOPLE else set()
    if hashes:
        keep_erased(tx, hashes)
        erased += erase_actions_of_erased(tx)
    if erased or hashes:
        TABLES.note(tx)


def _hashes_of(tx: Transaction, opportunities: Collection[str], candidates: Collection[str]) -> set[str]:
    """Return by which hashes those of these people are found who go now: the others were kept when they went.

    Lever's id of a person, the contact, may be of somebody who is there under another opportunity.
    """
    going = still_known(tx, candidates)
    if not going:
        return set()
    rows = raw.read(tx, OPPORTUNITIES.name, going)
    contacts = {each for row in rows if isinstance(each := row.data.get(CONTACT), str)}
    contacts -= carried_by_others(tx, OPPORTUNITIES.name, CONTACT, contacts, but=opportunities, unless=FLAG)
    ids = named_by(tx.account, [*(row.remote_id for row in rows), *contacts])
    return addresses_of(tx, candidates) | ids


def forget_actions_left(session: Session) -> None:
    """Erase the actions that somebody was at work on when the people whom they are about were erased."""
    for model in IN_ACTIONS:
        with session.writing() as tx:
            subjects = subjects_of_actions(tx, model)
            erased = erase_actions(tx, model, _over(tx, subjects))
            erased += erase_actions_of_erased(tx)
            if erased:
                TABLES.note(tx)


def is_to_be_erased(session: Session, given: object, *, action: str | None, since: datetime) -> bool:
    """Tell whether an input (JSON), `given` at an instant (UTC), is too old, or of somebody who was erased.

    So is what is kept of it elsewhere than in the ledger: with each run in Dagster, also of an action that
    failed before it got to the ledger, of a read, of passthrough. `action` is the row of the ledger that it
    was for, if it got that far.
    """
    days = session.settings.retention
    if days is not None and since < now() - timedelta(days=days):
        return True
    about = named_in(session.name, given)
    with session.reading() as tx:
        return (action is not None and is_erased(tx, action)) or is_about_the_erased(
            tx, ids=about.ids, addresses=about.addresses, since=since
        )


def is_about_the_erased(
    tx: Transaction, *, ids: Collection[str], addresses: Collection[str], since: datetime
) -> bool:
    """Tell whether ids (ours or Lever's) or addresses (hashes) are of somebody who is gone or anonymised.

    By an id, whenever that was; by an e-mail address, if they were erased since an instant (UTC).
    """
    return erased_among(tx, addresses, since=since) or any(
        _over(tx, subjects_named(tx, model, ids)) for model in IN_ACTIONS
    )


def _over(tx: Transaction, subjects: Sequence[ActionSubject]) -> list[str]:
    """Return our ids of those who are gone, erased or anonymised."""
    # Candidates and applications, which alone actions are on, are mapped from opportunities.
    sources = {each.source for each in subjects}
    of_nobody = flagged(tx, OPPORTUNITIES.name, FLAG, sources)
    return [each.id for each in subjects if each.gone or each.source in of_nobody]


def anonymised_among(tx: Transaction, resource: str, rows: Sequence[RawRow]) -> set[str]:
    """Return which of these records are of an anonymised person."""
    if resource == OPPORTUNITIES.name:
        return {row.remote_id for row in rows if row.data.get(FLAG) is True}
    if resource not in BELOW:
        return set()
    parents = {row.parent_id for row in rows if row.parent_id}
    of_nobody = flagged(tx, OPPORTUNITIES.name, FLAG, parents)
    return {row.remote_id for row in rows if row.parent_id in of_nobody}


def gone_among(rows: Iterable[RawRow]) -> set[str]:
    """Return which of these records Lever has no more; what a setting leaves out it has."""
    return {row.remote_id for row in rows if row.deleted and not row.left_out}

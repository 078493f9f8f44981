"""Erasing personal data after the time set for it: of what is gone in Lever, and of what was left out.

What was left out of a person who is in a live application stays.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from lever_assets.lever.resources import BY_NAME, OPPORTUNITIES, RESOURCES, Resource
from lever_assets.policy.people import TERMS
from lever_assets.store.action_erasure import erase_actions, erase_old_actions
from lever_assets.store.addresses import forget_erased_long_ago
from lever_assets.store.assessments import erase_old_results, erase_orders
from lever_assets.store.connect_links import forget_past_links
from lever_assets.store.erased_files import TABLES
from lever_assets.store.erasure import due_rows, overdue, rows_of
from lever_assets.store.left_out import LeftOut, any_left_out_before, in_play, left_out_before
from lever_assets.store.payloads import erase_payloads, erase_payloads_of
from lever_assets.store.transaction import Transaction, now
from lever_assets.sync.retention.anonymised import by_model, erase_anonymised, erase_gone, with_below
from lever_assets.sync.retention.compaction import compact_if_due
from lever_assets.sync.retention.past_actions import forget_actions_left
from lever_assets.sync.session import Session
from lever_assets.unified.catalogue import ERASABLE

_AT_ONCE = 500


@dataclass(frozen=True)
class ErasureReport:
    """How much was erased: rows by model, payloads by resource, actions; empty when nothing was due.

    `compacted`: no copy of it is left in the database's file.
    """

    rows: Mapping[str, int]
    payloads: Mapping[str, int]
    actions: int = 0
    compacted: bool = True


def erase_due(session: Session) -> ErasureReport:
    """Erase what has been gone for longer than LEVER_RETENTION_DAYS; a second time there is nothing to do.

    So is what the settings left out for so long, unless the person is in play. Of anonymised people also what
    is not gone for so long, and when the setting is `off`; of actions, and of results of assessments, what
    nobody has touched for so long. In short transactions: it may be stopped at any time, and holds up no sync
    but while SQLite's file is written anew at the end.
    """
    rows, payloads, actions = Counter(erase_anonymised(session)), Counter[str](), 0
    days = session.settings.retention
    if days is not None:
        moment = now()
        before = moment - timedelta(days=days)
        with session.reading() as tx:
            due = overdue(tx, gone_before=before)
        for model in (each for each in ERASABLE if each in due):
            rows[model] += _all(session, partial(_rows, session, model, before=before))
        for resource in (each for each in RESOURCES if each.table in due):
            payloads[resource.name] += _all(session, partial(_payloads, resource, before=before))
        rows_left_out, payloads_left_out = _erase_left_out(session, before)
        rows += rows_left_out
        payloads += payloads_left_out
        actions = _all(session, partial(_old_actions, before=before))
        actions += _all(session, partial(_old_results, before=before))
    forget_actions_left(session)
    with session.writing() as tx:
        forget_erased_long_ago(tx)
        forget_past_links(tx)
        if rows.total() or payloads.total() or actions:
            TABLES.note(tx)
    return ErasureReport(dict(+rows), dict(+payloads), actions, compact_if_due(session))


def _all(session: Session, step: Callable[[Transaction], int]) -> int:
    """Take one step after another, each in a transaction of its own, until one finds less than it may."""
    erased = 0
    while True:
        with session.writing() as tx:
            count = step(tx)
        erased += count
        if count < _AT_ONCE:
            return erased


def _rows(session: Session, model: str, tx: Transaction, *, before: datetime) -> int:
    due = due_rows(tx, model, gone_before=before, limit=_AT_ONCE)
    erase_actions(tx, model, due)
    return erase_gone(tx, session, model, due)


def _old_actions(tx: Transaction, *, before: datetime) -> int:
    return erase_old_actions(tx, before=before, limit=_AT_ONCE)


def _old_results(tx: Transaction, *, before: datetime) -> int:
    return erase_old_results(tx, before=before, limit=_AT_ONCE)


def _payloads(resource: Resource, tx: Transaction, *, before: datetime) -> int:
    return erase_payloads(tx, resource.name, resource.id_field, gone_before=before, limit=_AT_ONCE)


def _erase_left_out(session: Session, before: datetime) -> tuple[Counter[str], Counter[str]]:
    """Erase what was left out before an instant; return how many rows by model and payloads by resource.

    A person is in play while any of their opportunities is open: nothing of theirs is erased then. What is
    stored decides. Each transaction is short.
    """
    rows, payloads = Counter[str](), Counter[str]()
    people: set[str] | None = None
    for found in _left_out(session, before):
        ended = [each for each in found if not each.open]
        if ended and people is None:
            with session.reading() as tx:
                people = in_play(tx, OPPORTUNITIES.name, TERMS)
        over = [each.remote_id for each in ended if each.person not in (people or ())]
        if over:
            with session.writing() as tx:
                _erase_with_below(tx, session, over, rows, payloads)
    return rows, payloads


def _left_out(session: Session, before: datetime) -> Iterator[list[LeftOut]]:
    after = ""
    with session.reading() as tx:
        if not any_left_out_before(tx, OPPORTUNITIES.name, before=before):
            return
    while True:
        with session.reading() as tx:
            found = left_out_before(tx, OPPORTUNITIES.name, TERMS, before=before, after=after, limit=_AT_ONCE)
        yield found
        if len(found) < _AT_ONCE:
            return
        after = found[-1].remote_id


def _erase_with_below(
    tx: Transaction,
    session: Session,
    opportunities: Sequence[str],
    rows: Counter[str],
    payloads: Counter[str],
) -> None:
    """Erase these opportunities and all that hangs on them, rows before what they were mapped from."""
    records = with_below(tx, opportunities)
    erase_orders(tx, opportunities)
    for model, mapped_from in by_model(records).items():
        due = rows_of(tx, model, mapped_from)
        erase_actions(tx, model, due)
        rows[model] += erase_gone(tx, session, model, due)
    for resource, ids in records.items():
        payloads[resource] += erase_payloads_of(tx, resource, BY_NAME[resource].id_field, ids)

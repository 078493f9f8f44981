"""Erasing personal data: of anonymised people at once, of what is gone in Lever after the time set for it.

What arrives of an anonymised opportunity is reduced on its way in (`arrivals.py`). Here goes what was stored
of it before: the history, what was gone already, and what Lever does not give again.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from sqlalchemy import Connection

from lever_assets.store import current_version, raw
from lever_assets.store.action_erasure import erase_actions, erase_old_actions
from lever_assets.store.addresses import forget_old
from lever_assets.store.erasure import (
    due_rows,
    erase_payloads,
    erase_rows,
    flagged,
    forget_values,
    reduce_payloads_below,
    rows_of,
)
from lever_assets.store.mapping_errors import forget_words
from lever_assets.sync.checkpoints import ERASED_UP_TO
from lever_assets.sync.map.derivations import DERIVATIONS
from lever_assets.sync.policy.anonymity import FLAG, OPPORTUNITIES, reduced
from lever_assets.sync.resources import RESOURCES, Resource
from lever_assets.sync.retention.compaction import TABLES, compact_if_due
from lever_assets.sync.retention.erasing_left_out import erase_left_out
from lever_assets.sync.retention.past_actions import forget_actions, forget_actions_left
from lever_assets.sync.session import Session, now
from lever_assets.unified.personal import ERASABLE, erased_columns

_AT_ONCE = 500
"""The landing up to which anonymised opportunities were seen to."""

_BELOW = tuple(each.name for each in RESOURCES if each.parent == OPPORTUNITIES)


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
    is not gone for so long, and when the setting is `off`; of actions what nobody has touched for so long. In
    short transactions: it may be stopped at any time, and holds up no sync but while SQLite's file is written
    anew at the end.
    """
    rows, payloads, actions = Counter(erase_anonymised(session)), Counter[str](), 0
    days = session.settings.retention
    if days is not None:
        moment = now()
        before = moment - timedelta(days=days)
        for model in ERASABLE:
            rows[model] += _all(session, partial(_rows, session, model, before=before, moment=moment))
        for resource in RESOURCES:
            payloads[resource.name] += _all(session, partial(_payloads, session, resource, before=before))
        rows_left_out, payloads_left_out = erase_left_out(session, before)
        rows += rows_left_out
        payloads += payloads_left_out
        actions = _all(session, partial(_old_actions, session.name, before=before, moment=moment))
    forget_actions_left(session)
    with session.store.writing() as conn:
        forget_old(conn, session.name, now=now())
        if rows.total() or payloads.total() or actions:
            TABLES.note(conn, session.name)
    return ErasureReport(dict(+rows), dict(+payloads), actions, compact_if_due(session))


def _all(session: Session, step: Callable[[Connection], int]) -> int:
    """Take one step after another, each in a transaction of its own, until one finds less than it may."""
    erased = 0
    while True:
        with session.store.writing() as conn:
            count = step(conn)
        erased += count
        if count < _AT_ONCE:
            return erased


def _rows(session: Session, model: str, conn: Connection, *, before: datetime, moment: datetime) -> int:
    due = due_rows(conn, session.name, model, gone_before=before, limit=_AT_ONCE)
    erase_actions(conn, session.name, model, due, now=moment)
    return _erase(conn, session, model, due, moment)


def _old_actions(connection: str, conn: Connection, *, before: datetime, moment: datetime) -> int:
    return erase_old_actions(conn, connection, before=before, limit=_AT_ONCE, now=moment)


def _erase(conn: Connection, session: Session, model: str, row_ids: Collection[str], moment: datetime) -> int:
    columns = erased_columns(model)
    return erase_rows(conn, session.name, model, row_ids, columns, now=moment, history=session.history)


def _payloads(session: Session, resource: Resource, conn: Connection, *, before: datetime) -> int:
    return erase_payloads(
        conn, session.name, resource.name, resource.id_field, gone_before=before, limit=_AT_ONCE
    )


def erase_anonymised(session: Session) -> dict[str, int]:
    """See to the opportunities that are anonymised and have changed since the last time; rows by model.

    Does nothing while nothing has landed. It may be stopped at any time: the next call does it anew.
    """
    with session.store.reading() as conn:
        after = ERASED_UP_TO.read(conn, session.name) or 0
        up_to = current_version(conn, session.name)
        if after == up_to:
            return {}
        found: list[str] = []
        for keys in raw.changed_keys(conn, session.name, OPPORTUNITIES, after, up_to):
            ids = [key.remote_id for key in keys]
            found.extend(sorted(flagged(conn, session.name, OPPORTUNITIES, FLAG, ids)))
    erased: Counter[str] = Counter()
    rest = iter(found)
    while some := list(islice(rest, _AT_ONCE)):
        with session.store.writing() as conn:
            erased.update(erase_around(conn, session, some))
    with session.store.writing() as conn:
        ERASED_UP_TO.keep(conn, session.name, up_to)
    return dict(+erased)


def erase_around(conn: Connection, session: Session, opportunities: Sequence[str]) -> dict[str, int]:
    """Erase what is stored of these anonymised opportunities (Lever's ids) and of what hangs on them.

    Payloads below are reduced, to be mapped again. Returns how many rows were gone and erased, by model.
    """
    moment, name = now(), session.name
    sources: dict[str, Sequence[str]] = {OPPORTUNITIES: opportunities}
    for resource in _BELOW:
        reduce_payloads_below(conn, name, resource, opportunities, partial(reduced, resource), now=moment)
        sources[resource] = raw.ids_below(conn, name, resource, opportunities)
    for resource, ids in sources.items():
        forget_words(conn, name, resource, ids)
    erased = {}
    for model in ERASABLE:
        mapped_from = sources.get(DERIVATIONS[model].driver, ())
        erased[model] = erase_mapped_from(conn, session, model, mapped_from)
    TABLES.note(conn, name)
    return erased


def erase_mapped_from(conn: Connection, session: Session, model: str, sources: Collection[str]) -> int:
    """Erase what a model's rows that were mapped from these records of anonymised people once were.

    The history forgets it, and so do the rows that are gone and the actions; returns how many rows were gone.
    """
    if not sources or model not in ERASABLE:
        return 0
    moment = now()
    row_ids = rows_of(conn, session.name, model, sources)
    forget_values(conn, row_ids, erased_columns(model))
    forget_actions(conn, session, model, sources)
    return _erase(conn, session, model, row_ids, moment)

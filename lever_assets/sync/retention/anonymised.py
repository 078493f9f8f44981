"""Erasing what was stored of people before Lever anonymised them: at once.

What arrives of them is reduced on its way in (`sync/fetch/arrivals.py`). Here goes what was stored of it
before: the history, what was gone already, and what Lever does not give again.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from itertools import islice

from lever_assets.lever.resources import OPPORTUNITIES
from lever_assets.mapping.stated import DERIVATIONS
from lever_assets.policy.anonymity import FLAG, reduced
from lever_assets.policy.people import BELOW
from lever_assets.store import raw
from lever_assets.store.changes import forget_values
from lever_assets.store.erased_files import TABLES
from lever_assets.store.erasure import erase_rows, rows_of
from lever_assets.store.mapping_errors import forget_words
from lever_assets.store.payloads import flagged, rewrite_payloads_below
from lever_assets.store.transaction import Transaction
from lever_assets.sync.checkpoints import ERASED_UP_TO
from lever_assets.sync.retention.past_actions import forget_actions
from lever_assets.sync.session import Session
from lever_assets.unified.catalogue import BY_NAME, ERASABLE

_AT_ONCE = 500


def erase_anonymised(session: Session) -> dict[str, int]:
    """See to the opportunities that are anonymised and have changed since the last time; rows by model.

    Does nothing while nothing has landed. It may be stopped at any time: the next call does it anew.
    """
    with session.reading() as tx:
        after = ERASED_UP_TO.read(tx) or 0
        up_to = tx.current_version()
        if after == up_to:
            return {}
        found: list[str] = []
        for keys in raw.changed_keys(tx, OPPORTUNITIES.name, after, up_to):
            ids = [key.remote_id for key in keys]
            found.extend(sorted(flagged(tx, OPPORTUNITIES.name, FLAG, ids)))
    erased: Counter[str] = Counter()
    rest = iter(found)
    while some := list(islice(rest, _AT_ONCE)):
        with session.writing() as tx:
            erased.update(erase_around(tx, session, some))
    with session.writing() as tx:
        ERASED_UP_TO.keep(tx, up_to)
    return dict(+erased)


def erase_around(tx: Transaction, session: Session, opportunities: Sequence[str]) -> dict[str, int]:
    """Erase what is stored of these anonymised opportunities (Lever's ids) and of what hangs on them.

    Payloads below are reduced, to be mapped again. Returns how many rows were gone and erased, by model.
    """
    for resource in BELOW:
        rewrite_payloads_below(tx, resource, opportunities, partial(reduced, resource))
    records = with_below(tx, opportunities)
    for resource, ids in records.items():
        forget_words(tx, resource, ids)
    erased = {model: erase_mapped_from(tx, session, model, ids) for model, ids in by_model(records).items()}
    TABLES.note(tx)
    return erased


def erase_mapped_from(tx: Transaction, session: Session, model: str, sources: Collection[str]) -> int:
    """Erase what a model's rows that were mapped from these records of anonymised people once were.

    The history forgets it, and so do the rows that are gone and the actions; returns how many rows were gone.
    """
    if not sources or model not in ERASABLE:
        return 0
    row_ids = rows_of(tx, model, sources)
    forget_values(tx, row_ids, BY_NAME[model].erased)
    forget_actions(tx, model, sources)
    return erase_gone(tx, session, model, row_ids)


def erase_gone(tx: Transaction, session: Session, model: str, row_ids: Collection[str]) -> int:
    """Erase what is personal of those of a model's rows that are gone; return how many were erased now."""
    columns = BY_NAME[model].erased
    return erase_rows(tx, model, row_ids, columns, history=session.history)


def with_below(tx: Transaction, opportunities: Sequence[str]) -> dict[str, Sequence[str]]:
    """Return these opportunities and the records that hang on them, by resource (Lever's ids)."""
    below = {each: raw.ids_below(tx, each, opportunities) for each in BELOW}
    return {OPPORTUNITIES.name: opportunities, **below}


def by_model(records: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Return, by each model of which anything is erased, from which of these records its rows are mapped."""
    driven = {model: records.get(DERIVATIONS[model].driver) for model in ERASABLE}
    return {model: ids for model, ids in driven.items() if ids}

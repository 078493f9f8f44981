"""Keeping the table `custom_field_definitions` up to the rows that were mapped."""

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from lever_assets.policy.exclusion import Exclusion
from lever_assets.store import raw
from lever_assets.store.changes import change_marks
from lever_assets.store.field_definitions import put_definitions
from lever_assets.store.transaction import Transaction
from lever_assets.sync.checkpoints import FIELDS_COUNTED, Counted
from lever_assets.sync.field_definitions import MADE_FOR_JOBS, definitions_now, has_fields
from lever_assets.sync.session import Session

_REST = 1000
"""Counting reads all rows of a model, and a sync may run every minute: it is let be for so many times as long
as it took last, and takes a thousandth of the time at most."""


def due_to_count(
    tx: Transaction, exclusion: Exclusion, models: Iterable[str], *, afresh: Collection[str]
) -> Mapping[str, Counted]:
    """Return the models that are to be counted, and how they stand now: they have changed, and it is time.

    Those of `afresh` are due in any case: they were mapped in another way than before.
    """
    counted = FIELDS_COUNTED.every(tx)
    late = [
        model
        for model in models
        if has_fields(exclusion, model) and (model in afresh or not _rests(tx, counted.get(model)))
    ]
    if not late:
        return {}
    marks, newest = change_marks(tx), raw.newest_versions(tx).get(MADE_FOR_JOBS, 0)
    found = {}
    for model in late:
        now = Counted(marks.get(model), newest if model == "jobs" else 0, tx.instant, seconds=0)
        before = counted.get(model)
        if before is None or model in afresh or (before.mark, before.version) != (now.mark, now.version):
            found[model] = now
    return found


def _rests(tx: Transaction, counted: Counted | None) -> bool:
    """Tell whether it is too early to count again; a count from the future comes from a clock set back."""
    if counted is None:
        return False
    return timedelta() <= tx.instant - counted.at < timedelta(seconds=counted.seconds * _REST)


def count_those(session: Session, due: Mapping[str, Counted]) -> None:
    """Bring `custom_field_definitions` up to the rows of these models."""
    for model, counted in due.items():
        began = time.monotonic()
        with session.reading() as tx:  # a long look: nobody who writes is to wait for it
            definitions = definitions_now(tx, session.mapping, model)
        seconds = time.monotonic() - began
        with session.writing() as tx:
            put_definitions(tx, model, definitions)
            FIELDS_COUNTED.keep(tx, replace(counted, seconds=seconds), model)

"""What was taken out of the database by hand: read or mapped again by the next sync, and told."""

from collections.abc import Sequence
from dataclasses import replace

from lever_assets.lever.resources import BY_NAME
from lever_assets.mapping.stated import DERIVATIONS
from lever_assets.store.children import READ_UP_TO
from lever_assets.store.refilling import FORGETTABLE, Gap, forget_gaps, gaps, rehash
from lever_assets.store.tables import (
    RAW,
    UNIFIED,
    child_reads,
    custom_field_definitions,
    mapping_errors,
    schema_version,
)
from lever_assets.store.transaction import Transaction
from lever_assets.sync.checkpoints import FIELDS_COUNTED, MAPPED, forget_runs
from lever_assets.sync.retention.excluded import lacks, read_again
from lever_assets.sync.session import Session

_RESOURCES = {table.name: BY_NAME[name] for name, table in RAW.items()}


def restore(session: Session) -> tuple[str, ...]:
    """Have what is missing in the tables read and mapped again by this sync; return sentences for people.

    Does nothing while nothing is missing. Call it with the connection's lock held; it may be stopped at any
    time: the next call does it anew.
    """
    with session.reading() as tx:
        lost = gaps(tx)
    if not lost:
        return ()
    for each in lost:
        if each.table in UNIFIED and each.columns:
            _rehash(session, each.table)
    with session.writing() as tx:
        # An unfinished run may have read already what has to be read again.
        forget_runs(tx)
        for each in lost:
            _due_again(tx, session, each)
        forget_gaps(tx)
    return _told([each for each in lost if each.by_hand])


def is_due(tx: Transaction) -> bool:
    """Tell whether something is missing that the next sync restores."""
    return bool(gaps(tx))


def _due_again(tx: Transaction, session: Session, lost: Gap) -> None:
    if not _is_wanted(session, lost.table):
        return
    if lost.table in UNIFIED:
        MAPPED.forget(tx, lost.table)
        if not lost.by_hand:
            _read_what_was_taken_out(tx, session, lost)
    elif lost.table in _RESOURCES:
        read_again(tx, session, _RESOURCES[lost.table])
    elif lost.table in {mapping_errors.name, schema_version.name}:
        # What can't be mapped is found by mapping everything; so is what an unknown version left.
        MAPPED.forget_every(tx)
        READ_UP_TO.forget_every(tx)
    elif lost.table == child_reads.name:
        READ_UP_TO.forget_every(tx)
    elif lost.table == custom_field_definitions.name:
        FIELDS_COUNTED.forget_every(tx)


def _read_what_was_taken_out(tx: Transaction, session: Session, new: Gap) -> None:
    """Have records read again of which a setting took out what a column of a new version needs."""
    exclusion = session.exclusion
    unknown = [f"{new.table}.{column}" for column in new.columns] or [new.table]
    if exclusion.names:
        before = replace(exclusion, names=(*exclusion.names, *unknown))
        for resource in (BY_NAME[each] for each in DERIVATIONS[new.table].reads):
            if exclusion.needs(resource.name) and lacks(resource, before, exclusion):
                read_again(tx, session, resource)


def _is_wanted(session: Session, table: str) -> bool:
    """Tell whether a table of models or of Lever's records is one that the settings want to be filled."""
    if table in _RESOURCES:
        return session.exclusion.needs(_RESOURCES[table].name)
    return table not in UNIFIED or session.exclusion.keeps(table)


def _rehash(session: Session, model: str) -> None:
    after: str | None = ""
    while after is not None:
        with session.writing() as tx:
            after = rehash(tx, model, after=after)


def _told(lost: Sequence[Gap]) -> tuple[str, ...]:
    """Return a sentence for all that has the same fate."""
    named: dict[str, list[str]] = {}
    for each in lost:
        names = [f"{each.table}.{column}" for column in each.columns] or [each.table]
        named.setdefault(_fate(each.table), []).extend(names)
    return tuple(
        f"missing in the database and made again: {', '.join(names)}; {fate}" for fate, names in named.items()
    )


def _fate(table: str) -> str:
    if table in UNIFIED:
        return "it is mapped again from what was read"
    if table in _RESOURCES:
        return "it is read again from Lever"
    if table in FORGETTABLE:
        return "this sync finds again what it held"
    return "what it held can't be had again"

"""Deriving a model whose row comes from the newest of several records: a person, from their opportunities.

With records that changed come those that share a key with them now or did before: whose row it was is told by
where that was mapped from, who else shares it by the rows of another model, which was mapped before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lever_assets.lever.records import Record
from lever_assets.mapping.derivation import Around, Gathered
from lever_assets.store import Merged, RawRow, mapping_errors, merge, raw
from lever_assets.store.carriers import Carrying, sources_of
from lever_assets.store.changes import forget_values
from lever_assets.store.mapping_errors import MappingError
from lever_assets.store.transaction import Transaction
from lever_assets.sync.map.floor import Floor
from lever_assets.sync.map.misfits import fitting, floor_errors, forget_errors, incomplete, misfit_of
from lever_assets.sync.retention.anonymised import erase_mapped_from
from lever_assets.sync.retention.past_actions import anonymised_among
from lever_assets.sync.session import Session
from lever_assets.unified.catalogue import BY_NAME


@dataclass
class _Group:
    """Those that share a key: the records, by Lever's id; `whole`: all of them could be read."""

    records: dict[str, Record] = field(default_factory=dict)
    whole: bool = True


def gather_records(floor: Floor, session: Session, derivation: Gathered[Any], keys: Sequence[str]) -> Merged:
    """Map these records of the driver with those that share a key, and merge what that gives.

    As `derive_records` in all else; whose records are anonymised, of them the history forgets what they were.
    """
    tx, model = floor.tx, derivation.model
    tx.hold_landings()
    found = floor.records(derivation.driver, keys)
    live = [row for row in found if not row.deleted]
    records, failed = _read(floor, derivation, live)
    unmapped = {each.remote_id for each in failed}
    mapped = [key for key in keys if key not in unmapped]
    before = sources_of(tx, model, mapped)
    groups = _groups(tx, session, derivation, records, before)
    rows = [
        (source, session.exclusion.row(model, row))
        for source, newest in _newest(derivation, groups)
        for row in derivation.rows(newest, Around(floor))
    ]
    rows, too_long = fitting(derivation, rows)
    tx.renew()
    forget_errors(tx, derivation, mapped, floor)
    mapping_errors.record(tx, [*floor_errors(derivation, floor), *failed, *too_long])
    beyond = {source for source, _ in rows} - {*mapped}
    unsure = {source for row_id, source in before.items() if row_id in groups and not groups[row_id].whole}
    merged = merge(
        tx,
        model,
        rows,
        sources=mapped,
        history=session.history,
        incomplete=[*incomplete(derivation, floor, live), *beyond, *unsure],
        left_out={row.remote_id: row.left_out for row in found if row.left_out},
    )
    anonymised = anonymised_among(tx, derivation.driver, found)
    if anonymised:
        keys_of = [derivation.key(record) for each, record in records.items() if each in anonymised]
        theirs = {session.mapping.id(model, key) for key in keys_of if key}
        theirs |= {row_id for row_id, source in before.items() if source in anonymised}
        forget_values(tx, sorted(theirs), BY_NAME[model].erased)
        erase_mapped_from(tx, session, model, anonymised)
    return merged


def _read(
    floor: Floor, derivation: Gathered[Any], rows: Sequence[RawRow]
) -> tuple[dict[str, Record], list[MappingError]]:
    """Return the records that can be read, and what is told of the others."""
    records: dict[str, Record] = {}
    failed: list[MappingError] = []
    for row in rows:
        try:
            records[row.remote_id] = floor.record(derivation, row)
        except Exception as error:  # whatever it is, the others go on
            failed.append(misfit_of(derivation, row, error))
    return records, failed


def _groups(
    tx: Transaction,
    session: Session,
    derivation: Gathered[Any],
    records: Mapping[str, Record],
    before: Mapping[str, str],
) -> dict[str, _Group]:
    """Return the groups that these records are in, and those that they told of `before`, by the row's id."""
    ctx, model = session.mapping, derivation.model
    groups: dict[str, _Group] = {row_id: _Group() for row_id in before}
    for remote_id, record in records.items():
        key = derivation.key(record)
        if key:
            groups.setdefault(ctx.id(model, key), _Group()).records[remote_id] = record
    by, column = derivation.known_by
    others = Carrying(model, by, column).carriers(tx, groups.keys(), but=records.keys())
    for row in raw.read(tx, derivation.driver, others) if others else ():
        if row.deleted:
            continue
        try:
            record = derivation.record.parse(row.data)
        except Exception:  # it is told where it is mapped itself; the row may be from it, and stays
            groups[others[row.remote_id]].whole = False
            continue
        key = derivation.key(record)
        group = groups.get(ctx.id(model, key)) if key else None
        if group is not None:
            group.records[row.remote_id] = record
    return groups


def _newest(derivation: Gathered[Any], groups: Mapping[str, _Group]) -> list[tuple[str, Record]]:
    """Return of each group that has records and could be read the newest, with Lever's id."""
    return [
        max(group.records.items(), key=lambda each: derivation.age(each[1]))
        for group in groups.values()
        if group.records and group.whole
    ]

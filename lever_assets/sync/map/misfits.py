"""Records that a model can't be mapped from, or not whole: what is told of them, what they must not cost."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from lever_assets.lever.records.record import LeverObject, faults_of, told
from lever_assets.mapping.derivation import ByRecord, Derivation
from lever_assets.store import RawRow, mapping_errors
from lever_assets.store.mapping_errors import Lost, MappingError
from lever_assets.store.transaction import Transaction
from lever_assets.sync.map.floor import Floor
from lever_assets.unified.models import UnifiedRow

_LONGEST_ID = 1000
"""Bytes: an entry of an index holds it, and PostgreSQL's may have 2700."""


def misfit_of(derivation: ByRecord[Any], row: RawRow, error: Exception) -> MappingError:
    """Return what is told of a record whose mapping raised `error`."""
    # Only a validation error says what it is about without the data itself.
    why = (
        told(faults_of(error, LeverObject.keys))
        if isinstance(error, ValidationError)
        else f"the mapping failed: {type(error).__name__}"
    )
    return MappingError(derivation.model, derivation.driver, row.remote_id, why, row.content_hash)


def fitting(
    derivation: Derivation, rows: Sequence[tuple[str, UnifiedRow]]
) -> tuple[list[tuple[str, UnifiedRow]], list[MappingError]]:
    """Return the rows that a database takes, by their source, and what is told of the others."""
    fit: list[tuple[str, UnifiedRow]] = []
    errors: list[MappingError] = []
    for source, row in rows:
        if _fits(row.remote_id):
            fit.append((source, row))
        else:
            why = f"the remote_id of a row is longer than {_LONGEST_ID} bytes: {str(row.remote_id)[:40]}…"
            errors.append(MappingError(derivation.model, derivation.driver, source, why, lost=Lost.FIELD))
    return fit, errors


def _fits(remote_id: str | None) -> bool:
    if remote_id is None or len(remote_id) <= _LONGEST_ID // 4:  # a character has 4 bytes at most
        return True
    return len(remote_id.encode("utf-8", "replace")) <= _LONGEST_ID


def floor_errors(derivation: Derivation, floor: Floor) -> list[MappingError]:
    """Return what is told of the records that a model was mapped from, or looked up, so far."""
    return list(_floor_errors(derivation, floor))


def _floor_errors(derivation: Derivation, floor: Floor) -> Iterator[MappingError]:
    model = derivation.model
    for (resource, remote_id), faults in floor.lost_of(derivation).items():
        payload = floor.odd.get((resource, remote_id))
        content = payload.content_hash if payload else None
        yield MappingError(model, resource, remote_id, told(faults), content, lost=Lost.FIELD)
    for (resource, remote_id), why in floor.unreadable_of(derivation).items():
        yield MappingError(model, resource, remote_id, why, floor.odd[resource, remote_id].content_hash)


def forget_errors(tx: Transaction, derivation: Derivation, mapped: Sequence[str], floor: Floor) -> None:
    """Forget the errors on what was mapped and read whole now; the others keep since when they are known."""
    lost = floor.lost_of(derivation)
    whole = [key for key in mapped if (derivation.driver, key) not in lost]
    mapping_errors.resolve(tx, derivation.model, whole)
    readable = floor.readable - lost.keys()
    mapping_errors.resolve_looked_up(tx, derivation.model, derivation.driver, readable)


def incomplete(derivation: ByRecord[Any], floor: Floor, rows: Sequence[RawRow]) -> list[str]:
    """Return which of the driver's records may lack rows, since they or what they look up can't be read."""
    odd = {*floor.unreadable_of(derivation), *floor.lost_of(derivation)}
    own = {derivation.driver, *derivation.below, derivation.siblings}
    if any(resource not in own for resource, _ in odd):
        return [row.remote_id for row in rows]  # it may be any record's
    around = {remote_id for _, remote_id in odd}
    around |= {payload.parent_id for each in odd if (payload := floor.odd.get(each)) and payload.parent_id}
    return [row.remote_id for row in rows if row.remote_id in around or row.parent_id in around]

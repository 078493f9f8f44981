"""Records that could not be read, or not taken in: named, kept as they are stored, and asked for again.

One that came with a field which could not be read is soon asked for once more: the answer may have been a
passing one, and Lever does not tell by `updatedAt` that the next would be right. After a day only the next
change of the record, or a full sync, reads it again.
"""

from collections.abc import Sequence

from lever_assets.lever.resources import Below, Child, Resource, embedded_in
from lever_assets.store import due, mapping_errors, raw, see
from lever_assets.store.children import forget_reads
from lever_assets.store.due import NOTHING, FailedRead, Waiting
from lever_assets.store.transaction import Transaction
from lever_assets.sync.fetch.arrivals import Batch

_MOST = 100
"""So many are asked for again in one sync."""
_NAMED = 3
_LONGEST_ID = 60


def set_aside(tx: Transaction, resource: Resource, batch: Batch) -> None:
    """Keep what is told of the records of a list that can't be taken in; Lever has them all the same."""
    if not (batch.set_aside or batch.unreadable or batch.inside or batch.partial):
        return
    mapping_errors.record(tx, [*batch.set_aside, *batch.inside])
    see(tx, resource.name, batch.unreadable)
    due.still_failing(
        tx,
        resource.table,
        resource.name,
        {name: error.reason for name, error in batch.unreadable.items()},
        hashes={name: error.payload_hash for name, error in batch.unreadable.items()},
    )
    embedded = embedded_in(resource.name)
    if embedded is not None:
        reason = f"of its {embedded.name} one can't be taken in"
        reasons = dict.fromkeys(batch.partial, reason)
        due.still_failing(tx, embedded.table, resource.name, reasons)


def tables_of(resource: Resource) -> list[str]:
    """Return the raw tables that reading a record of the resource fills."""
    embedded = embedded_in(resource.name)
    return [resource.table] if embedded is None else [resource.table, embedded.table]


def worth_another_look(tx: Transaction, resource: Resource) -> set[str]:
    """Return the records (remote ids) to be read again for themselves, or for what came inside them.

    Keeps that they are; call it in a transaction that writes.
    """
    embedded = embedded_in(resource.name)
    inside = set() if embedded is None else _parents(tx, embedded)
    return _looked_at(tx, resource) | inside


def are_misread(tx: Transaction, resource: Resource) -> bool:
    """Tell whether there are such records of a resource by now."""
    return bool(mapping_errors.misread(tx, resource.name, limit=1))


def have_parents_asked(tx: Transaction, resource: Resource) -> None:
    """Let the parents of such records of a resource below them be asked as if they never had been."""
    forget_reads(tx, resource.name, _parents(tx, resource))


def _looked_at(tx: Transaction, resource: Resource) -> set[str]:
    """Return which records are to be read again by now, and keep that they are."""
    found = mapping_errors.misread(tx, resource.name, limit=_MOST)
    if found:
        mapping_errors.looked_again(tx, resource.name, found)
    return found


def _parents(tx: Transaction, resource: Resource) -> set[str]:
    remote_ids = _looked_at(tx, resource)
    rows = raw.read(tx, resource.name, remote_ids) if remote_ids else []
    return {row.parent_id for row in rows if row.parent_id and not row.deleted}


def unread_below(tx: Transaction, resource: Resource) -> tuple[Waiting, str | None]:
    """Return below how many parents records could not be read, and a warning if there are any.

    Those of a resource that is read per parent, and what comes inside the records of a list.
    """
    below = resource if isinstance(resource, Child) else embedded_in(resource.name)
    if below is None:
        return NOTHING, None
    waiting = due.waiting(tx, below.table, below.parent)
    if not waiting.count:
        return waiting, None
    some = due.listed(tx, below.table, below.parent, limit=_NAMED)
    return waiting, _sentence(below, waiting, some)


def _sentence(resource: Below, waiting: Waiting, some: Sequence[FailedRead]) -> str:
    more = waiting.count - len(some)
    ids = ", ".join(_short(each.remote_id) for each in some) + (f" and {more:,} more" if more else "")
    return (
        f"the {resource.name} of {waiting.count:,} of the {resource.parent} could not be read ({ids}): "
        f"{some[0].reason}; what is stored of them stays, and they are asked for again from "
        f"{waiting.next_at:%Y-%m-%d %H:%M} UTC on"
    )


def _short(remote_id: str) -> str:
    one_line = " ".join(remote_id.split())
    return one_line if len(one_line) <= _LONGEST_ID else f"{one_line[:_LONGEST_ID]}…"

"""Records that can't be taken in: named, kept as they are stored, and due to be asked for again."""

from datetime import datetime

from sqlalchemy import Connection

from lever_assets.store import due, mapping_errors, see
from lever_assets.sync.fetch.arrivals import Batch
from lever_assets.sync.resources import RESOURCES, Kind, Resource


def set_aside(conn: Connection, connection: str, resource: Resource, batch: Batch, *, now: datetime) -> None:
    """Keep what is told of the records of a list that can't be taken in; Lever has them all the same."""
    mapping_errors.record(conn, connection, [*batch.set_aside, *batch.inside], now=now)
    see(conn, connection, resource.name, batch.unreadable, now=now)
    due.still_failing(
        conn,
        connection,
        resource.table,
        resource.name,
        {name: error.reason for name, error in batch.unreadable.items()},
        now=now,
        hashes={name: error.payload_hash for name, error in batch.unreadable.items()},
    )
    embedded = embedded_in(resource)
    if embedded is not None:
        reason = f"of its {embedded.name} one can't be taken in"
        reasons = dict.fromkeys(batch.partial, reason)
        due.still_failing(conn, connection, embedded.table, resource.name, reasons, now=now)


def tables_of(resource: Resource) -> list[str]:
    """Return the raw tables that reading a record of the resource fills."""
    embedded = embedded_in(resource)
    return [resource.table] if embedded is None else [resource.table, embedded.table]


def embedded_in(resource: Resource) -> Resource | None:
    """Return the resource whose records come inside those of this one, if there is one."""
    inside = (each for each in RESOURCES if each.kind is Kind.EMBEDDED)
    return next((each for each in inside if each.parent == resource.name), None)

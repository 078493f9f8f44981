"""What was created through this connector."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, Select, func, select

from lever_assets.store.dialects import among, upsert
from lever_assets.store.tables import created_records
from lever_assets.unified.ids import unified_id

_CREATED = "candidates"
"""The model under which created opportunities are noted."""
_BATCH = 1000


@dataclass(frozen=True)
class Created:
    """A record of a model that an action made in Lever, by Lever's id; `created_at` is UTC."""

    model: str
    remote_id: str
    action_id: str
    created_at: datetime


def keep(conn: Connection, connection: str, records: Iterable[Created]) -> int:
    """Keep that these were created through this connector; return how many were not known to be.

    The first one to say so of a record counts.
    """
    stream = iter(records)
    before = count(conn, connection)
    while some := list(islice(stream, _BATCH)):
        rows = {(each.model, each.remote_id): {**vars(each), "connection": connection} for each in some}
        for row in rows.values():
            row["id"] = unified_id(connection, str(row["model"]), str(row["remote_id"]))
        upsert(conn, created_records, list(rows.values()))
    return count(conn, connection) - before


def each_kept(conn: Connection, connection: str) -> Iterator[Created]:
    """Yield all that was created through this connector, in the order in which it was."""
    c = created_records.c
    query = select(c.model, c.remote_id, c.action_id, c.created_at).where(c.connection == connection)
    for row in conn.execute(query.order_by(c.created_at, c.model, c.remote_id)):
        yield Created(*row)


def count(conn: Connection, connection: str) -> int:
    """Return how many records are known to have been created through this connector."""
    query = select(func.count()).where(created_records.c.connection == connection)
    return conn.execute(query).scalar_one()


def created_among(conn: Connection, connection: str, remote_ids: Collection[str]) -> set[str]:
    """Return those of these opportunities that were created through this connector."""
    query = ours(connection).where(among(conn, created_records.c.remote_id, remote_ids))
    return set(conn.execute(query).scalars())


def ours(connection: str) -> Select[tuple[str]]:
    """Return the query of the opportunities that were created through this connector."""
    c = created_records.c
    return select(c.remote_id).where(c.connection == connection, c.model == _CREATED)


def creator_of(conn: Connection, connection: str, model: str, remote_id: str) -> str | None:
    """Return the action that made a record in Lever; None when none of ours did."""
    c = created_records.c
    query = select(c.action_id).where(c.connection == connection, c.model == model, c.remote_id == remote_id)
    return conn.execute(query).scalar_one_or_none()

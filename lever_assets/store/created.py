"""What was created through this connector."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import Select, func, select

from lever_assets.store.accounts import named_at_first
from lever_assets.store.dialects import among, upsert
from lever_assets.store.tables import created_records
from lever_assets.store.transaction import Transaction
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


def keep(tx: Transaction, records: Iterable[Created]) -> int:
    """Keep that these were created through this connector; return how many were not known to be.

    The first one to say so of a record counts.
    """
    before = count(tx)
    note(tx, records)
    return count(tx) - before


def note(tx: Transaction, records: Iterable[Created]) -> None:
    """Keep that these were created through this connector, as `keep`, without counting all that were."""
    stream = iter(records)
    named = named_at_first(tx)
    while some := list(islice(stream, _BATCH)):
        rows = {(each.model, each.remote_id): {**vars(each), "connection": tx.account} for each in some}
        for row in rows.values():
            row["id"] = unified_id(named, str(row["model"]), str(row["remote_id"]))
        upsert(tx.sql, created_records, list(rows.values()))


def each_kept(tx: Transaction) -> Iterator[Created]:
    """Yield all that was created through this connector, in the order in which it was."""
    c = created_records.c
    query = select(c.model, c.remote_id, c.action_id, c.created_at).where(c.connection == tx.account)
    for row in tx.sql.execute(query.order_by(c.created_at, c.model, c.remote_id)):
        yield Created(*row)


def count(tx: Transaction) -> int:
    """Return how many records are known to have been created through this connector."""
    query = select(func.count()).where(created_records.c.connection == tx.account)
    return tx.sql.execute(query).scalar_one()


def created_among(tx: Transaction, remote_ids: Collection[str]) -> set[str]:
    """Return those of these opportunities that were created through this connector."""
    query = ours(tx.account).where(among(tx.sql, created_records.c.remote_id, remote_ids))
    return set(tx.sql.execute(query).scalars())


def ours(account: str) -> Select[tuple[str]]:
    """Return the query of the opportunities that were created through this connector."""
    c = created_records.c
    return select(c.remote_id).where(c.connection == account, c.model == _CREATED)


def creator_of(tx: Transaction, model: str, remote_id: str) -> str | None:
    """Return the action that made a record in Lever; None when none of ours did."""
    c = created_records.c
    query = select(c.action_id).where(c.connection == tx.account, c.model == model, c.remote_id == remote_id)
    return tx.sql.execute(query).scalar_one_or_none()

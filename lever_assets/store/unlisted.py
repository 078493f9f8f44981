"""What a complete listing did not show: how much of a resource that is, and which records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select

from lever_assets.store.dialects import OF
from lever_assets.store.tables import RAW
from lever_assets.store.transaction import Transaction


@dataclass(frozen=True)
class Unlisted:
    """Of `live` records of a resource so many, `missing`, were not listed."""

    missing: int
    live: int


def count_unlisted(tx: Transaction, resource: str, not_seen_since: datetime) -> Unlisted:
    """Count the live records, and those of them that were last seen before an instant."""
    given = {"of": tx.account, "since": not_seen_since}
    return Unlisted(*tx.sql.execute(_counting(resource), given).one())


@cache
def _counting(resource: str) -> Select[tuple[int, int]]:
    c = RAW[resource].c
    missing = func.count().filter(c.last_seen_at < bindparam("since"))
    return select(missing, func.count()).where(c.connection == OF, c.deleted_at.is_(None))


def is_unlisted(tx: Transaction, resource: str, remote_id: str, not_seen_since: datetime) -> bool:
    """Tell whether a record is live and was last seen before an instant."""
    c = RAW[resource].c
    found = _live(tx.account, resource), c.remote_id == remote_id, c.last_seen_at < not_seen_since
    return tx.sql.execute(select(c.remote_id).where(*found)).first() is not None


def all_unlisted(tx: Transaction, resource: str, not_seen_since: datetime) -> Sequence[str]:
    """Return the live records that were last seen before an instant, by remote id in order."""
    c = RAW[resource].c
    query = select(c.remote_id).where(_live(tx.account, resource), c.last_seen_at < not_seen_since)
    return tx.sql.execute(query.order_by(c.remote_id)).scalars().all()


def spread(ids: Sequence[str], most: int) -> Sequence[str]:
    """Return up to `most` of them, taken evenly."""
    return ids if len(ids) <= most else [ids[place * len(ids) // most] for place in range(most)]


def _live(account: str, resource: str) -> ColumnElement[bool]:
    c = RAW[resource].c
    return and_(c.connection == account, c.deleted_at.is_(None))

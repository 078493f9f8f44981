"""What the settings leave out: it stays stored, marked so, and is not gone in Lever.

The mark is the column `left_out` of a raw record, which names the setting.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, JsonValue, PlainSerializer
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    and_,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)

from lever_assets.store.checkpoints import instant
from lever_assets.store.created import ours
from lever_assets.store.dialects import by_another_index, text_at
from lever_assets.store.erasure import ERASED
from lever_assets.store.landing import not_known_gone
from lever_assets.store.tables import RAW
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import UtcDateTime

Path = tuple[str, ...]


class Reason(StrEnum):
    """The setting that leaves a record out."""

    CUTOFF = "cutoff"
    ONLY_CREATED = "only_created"


def _cutoff(kept: JsonValue) -> datetime | None:
    """Return the cutoff that was kept; one that makes no sense may have kept nothing."""
    return None if kept is None else instant(kept) or _NEVER


_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Limit:
    """Which records are kept: all, those that changed since an instant (UTC), or the `created` ones alone.

    The last change is `updatedAt`, else `createdAt`. `created`: through this connector, whenever that was.
    """

    changed_since: Annotated[
        datetime | None,
        BeforeValidator(_cutoff),
        PlainSerializer(lambda at: at and at.isoformat(), when_used="json"),
    ] = None
    created: bool = False

    @property
    def reason(self) -> Reason | None:
        """The setting that leaves out what is beyond the limit; None: nothing is."""
        if self.created:
            return Reason.ONLY_CREATED
        return None if self.changed_since is None else Reason.CUTOFF

    def includes(self, other: "Limit") -> bool:
        """Tell whether whatever `other` keeps is kept by this one, too."""
        if self.created:
            return other.created
        mine, theirs = self.changed_since, other.changed_since
        return mine is None or (theirs is not None and mine <= theirs)


NOTHING = Limit(_NEVER)
"""Keeps nothing: whatever is wanted is more, and is read."""


@dataclass(frozen=True)
class Terms:
    """Where the records of a resource say whose they are, and that they have ended: keys, outermost first.

    A record whose `ended` keys are all absent or null is open.
    """

    person: Path
    ended: tuple[Path, ...]


@dataclass(frozen=True)
class LeftOut:
    """A record that is left out; `person` is null where it does not say whose it is."""

    remote_id: str
    person: str | None
    open: bool


def mark_left_out(tx: Transaction, resource: str, limit: Limit) -> int:
    """Mark the raw records beyond the limit that Lever is not known to lack; return how many are new to it.

    One that another setting left out before keeps the instant at which it was.
    """
    if limit.reason is None:
        return 0
    table = RAW[resource]
    c = table.c
    otherwise = and_(c.left_out.is_not(None), c.left_out != limit.reason.value)
    these = and_(
        c.connection == tx.account,
        _beyond(tx.account, resource, limit),
        or_(c.deleted_at.is_(None), otherwise),
    )
    if tx.sql.execute(select(c.remote_id).where(these).limit(1)).first() is None:
        return 0
    return tx.sql.execute(
        update(table)
        .where(these)
        .values(
            deleted_at=func.coalesce(c.deleted_at, literal(tx.instant, UtcDateTime)),
            left_out=limit.reason.value,
            changed_at=tx.instant,
            version=tx.version,
        )
    ).rowcount


def sweep_left_out(tx: Transaction, resource: str, limit: Limit, *, not_seen_since: datetime) -> int:
    """After a complete listing: what was left out, would be kept now and was not listed is gone in Lever.

    Returns how many records that are.
    """
    table = RAW[resource]
    c = table.c
    return tx.sql.execute(
        update(table)
        .where(
            c.connection == tx.account,
            c.left_out.is_not(None),
            c.last_seen_at < not_seen_since,
            not_(_beyond(tx.account, resource, limit)),
        )
        .values(deleted_at=tx.instant, left_out=None, changed_at=tx.instant, version=tx.version)
    ).rowcount


def _beyond(account: str, resource: str, limit: Limit) -> ColumnElement[bool]:
    c = RAW[resource].c
    if limit.created:
        return c.remote_id.not_in(ours(account))
    if limit.changed_since is None:
        return false()
    # Without any instant a filter of Lever's does not find it either.
    last_change = func.coalesce(c.remote_updated_at, c.remote_created_at)
    return or_(last_change.is_(None), last_change < limit.changed_since)


def any_left_out_before(tx: Transaction, resource: str, *, before: datetime) -> bool:
    """Tell whether `left_out_before` would find any."""
    c = RAW[resource].c
    mine = by_another_index(tx.sql, c.connection) == tx.account
    due = (c.left_out.is_not(None), c.deleted_at <= before, c.content_hash != ERASED)
    return tx.sql.execute(select(c.remote_id).where(mine, *due).limit(1)).first() is not None


def left_out_before(
    tx: Transaction, resource: str, terms: Terms, *, before: datetime, after: str, limit: int
) -> list[LeftOut]:
    """Return up to `limit` records left out before an instant and not erased, by id from beyond `after`."""
    c = RAW[resource].c
    query = (
        select(c.remote_id, text_at(tx.sql, c.data, *terms.person), _is_open(tx.sql, c.data, terms))
        .where(
            c.connection == tx.account,
            c.left_out.is_not(None),
            c.deleted_at <= before,
            c.content_hash != ERASED,
            c.remote_id > after,
        )
        .order_by(c.remote_id)
        .limit(limit)
    )
    return [LeftOut(row[0], row[1], bool(row[2])) for row in tx.sql.execute(query)]


def in_play(tx: Transaction, resource: str, terms: Terms) -> set[str]:
    """Return the persons who have an open record that Lever is not known to lack; reads every payload."""
    c = RAW[resource].c
    person = text_at(tx.sql, c.data, *terms.person)
    there = and_(c.connection == tx.account, not_known_gone(RAW[resource]), c.content_hash != ERASED)
    query = select(person).where(there, person.is_not(None), _is_open(tx.sql, c.data, terms)).distinct()
    return set(tx.sql.execute(query).scalars())


def _is_open(conn: Connection, data: Column[Any], terms: Terms) -> ColumnElement[bool]:
    return and_(*(text_at(conn, data, *path).is_(None) for path in terms.ended))

"""Whose records the settings leave out, and who of them is still in play: these are not erased for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, and_, select

from lever_assets.store.dialects import text_at
from lever_assets.store.erasure import ERASED
from lever_assets.store.landing import not_known_gone
from lever_assets.store.tables import RAW

Path = tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """Where the records of a resource say whose they are, and that they have ended: keys, outermost first.

    A record whose `ended` keys are all absent or null is open.
    """

    person: Path
    ended: tuple[Path, ...]


@dataclass(frozen=True)
class LeftOut:
    """A record that a setting leaves out; `person` is null where it does not say whose it is."""

    remote_id: str
    person: str | None
    open: bool


def left_out_before(
    conn: Connection,
    connection: str,
    resource: str,
    terms: Terms,
    *,
    before: datetime,
    after: str,
    limit: int,
) -> list[LeftOut]:
    """Return up to `limit` records left out before an instant and not erased, by id from beyond `after`."""
    c = RAW[resource].c
    query = (
        select(c.remote_id, text_at(conn, c.data, *terms.person), _is_open(conn, c.data, terms))
        .where(
            c.connection == connection,
            c.left_out.is_not(None),
            c.deleted_at <= before,
            c.content_hash != ERASED,
            c.remote_id > after,
        )
        .order_by(c.remote_id)
        .limit(limit)
    )
    return [LeftOut(row[0], row[1], bool(row[2])) for row in conn.execute(query)]


def in_play(conn: Connection, connection: str, resource: str, terms: Terms) -> set[str]:
    """Return the persons who have an open record that Lever is not known to lack; reads every payload."""
    c = RAW[resource].c
    person = text_at(conn, c.data, *terms.person)
    there = and_(c.connection == connection, not_known_gone(RAW[resource]), c.content_hash != ERASED)
    query = select(person).where(there, person.is_not(None), _is_open(conn, c.data, terms)).distinct()
    return set(conn.execute(query).scalars())


def _is_open(conn: Connection, data: Column[Any], terms: Terms) -> ColumnElement[bool]:
    return and_(*(text_at(conn, data, *path).is_(None) for path in terms.ended))

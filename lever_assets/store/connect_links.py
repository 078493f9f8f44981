"""The links by which end users connect their accounts: a row each, by the hash of its token.

Whose link it is, is kept as long as it is needed: once the link has ended, or its time is over, it goes.
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update

from lever_assets.store.dialects import upsert
from lever_assets.store.tables import connect_links
from lever_assets.store.transaction import Transaction

_KNOWN_FOR = timedelta(days=30)
"""So long after its time it is known that a link was one."""
_c = connect_links.c
_NO_PERSON: dict[str, Any] = {"organization_name": None, "email": None, "origin_id": None}
_OVER: dict[str, Any] = {**_NO_PERSON, "consent": None, "verifier": None}


@dataclass(frozen=True, kw_only=True)
class StoredLink:
    """A link; `connection` is empty until there is one. Hashes are SHA-256 (hexadecimal), instants UTC."""

    id: str
    connection: str
    purpose: str
    language: str
    environment: str | None = None
    field_mapping: bool = False
    organization_name: str | None = None
    email: str | None = field(default=None, repr=False)
    origin_id: str | None = None
    attempts: int = 0
    failure: str | None = None
    consent: str | None = None
    verifier: str | None = field(default=None, repr=False)
    activation: str | None = None
    activation_until: datetime | None = None
    created_at: datetime
    expires_at: datetime
    connected_at: datetime | None = None
    ended_at: datetime | None = None


def add_link(tx: Transaction, link: StoredLink) -> None:
    """Keep a new link."""
    upsert(tx.sql, connect_links, [asdict(link)])


def link_of(tx: Transaction, link_id: str, *, hold: bool = False) -> StoredLink | None:
    """Return a link; None: there is none. `hold`: until the end nobody else changes it."""
    return _one(tx, _c.id == link_id, hold=hold)


def link_asking(tx: Transaction, consent: str) -> StoredLink | None:
    """Return the link that asked Lever for consent with a state, by its hash; None: none did."""
    return _one(tx, _c.consent == consent, hold=False)


def link_to_activate(tx: Transaction, activation: str) -> StoredLink | None:
    """Return the link that gave out an activation token, by its hash, and hold it; None: none did."""
    return _one(tx, _c.activation == activation, hold=True)


def _one(tx: Transaction, this: ColumnElement[bool], *, hold: bool) -> StoredLink | None:
    query = select(connect_links).where(this)
    row = tx.sql.execute(query.with_for_update() if hold else query).mappings().first()
    return None if row is None else StoredLink(**row)


def change_link(tx: Transaction, link_id: str, **values: Any) -> None:
    """Write some columns of a link."""
    tx.sql.execute(update(connect_links).where(_c.id == link_id).values(**values))


def end_link(tx: Transaction, link_id: str, **values: Any) -> None:
    """Let nobody use a link any more, and keep no longer whose it was."""
    change_link(tx, link_id, **{**_OVER, "ended_at": tx.instant, **values})


def forget_past_links(tx: Transaction) -> None:
    """Erase of links whose time is over whose they were; after a while forget them."""
    past = _c.expires_at < tx.instant
    personal = or_(*(_c[name].is_not(None) for name in _OVER))
    tx.sql.execute(update(connect_links).where(past, personal).values(_OVER))
    tx.sql.execute(delete(connect_links).where(_c.expires_at < tx.instant - _KNOWN_FOR))

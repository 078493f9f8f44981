"""E-mail addresses as hashes: by them what names a person is found when the person is to be erased."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, or_, select

from lever_assets.store.batches import among, upsert
from lever_assets.store.content import canonical, fingerprint
from lever_assets.store.tables import UNIFIED, erased_people

_KEPT = timedelta(days=30)
"""By then whatever named the people is erased: LEVER_RETENTION_DAYS is over, or every night looked for it."""
_ADDRESS = re.compile(r"""[^\s@<>"'(),;:\\[\]{}/?&=|]+@[\w-]+(?:\.[\w-]+)+""")
_CANDIDATES = UNIFIED["candidates"]


def addresses_in(connection: str, value: object) -> set[str]:
    """Return the hashes of all e-mail addresses that stand in a JSON value, alone or within texts."""
    found = _ADDRESS.findall(canonical(value).decode())
    return {fingerprint(canonical([connection, each.casefold()])) for each in found}


def addresses_of(conn: Connection, connection: str, candidates: Collection[str]) -> set[str]:
    """Return the hashes of the addresses of those of these candidates (our ids) not yet known to be gone."""
    c = _CANDIDATES.c
    there = or_(c.remote_deleted_at.is_(None), c.left_out.is_not(None))
    query = select(c.email_addresses).where(c.connection == connection, among(conn, c.id, candidates), there)
    return {each for listed in conn.execute(query).scalars() for each in addresses_in(connection, listed)}


def keep_erased(conn: Connection, connection: str, addresses: Collection[str], *, now: datetime) -> None:
    """Keep that the people with these addresses (hashes) are to be found nowhere from now on."""
    rows = [{"connection": connection, "address": each, "erased_at": now} for each in sorted(addresses)]
    upsert(conn, erased_people, rows, update=lambda new: {"erased_at": new.erased_at})


def erased_among(conn: Connection, connection: str, addresses: Collection[str], *, since: datetime) -> bool:
    """Tell whether somebody with one of these addresses (hashes) was erased since an instant."""
    if not addresses:
        return False
    c = erased_people.c
    mine = (c.connection == connection, c.erased_at >= since, among(conn, c.address, addresses))
    return conn.execute(select(c.address).where(*mine).limit(1)).first() is not None


def all_erased(conn: Connection, connection: str) -> dict[str, datetime]:
    """Return when each of the people was erased last, by address (hash)."""
    c = erased_people.c
    query = select(c.address, c.erased_at).where(c.connection == connection)
    return {row.address: row.erased_at for row in conn.execute(query)}


def forget_old(conn: Connection, connection: str, *, now: datetime) -> None:
    """Forget who was erased more than a month ago."""
    c = erased_people.c
    conn.execute(delete(erased_people).where(c.connection == connection, c.erased_at < now - _KEPT))

"""E-mail addresses, and Lever's ids, as hashes: by them what names a person is found who is to be erased."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement, and_, cast, delete, func, not_, or_, select, true

from lever_assets.store.dialects import among, text_at, upsert
from lever_assets.store.tables import UNIFIED, erased_people
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import canonical, fingerprint
from lever_assets.unified.ids import REMOTE

_KEPT = timedelta(days=30)
"""By then whatever named the people is erased: LEVER_RETENTION_DAYS is over, or every night looked for it."""
_BETWEEN = re.compile(r"""[\s<>"'(),;:\\\[\]{}/?&=|]+""")
_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)+")
OWN = frozenset({"email", "email_address", "emails"})
"""The fields, ours and Lever's, that hold addresses of whom a record or an input is about."""
_CANDIDATES = UNIFIED["candidates"]


def addresses_in(account: str, value: object) -> set[str]:
    """Return the hashes of all e-mail addresses that stand in a JSON value, alone or within texts.

    Takes as long as the texts are, whatever is in them.
    """
    return {_hash(account, each) for each in _written_in(value)}


def named_by(account: str, ids: Iterable[str]) -> set[str]:
    """Return the hashes of Lever's ids of a person, which are compared as addresses are, in any case."""
    return {_hash(account, each.removeprefix(REMOTE).casefold()) for each in ids}


def own_addresses(value: object) -> list[object]:
    """Return what a JSON value has in the fields for a person's own addresses, however deep they are."""
    found, waiting = [], [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            found += [inner for name, inner in each.items() if name in OWN]
            waiting += [inner for name, inner in each.items() if name not in OWN]
        elif isinstance(each, list | tuple):
            waiting += each
    return found


def addresses_of(tx: Transaction, candidates: Collection[str]) -> set[str]:
    """Return the hashes of the addresses of those of these candidates (our ids) not yet known to be gone.

    One that is also the address of another candidate, whom Lever has, is left out: it is of somebody who is
    there, under another opportunity for one, or of a whole office.
    """
    c = _CANDIDATES.c
    query = select(c.email_addresses).where(among(tx.sql, c.id, candidates), _is_there())
    written = {each for listed in tx.sql.execute(query).scalars() for each in _written_in(listed)}
    if not written:
        return set()
    return {_hash(tx.account, each) for each in written - _of_others(tx, written, candidates)}


def still_known(tx: Transaction, candidates: Collection[str]) -> set[str]:
    """Return the sources of those of these candidates (our ids) whose rows have a name or an address yet.

    Whom Lever has no more, and whoever was erased, is not among them.
    """
    c = _CANDIDATES.c
    # Without the account: SQLite would find all that are the account's first. An id is of one account.
    query = select(c.source_key, c.first_name, c.last_name, c.email_addresses).where(
        among(tx.sql, c.id, candidates), _is_there()
    )
    return {row.source_key for row in tx.sql.execute(query) if any(row[1:])}


def _of_others(tx: Transaction, written: Collection[str], candidates: Collection[str]) -> set[str]:
    c = _CANDIDATES.c
    if tx.sql.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import JSONPATH  # noqa: PLC0415 - not with SQLite: see dialects.py

        path = cast("$[*]", JSONPATH)  # of what is no list, too
        listed = func.jsonb_path_query(c.email_addresses, path).table_valued("value").render_derived()
    else:
        listed = func.json_each(c.email_addresses).table_valued("value")
    text = func.lower(text_at(tx.sql, listed.c.value, "email_address"))
    others = and_(c.connection == tx.account, _is_there(), not_(among(tx.sql, c.id, candidates)))
    query = (
        select(text).select_from(_CANDIDATES.join(listed, true())).where(others, among(tx.sql, text, written))
    )
    return {each.casefold() for each in tx.sql.execute(query).scalars()}


def _is_there() -> ColumnElement[bool]:
    return or_(_CANDIDATES.c.remote_deleted_at.is_(None), _CANDIDATES.c.left_out.is_not(None))


def _written_in(value: object) -> set[str]:
    """Return the addresses in a JSON value as they are compared."""
    found, waiting = set(), [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            found |= _in_text(each)
        elif isinstance(each, Mapping):
            waiting += each.values()
        elif isinstance(each, list | tuple):
            waiting += each
    return found


def _in_text(text: str) -> set[str]:
    found = set()
    for piece in _BETWEEN.split(text) if "@" in text else ():
        for before, after in pairwise(piece.split("@")):
            domain = _DOMAIN.match(after)
            if before and domain:
                found.add(f"{before}@{domain[0]}".casefold())
    return found


def _hash(account: str, address: str) -> str:
    return fingerprint(canonical([account, address]))


def keep_erased(tx: Transaction, addresses: Collection[str]) -> None:
    """Keep that the people with these addresses (hashes) are to be found nowhere from now on.

    That is not from when the transaction began: an action may have been opened since.
    """
    tx.renew()
    rows = [
        {"connection": tx.account, "address": each, "erased_at": tx.instant} for each in sorted(addresses)
    ]
    upsert(tx.sql, erased_people, rows, replace=("erased_at",))


def erased_among(tx: Transaction, addresses: Collection[str], *, since: datetime) -> bool:
    """Tell whether somebody with one of these addresses (hashes) was erased since an instant."""
    if not addresses:
        return False
    c = erased_people.c
    mine = (c.connection == tx.account, c.erased_at >= since, among(tx.sql, c.address, addresses))
    return tx.sql.execute(select(c.address).where(*mine).limit(1)).first() is not None


def all_erased(tx: Transaction) -> dict[str, datetime]:
    """Return when each of the people was erased last, by address (hash)."""
    c = erased_people.c
    query = select(c.address, c.erased_at).where(c.connection == tx.account)
    return {row.address: row.erased_at for row in tx.sql.execute(query)}


def forget_erased_long_ago(tx: Transaction) -> None:
    """Forget who was erased more than a month ago."""
    tx.sql.execute(delete(erased_people).where(_old(tx.account, tx.instant)))


def _old(account: str, now: datetime) -> ColumnElement[bool]:
    c = erased_people.c
    return and_(c.connection == account, c.erased_at < now - _KEPT)

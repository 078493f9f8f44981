"""The connections that were made by `connect`, a row each; their secrets are apart (`secrets.py`)."""

from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import Table, bindparam, delete, inspect, or_, select, update

from lever_assets.store.dialects import upsert
from lever_assets.store.tables import accounts, metadata, sync_state
from lever_assets.store.transaction import Transaction
from lever_assets.unified.models import JsonObject

_KEPT = ("connection", "named_at_first", "created_at")
"""Columns that stay as they were when a row is written anew."""
_OWN: tuple[Table, ...] = tuple(table for table in metadata.tables.values() if "connection" in table.c)

_OF = select(accounts).where(accounts.c.connection == bindparam("of"))


@dataclass(frozen=True, kw_only=True)
class StoredAccount:
    """One row of the table `accounts`; `settings` are those of its own, by name, as JSON has them.

    Instants are UTC. `named_at_first` is the name that ids are made of.
    """

    connection: str
    named_at_first: str
    kind: str
    environment: str
    base_url: str | None = None
    auth_url: str | None = None
    enabled: bool = True
    organization_name: str | None = None
    email: str | None = field(default=None, repr=False)
    origin_id: str | None = None
    settings: JsonObject = field(default_factory=dict)
    created_at: datetime
    updated_at: datetime


def stored_account(tx: Transaction) -> StoredAccount | None:
    """Return the row of the transaction's account; None: there is none."""
    row = tx.sql.execute(_OF, {"of": tx.account}).mappings().first()
    return None if row is None else StoredAccount(**row)


def stored_accounts(tx: Transaction) -> list[StoredAccount]:
    """Return every row, by name; none from a database that no program which knows the table has opened."""
    if not inspect(tx.sql).has_table(accounts.name):
        return []
    rows = tx.sql.execute(select(accounts).order_by(accounts.c.connection)).mappings()
    return [StoredAccount(**row) for row in rows]


@dataclass(frozen=True)
class Whereabouts:
    """What a connection is called, was called when it was made, and whether it is switched on."""

    connection: str
    named_at_first: str
    enabled: bool


def whereabouts(tx: Transaction) -> list[Whereabouts]:
    """Return that of every stored connection."""
    c = accounts.c
    return [Whereabouts(*row) for row in tx.sql.execute(select(c.connection, c.named_at_first, c.enabled))]


def keep_account(tx: Transaction, account: StoredAccount) -> None:
    """Write a row, over the one of that name if there is one, which keeps when and as what it was made."""
    row = {**asdict(account), "updated_at": tx.instant}
    upsert(tx.sql, accounts, [row], replace=[name for name in row if name not in _KEPT])


def is_taken(tx: Transaction, name: str) -> bool:
    """Tell whether a name is a connection's, or was when it was made: its ids are made of that."""
    named = or_(accounts.c.connection == name, accounts.c.named_at_first == name)
    return tx.sql.execute(select(accounts.c.connection).where(named)).first() is not None


def has_rows(tx: Transaction, name: str) -> bool:
    """Tell whether anything was ever read or kept under a name."""
    return tx.sql.execute(select(sync_state.c.key).where(sync_state.c.connection == name)).first() is not None


def rename_rows(tx: Transaction, to: str) -> None:
    """Have every row of the transaction's account be one of the connection `to`, in all tables."""
    for table in _OWN:
        tx.sql.execute(update(table).where(table.c.connection == tx.account).values(connection=to))


def drop_account(tx: Transaction) -> None:
    """Forget the row of the transaction's account; what was read of it stays."""
    tx.sql.execute(delete(accounts).where(accounts.c.connection == tx.account))


def drop_rows(tx: Transaction) -> None:
    """Delete every row of the transaction's account, in all tables."""
    for table in _OWN:
        tx.sql.execute(delete(table).where(table.c.connection == tx.account))

"""The connections that were made by `connect`, a row each; their secrets are apart (`secrets.py`)."""

from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import Table, bindparam, delete, inspect, or_, select, update

from lever_assets.store.checkpoints import Checkpoint, Instant
from lever_assets.store.dialects import upsert
from lever_assets.store.tables import accounts, metadata, sync_state
from lever_assets.store.transaction import Transaction
from lever_assets.unified.models import JsonObject

_KEPT = ("connection", "named_at_first", "created_at")
"""Columns that stay as they were when a row is written anew."""
_NAMED_AT_FIRST = Checkpoint[str]("named_at_first", str)
"""Of a connection that was removed and whose rows were kept: what their ids are made of."""
_ERASED = Checkpoint[datetime]("connection_erased", Instant)
"""By name, of nobody: when a connection was removed with its rows, until it is forgotten elsewhere, too."""
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


def hold_account(tx: Transaction, *, shared: bool = False) -> StoredAccount | None:
    """As `stored_account`; until the end nobody else changes the row, or, `shared`, but holds it, too."""
    query = select(accounts).where(accounts.c.connection == tx.account).with_for_update(read=shared)
    row = tx.sql.execute(query).mappings().first()
    return None if row is None else StoredAccount(**row)


def first_name_kept(tx: Transaction) -> str | None:
    """Return the name that ids of rows are made of whose connection was removed; None: there are none."""
    return _NAMED_AT_FIRST.read(tx)


def named_at_first(tx: Transaction) -> str:
    """Return the name that ids of the transaction's account are made of, also when it was removed since."""
    named = select(accounts.c.named_at_first).where(accounts.c.connection == tx.account)
    return tx.sql.execute(named).scalar_one_or_none() or first_name_kept(tx) or tx.account


def is_taken(tx: Transaction, name: str) -> bool:
    """Tell whether ids of another account than the transaction's are made of a name, or it is another's."""
    c, kept = accounts.c, sync_state.c
    of_others = c.connection != tx.account, or_(c.connection == name, c.named_at_first == name)
    if tx.sql.execute(select(c.connection).where(*of_others)).first() is not None:
        return True
    removed = select(kept.value).where(kept.connection != tx.account, kept.key == _NAMED_AT_FIRST.kind)
    return name in tx.sql.execute(removed).scalars()


def has_rows(tx: Transaction, name: str) -> bool:
    """Tell whether anything was ever read or kept under a name."""
    return tx.sql.execute(select(sync_state.c.key).where(sync_state.c.connection == name)).first() is not None


def rename_rows(tx: Transaction, to: str) -> None:
    """Have every row of the transaction's account be one of `to`, in all tables; that is kept (`renamed`)."""
    for table in _OWN:
        tx.sql.execute(update(table).where(table.c.connection == tx.account).values(connection=to))
    done = Renaming(tx.instant, tx.account, to)
    _RENAMED.keep(_of_nobody(tx), done, _subject(done))


def drop_account(tx: Transaction) -> None:
    """Forget the row of the transaction's account; what was read of it, and what ids are made of, stays."""
    _NAMED_AT_FIRST.keep(tx, named_at_first(tx))
    tx.sql.execute(delete(accounts).where(accounts.c.connection == tx.account))


def drop_rows(tx: Transaction) -> None:
    """Delete every row of the transaction's account, in all tables; that it was done is kept (`erased`)."""
    for table in _OWN:
        tx.sql.execute(delete(table).where(table.c.connection == tx.account))
    _ERASED.keep(_of_nobody(tx), tx.instant, tx.account)


@dataclass(frozen=True)
class Renaming:
    """A connection was given another name at an instant (UTC)."""

    at: Instant
    name: str
    to: str


_RENAMED = Checkpoint[Renaming]("connection_renamed", Renaming)
"""By instant and name, of nobody: until it is known elsewhere, too."""


def renamed(tx: Transaction) -> list[Renaming]:
    """Return the renamings that are to be known elsewhere yet, in their order; of all connections."""
    return [each for _, each in sorted(_RENAMED.every(_of_nobody(tx)).items())]


def forget_renamed(tx: Transaction, done: Renaming) -> None:
    """Keep that a renaming is known elsewhere."""
    _RENAMED.forget(_of_nobody(tx), _subject(done))


def erased(tx: Transaction) -> dict[str, datetime]:
    """Return the connections that were removed with their rows and are to be forgotten elsewhere: when."""
    return _ERASED.every(_of_nobody(tx))


def forget_erased(tx: Transaction, name: str, at: datetime) -> None:
    """Keep that a connection is forgotten elsewhere, unless it was removed once more since."""
    if _ERASED.read(_of_nobody(tx), name) == at:
        _ERASED.forget(_of_nobody(tx), name)


def removed(tx: Transaction) -> set[str]:
    """Return the names of connections that were removed and are not there again; of all that are known."""
    c = sync_state.c
    kept = tx.sql.execute(select(c.connection).where(c.key == _NAMED_AT_FIRST.kind)).scalars()
    return {*kept, *erased(tx)} - {each.connection for each in whereabouts(tx)}


def _of_nobody(tx: Transaction) -> Transaction:
    """Return the transaction, for what is kept of no connection that there is."""
    return Transaction(tx.sql, "", tx.instant)


def _subject(renaming: Renaming) -> str:
    return f"{renaming.at.isoformat()} {renaming.name}"

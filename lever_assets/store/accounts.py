"""The connections that were made by `connect`, a row each; their secrets are apart (`secrets.py`).

One that was removed and whose rows were kept has its row still, marked by `removed_at`: its rows go on to be
erased when it is time for that, and its name and ids stay its own. To whoever asks for an account it is not
there, but where that is said.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Table, bindparam, delete, exists, or_, select, update

from lever_assets.store.apart import see_that_all_are_of_one
from lever_assets.store.checkpoints import Checkpoint, Instant
from lever_assets.store.dialects import upsert
from lever_assets.store.erased_files import TABLES
from lever_assets.store.migrations import shape
from lever_assets.store.outbox import State, forget_settled
from lever_assets.store.tables import accounts, metadata, notice_outbox
from lever_assets.store.transaction import NOBODY, Transaction
from lever_assets.unified.models import JsonObject

_KEPT = ("connection", "named_at_first", "created_at")
"""Columns that stay as they were when a row is written anew."""
_ERASED = Checkpoint[datetime]("connection_erased", Instant)
"""By instant and name, of nobody: a connection was removed with its rows then, which is to be followed."""
_FOLLOWED_WITHIN = timedelta(days=90)
_OWN: tuple[Table, ...] = tuple(table for table in metadata.tables.values() if "connection" in table.c)

_ANY = select(accounts).where(accounts.c.connection == bindparam("of"))
_OF = _ANY.where(accounts.c.removed_at.is_(None))


@dataclass(frozen=True, kw_only=True)
class StoredAccount:
    """One row of the table `accounts`; `settings` are those of its own, by name, as JSON has them.

    Instants are UTC. `named_at_first` is the name that ids are made of. `removed_at`: it was removed then.
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
    removed_at: datetime | None = None

    @property
    def connected_by(self) -> str | None:
        """Its kind; None: that is not known, it was removed when no row was kept of such."""
        return None if self.base_url is None else self.kind


def stored_account(tx: Transaction) -> StoredAccount | None:
    """Return the row of the transaction's account; None: there is none, or it was removed."""
    return _one(tx, _OF)


def any_account(tx: Transaction) -> StoredAccount | None:
    """As `stored_account`, or the row of one that was removed and whose rows were kept."""
    return _one(tx, _ANY)


def _one(tx: Transaction, query: Select[Any]) -> StoredAccount | None:
    row = tx.sql.execute(query, {"of": tx.account}).mappings().first()
    return None if row is None else StoredAccount(**row)


def stored_accounts(tx: Transaction) -> list[StoredAccount]:
    """Return every row, by name, those included that were removed.

    None from a database that no program which knows the table has opened; in that of a program before this
    one none was removed yet. Raises UnfitError if the table is in another schema (`apart.py`).
    """
    found = shape(tx.sql)
    there = found.anywhere.get(accounts.name)
    if there is None:
        see_that_all_are_of_one(tx.sql, found.tables, found.elsewhere)
        return []
    columns = [column for column in accounts.c if column.name in there]
    rows = tx.sql.execute(select(*columns).order_by(accounts.c.connection)).mappings()
    return [StoredAccount(**row) for row in rows]


def removed_names(tx: Transaction) -> list[str]:
    """Return the names of the connections that were removed and whose rows were kept, in order."""
    c = accounts.c
    query = select(c.connection).where(c.removed_at.is_not(None)).order_by(c.connection)
    return list(tx.sql.execute(query).scalars())


@dataclass(frozen=True)
class Whereabouts:
    """What a connection is called, was called when it was made, and whether it is switched on."""

    connection: str
    named_at_first: str
    enabled: bool


def whereabouts(tx: Transaction) -> list[Whereabouts]:
    """Return that of every stored connection."""
    c = accounts.c
    query = select(c.connection, c.named_at_first, c.enabled).where(c.removed_at.is_(None))
    return [Whereabouts(*row) for row in tx.sql.execute(query)]


def is_switched_off(tx: Transaction) -> bool:
    """Tell whether the transaction's account is stored and switched off."""
    query = select(accounts.c.enabled).where(accounts.c.connection == tx.account)
    return tx.sql.execute(query).scalar_one_or_none() is False


def keep_account(tx: Transaction, account: StoredAccount) -> None:
    """Write a row, over the one of that name if there is one, which keeps when and as what it was made."""
    row = {**asdict(account), "updated_at": tx.instant}
    upsert(tx.sql, accounts, [row], replace=[name for name in row if name not in _KEPT])


def hold_account(tx: Transaction, *, shared: bool = False) -> StoredAccount | None:
    """As `stored_account`; until the end nobody else changes the row, or, `shared`, but holds it, too."""
    return _one(tx, _OF.with_for_update(read=shared))


def hold_any(tx: Transaction) -> StoredAccount | None:
    """As `any_account`; until the end nobody else changes the row."""
    return _one(tx, _ANY.with_for_update())


def named_at_first(tx: Transaction) -> str:
    """Return the name that ids of the transaction's account are made of, also when it was removed since."""
    named = select(accounts.c.named_at_first).where(accounts.c.connection == tx.account)
    return tx.sql.execute(named).scalar_one_or_none() or tx.account


def is_taken(tx: Transaction, name: str) -> bool:
    """Tell whether ids of another account than the transaction's are made of a name, or it is another's.

    Of those that were removed, too.
    """
    c = accounts.c
    of_others = c.connection != tx.account, or_(c.connection == name, c.named_at_first == name)
    return tx.sql.execute(select(c.connection).where(*of_others).limit(1)).first() is not None


def has_rows(tx: Transaction, name: str) -> bool:
    """Tell whether anything is kept under a name, in any table.

    But for notices: that a connection was removed is told after its last row is gone.
    """
    some = [exists().where(table.c.connection == name) for table in _OWN if table is not notice_outbox]
    return tx.sql.execute(select(or_(*some))).scalar_one()


def rename_rows(tx: Transaction, to: str) -> None:
    """Have every row of the transaction's account be one of `to`, in all tables; that is kept (`renamed`)."""
    for table in _OWN:
        tx.sql.execute(update(table).where(table.c.connection == tx.account).values(connection=to))
    done = Renaming(tx.instant, tx.account, to)
    _RENAMED.keep(_of_nobody(tx), done, _subject(done))


def mark_removed(tx: Transaction) -> None:
    """Keep that the transaction's account is there no more; what was read of it stays.

    Its own settings stay with its rows, which are erased as these say. Who connected it is not needed for
    that: it goes from the notices, too, but for those that are still to be sent.
    """
    forget_settled(tx)
    values = {"removed_at": tx.instant, "updated_at": tx.instant, "email": None}
    tx.sql.execute(update(accounts).where(accounts.c.connection == tx.account).values(values))


def drop_rows(tx: Transaction, *, but_waiting: Collection[str] = ()) -> None:
    """Delete every row of the transaction's account, in all tables; that it was done is kept (`erased`).

    So is, as nobody's, that the database's file is to be written anew.
    `but_waiting`: notices of these types stay until they were sent.
    """
    c = notice_outbox.c
    goes = or_(c.state != State.PENDING.value, c.type.is_(None), c.type.not_in(but_waiting))
    for table in _OWN:
        mine = delete(table).where(table.c.connection == tx.account)
        tx.sql.execute(mine.where(goes) if table is notice_outbox else mine)
    done = Erasing(tx.instant, tx.account)
    _ERASED.keep(_of_nobody(tx), done.at, _subject(done))
    TABLES.note(_of_nobody(tx))  # at once: whoever is killed before the file is written anew leaves word


@dataclass(frozen=True)
class Renaming:
    """A connection was given another name at an instant (UTC)."""

    at: Instant
    name: str
    to: str


_RENAMED = Checkpoint[Renaming]("connection_renamed", Renaming)
"""By instant and name, of nobody: until it is known elsewhere, too."""


@dataclass(frozen=True)
class Erasing:
    """A connection was removed with its rows at an instant (UTC)."""

    at: Instant
    name: str


Departure = Renaming | Erasing


def departures(tx: Transaction) -> Sequence[Departure]:
    """Return the renamings and erasures that are to be followed elsewhere yet, of all, in their order."""
    nobody = _of_nobody(tx)
    erased = [Erasing(at, subject.rpartition(" ")[2]) for subject, at in _ERASED.every(nobody).items()]
    return sorted([*_RENAMED.every(nobody).values(), *erased], key=lambda each: each.at)


def forget_departures(tx: Transaction, *done: Departure) -> None:
    """Keep that these are followed elsewhere."""
    for each in done:
        kind = _RENAMED if isinstance(each, Renaming) else _ERASED
        kind.forget(_of_nobody(tx), _subject(each))


def old_departures(tx: Transaction) -> list[Departure]:
    """Return those that nobody has followed for so long that there is nobody who does."""
    return [each for each in departures(tx) if tx.instant - each.at > _FOLLOWED_WITHIN]


def removed(tx: Transaction) -> set[str]:
    """Return the names of connections that were removed and are not stored again; of all that are known.

    The environment's own account may have one of them, and be there.
    """
    kept = tx.sql.execute(select(accounts.c.connection).where(accounts.c.removed_at.is_not(None))).scalars()
    erased = {each.name for each in departures(tx) if isinstance(each, Erasing)}
    return {*kept, *erased} - {each.connection for each in whereabouts(tx)}


def _of_nobody(tx: Transaction) -> Transaction:
    """Return the transaction, for what is kept of no connection that there is."""
    return tx.of(NOBODY)


def _subject(departure: Departure) -> str:
    return f"{departure.at.isoformat()} {departure.name}"

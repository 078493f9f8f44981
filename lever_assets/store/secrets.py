"""Stored secrets: sealed by the caller, never in the clear here."""

from dataclasses import dataclass

from sqlalchemy import delete, select, update

from lever_assets.store.dialects import OF, upsert
from lever_assets.store.tables import connections
from lever_assets.store.transaction import Transaction
from lever_assets.unified.models import JsonObject

_EVERY = (
    select(connections.c.name, connections.c.secret, connections.c.details)
    .where(connections.c.connection == OF)
    .order_by(connections.c.name)
)


@dataclass(frozen=True)
class Sealed:
    """A secret as it is stored, and what may be known of it."""

    secret: str
    details: JsonObject


def put_secret(tx: Transaction, name: str, sealed: Sealed) -> None:
    """Keep a sealed secret under a name."""
    row = {
        "connection": tx.account,
        "name": name,
        "secret": sealed.secret,
        "details": sealed.details,
        "updated_at": tx.instant,
    }
    upsert(
        tx.sql,
        connections,
        [row],
        replace=("secret", "details", "updated_at"),
    )


def hold_secret(tx: Transaction, name: str) -> None:
    """Write over a secret with itself, which fails where another one could not be written either."""
    c = connections.c
    mine = (c.connection == tx.account, c.name == name)
    tx.sql.execute(update(connections).where(*mine).values(secret=c.secret))


def secrets(tx: Transaction, prefix: str) -> dict[str, Sealed]:
    """Return the sealed secrets whose name begins with `prefix`, by name."""
    rows = tx.sql.execute(_EVERY, {"of": tx.account})
    return {row.name: Sealed(row.secret, row.details or {}) for row in rows if row.name.startswith(prefix)}


def has_secrets(tx: Transaction) -> bool:
    """Tell whether there is a secret of any connection, whichever account is the transaction's."""
    return tx.sql.execute(select(connections.c.name).limit(1)).first() is not None


def drop_secret(tx: Transaction, name: str) -> None:
    """Forget a secret."""
    tx.sql.execute(
        delete(connections).where(connections.c.connection == tx.account, connections.c.name == name)
    )

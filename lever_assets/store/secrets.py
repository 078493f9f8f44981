"""Stored secrets: sealed by the caller, never in the clear here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, exists, func, or_, select, update

from lever_assets.store.dialects import OF, upsert
from lever_assets.store.tables import connections, notice_targets
from lever_assets.store.transaction import Transaction
from lever_assets.unified.models import JsonObject

WEBHOOKS = "webhook:"
"""Names of the signature tokens of Lever's events begin with it; the event follows."""
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


def secrets_kept_at(tx: Transaction, prefix: str) -> datetime | None:
    """Return when a secret was kept last (UTC) whose name begins with `prefix`; None: there is none."""
    c = connections.c
    query: Select[tuple[datetime | None]] = select(func.max(c.updated_at)).where(
        c.connection == tx.account, c.name.startswith(prefix, autoescape=True)
    )
    return tx.sql.execute(query).scalar_one()


def has_secrets(tx: Transaction) -> bool:
    """Tell whether there is a secret of any connection or target, whichever account is the transaction's."""
    some = select(
        or_(
            exists().where(connections.c.name.is_not(None)),
            exists().where(notice_targets.c.name.is_not(None)),
        )
    )
    return bool(tx.sql.execute(some).scalar_one())


def drop_secret(tx: Transaction, name: str) -> None:
    """Forget a secret."""
    tx.sql.execute(
        delete(connections).where(connections.c.connection == tx.account, connections.c.name == name)
    )

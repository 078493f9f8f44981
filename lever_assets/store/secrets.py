"""Stored secrets: sealed by the caller, never in the clear here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from lever_assets.store.dialects import upsert
from lever_assets.store.tables import connections
from lever_assets.unified.models import JsonObject


@dataclass(frozen=True)
class Sealed:
    """A secret as it is stored, and what may be known of it."""

    secret: str
    details: JsonObject


def put_secret(conn: Connection, connection: str, name: str, sealed: Sealed, *, now: datetime) -> None:
    """Keep a sealed secret under a name."""
    row = {
        "connection": connection,
        "name": name,
        "secret": sealed.secret,
        "details": sealed.details,
        "updated_at": now,
    }
    upsert(
        conn,
        connections,
        [row],
        replace=("secret", "details", "updated_at"),
    )


def secrets(conn: Connection, connection: str, prefix: str) -> dict[str, Sealed]:
    """Return the sealed secrets whose name begins with `prefix`, by name."""
    c = connections.c
    query = select(c.name, c.secret, c.details).where(
        c.connection == connection, c.name.startswith(prefix, autoescape=True)
    )
    return {row.name: Sealed(row.secret, row.details or {}) for row in conn.execute(query.order_by(c.name))}


def drop_secret(conn: Connection, connection: str, name: str) -> None:
    """Forget a secret."""
    conn.execute(
        delete(connections).where(connections.c.connection == connection, connections.c.name == name)
    )

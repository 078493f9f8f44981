"""The keys of those who ask the HTTP API: their names and hashes; a key itself is nowhere."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select, update

from lever_assets.store.dialects import upsert
from lever_assets.store.tables import api_keys
from lever_assets.store.transaction import Transaction


@dataclass(frozen=True)
class StoredKey:
    """A key by its name: the SHA-256 of it (hexadecimal), and since when it counts, and counts no more."""

    name: str
    hash: str
    created_at: datetime
    revoked_at: datetime | None = None


def stored_keys(tx: Transaction) -> list[StoredKey]:
    """Return every key there is or was, the oldest first."""
    c = api_keys.c
    query = select(c.name, c.hash, c.created_at, c.revoked_at).order_by(c.created_at, c.name)
    return [StoredKey(*row) for row in tx.sql.execute(query)]


def add_key(tx: Transaction, name: str, key_hash: str) -> bool:
    """Keep a new key; False where the name is taken, by a revoked one too."""
    return upsert(tx.sql, api_keys, [asdict(StoredKey(name, key_hash, tx.instant))]) == 1


def revoke_key(tx: Transaction, name: str) -> bool:
    """Let a key count no more; False where none of that name does."""
    c = api_keys.c
    counts = (c.name == name, c.revoked_at.is_(None))
    return tx.sql.execute(update(api_keys).where(*counts).values(revoked_at=tx.instant)).rowcount == 1

"""Who is told by notices, a row each with sealed URL and secrets; URLs of LEVER_NOTICE_URLS have none."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import delete, select, update

from lever_assets.store.dialects import upsert
from lever_assets.store.tables import notice_outbox, notice_targets
from lever_assets.store.transaction import Transaction


@dataclass(frozen=True, kw_only=True)
class StoredTarget:
    """A target by its name; `url`, `secret` and `previous` are sealed, the columns say what each field is."""

    name: str
    target: str
    host: str
    url: str = field(repr=False)
    secret: str = field(repr=False)
    previous: str | None = field(default=None, repr=False)
    types: Sequence[str]
    extra_models: bool = False
    created_at: datetime
    rotated_at: datetime | None = None


def stored_targets(tx: Transaction) -> list[StoredTarget]:
    """Return every target, the oldest first."""
    c = notice_targets.c
    rows = tx.sql.execute(select(notice_targets).order_by(c.created_at, c.name)).mappings()
    return [StoredTarget(**row) for row in rows]


def stored_target(tx: Transaction, name: str) -> StoredTarget | None:
    """Return the target of a name; until the end nobody else changes it. None: there is none."""
    query = select(notice_targets).where(notice_targets.c.name == name).with_for_update()
    row = tx.sql.execute(query).mappings().first()
    return None if row is None else StoredTarget(**row)


def add_target(tx: Transaction, target: StoredTarget) -> bool:
    """Keep a new target; False where the name is taken."""
    return upsert(tx.sql, notice_targets, [{**asdict(target), "types": list(target.types)}]) == 1


def change_secrets(tx: Transaction, name: str, secret: str, previous: str) -> None:
    """Give a target another sealed secret; `previous` is the one that it had."""
    values = {"secret": secret, "previous": previous, "rotated_at": tx.instant}
    tx.sql.execute(update(notice_targets).where(notice_targets.c.name == name).values(**values))


def drop_target(tx: Transaction, target: StoredTarget) -> None:
    """Forget a target, and all notices to it, of every connection."""
    tx.sql.execute(delete(notice_targets).where(notice_targets.c.name == target.name))
    tx.sql.execute(delete(notice_outbox).where(notice_outbox.c.target == target.target))

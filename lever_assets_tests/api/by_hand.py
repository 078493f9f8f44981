"""Rows that a test changes or adds by hand, behind the back of every sync."""

from contextlib import closing
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update

from lever_assets.store import Store
from lever_assets.store.tables import UNIFIED
from lever_assets.store.transaction import now
from lever_assets_tests.api.served import Served


def change(api: Served, model: str, row_id: str, **values: Any) -> None:
    """Change columns of a row, and nothing else of it."""
    table = UNIFIED[model]
    with closing(Store.open(api.account.database)) as store, store.writing("lever") as tx:
        tx.sql.execute(update(table).where(table.c.id == row_id).values(**values))


def add(api: Served, model: str, row_id: str, *, connection: str = "lever", **values: Any) -> None:
    """Add a row, of which what is not given is null."""
    row = dict.fromkeys(UNIFIED[model].c.keys()) | {
        "id": row_id,
        "connection": connection,
        "remote_id": f"remote of {row_id}",
        "changed_at": now(),
        "source_key": row_id,
        "content_hash": "by hand",
    }
    with closing(Store.open(api.account.database)) as store, store.writing(connection) as tx:
        tx.sql.execute(insert(UNIFIED[model]), [row | values])


def wire(instant: datetime | None) -> str | None:
    """Return an instant as it is given out."""
    return None if instant is None else f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03}Z"

"""Reading stored unified rows back, where a mapping has to know what was there before."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from lever_assets.store.batches import among
from lever_assets.store.tables import UNIFIED


def closed_at(conn: Connection, connection: str, sources: Collection[str]) -> dict[str, datetime]:
    """Return when each job that is stored as CLOSED was closed, by source key (remote id of the posting)."""
    c = UNIFIED["jobs"].c
    found = conn.execute(
        select(c.source_key, c.closed_at).where(
            c.connection == connection,
            among(conn, c.source_key, sources),
            c.status == "CLOSED",
            c.closed_at.is_not(None),
        )
    )
    return {row.source_key: row.closed_at for row in found}

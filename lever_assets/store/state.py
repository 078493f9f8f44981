"""Small facts that the sync keeps between runs: watermarks, progress, counters.

Whoever reads one takes a value that makes no sense (damaged by hand, or by a disk) for none: what was
forgotten is read or mapped again, what was misread could lose or delete something.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, delete, or_, select

from lever_assets.store.batches import upsert
from lever_assets.store.tables import sync_state

_VALUE = select(sync_state.c.value).where(
    sync_state.c.connection == bindparam("of"), sync_state.c.key == bindparam("under")
)
_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""Beyond these no overlap can be taken away or added."""


def get_state(conn: Connection, connection: str, key: str) -> JsonValue:
    """Return the value kept under `key`, None if there is none."""
    return conn.execute(_VALUE, {"of": connection, "under": key}).scalar_one_or_none()


def put_state(
    conn: Connection, connection: str, key: str, value: JsonValue, *, now: datetime | None = None
) -> None:
    """Keep `value` (anything JSON has) under `key`; instants are the caller's to encode."""
    put_states(conn, connection, {key: value}, now=now)


def put_states(
    conn: Connection, connection: str, values: Mapping[str, JsonValue], *, now: datetime | None = None
) -> None:
    """Keep each value under its key, as `put_state`."""
    moment = now or datetime.now(UTC)
    rows = [
        {"connection": connection, "key": key, "value": value, "updated_at": moment}
        for key, value in values.items()
    ]
    upsert(conn, sync_state, rows, replace=("value", "updated_at"))


def instant(value: JsonValue) -> datetime | None:
    """Return the instant (UTC) that was kept as text in ISO 8601; None for what is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if _EARLIEST < found < _LATEST else None


def whole_number(value: JsonValue) -> int | None:
    """Return a number from 0 on; None for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def states(conn: Connection, connection: str, prefix: str) -> dict[str, JsonValue]:
    """Return every value whose key begins with `prefix`, by key."""
    c = sync_state.c
    query = select(c.key, c.value).where(
        c.connection == connection, c.key.startswith(prefix, autoescape=True)
    )
    return {row.key: row.value for row in conn.execute(query.order_by(c.key))}


def forget_states(
    conn: Connection, connection: str, *, keys: Collection[str] = (), prefixes: Collection[str] = ()
) -> None:
    """Forget the values under these keys, and under those that begin with one of `prefixes`."""
    c = sync_state.c
    these = (c.key.in_(keys), *(c.key.startswith(each, autoescape=True) for each in prefixes))
    conn.execute(delete(sync_state).where(c.connection == connection, or_(*these)))

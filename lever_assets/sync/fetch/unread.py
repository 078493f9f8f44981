"""What could not be read and is asked for again, in a sentence for people."""

from collections.abc import Sequence

from sqlalchemy import Connection

from lever_assets.store import due
from lever_assets.store.due import NOTHING, FailedRead, Waiting
from lever_assets.sync.fetch.setting_aside import embedded_in
from lever_assets.sync.resources import Kind, Resource

_NAMED = 3
_LONGEST_ID = 60


def unread_below(conn: Connection, connection: str, resource: Resource) -> tuple[Waiting, str | None]:
    """Return below how many parents records could not be read, and a warning if there are any.

    Those of a resource that is read per parent, and what comes inside the records of a list.
    """
    below = resource if resource.kind is Kind.CHILD else embedded_in(resource)
    if below is None:
        return NOTHING, None
    waiting = due.waiting(conn, connection, below.table, below.parent)
    if not waiting.count:
        return waiting, None
    some = due.listed(conn, connection, below.table, below.parent, limit=_NAMED)
    return waiting, _sentence(below, waiting, some)


def _sentence(resource: Resource, waiting: Waiting, some: Sequence[FailedRead]) -> str:
    more = waiting.count - len(some)
    ids = ", ".join(_short(each.remote_id) for each in some) + (f" and {more:,} more" if more else "")
    return (
        f"the {resource.name} of {waiting.count:,} of the {resource.parent} could not be read ({ids}): "
        f"{some[0].reason}; what is stored of them stays, and they are asked for again from "
        f"{waiting.next_at:%Y-%m-%d %H:%M} UTC on"
    )


def _short(remote_id: str) -> str:
    one_line = " ".join(remote_id.split())
    return one_line if len(one_line) <= _LONGEST_ID else f"{one_line[:_LONGEST_ID]}…"

"""Records that came with a field which could not be read: they are soon asked for once more.

The answer may have been a passing one, and Lever does not tell by `updatedAt` that the next would be right.
After a day only the record's next change, or a full sync, reads it again.
"""

from sqlalchemy import Connection

from lever_assets.store import mapping_errors, raw
from lever_assets.store.parents import forget_reads
from lever_assets.sync.fetch.setting_aside import embedded_in
from lever_assets.sync.resources import Resource
from lever_assets.sync.session import Session, now

_MOST = 100
"""So many are asked for again in one sync."""


def worth_another_look(conn: Connection, session: Session, resource: Resource) -> set[str]:
    """Return the records (remote ids) to be read again for themselves, or for what came inside them.

    Keeps that they are; call it in a transaction that writes.
    """
    embedded = embedded_in(resource)
    inside = set() if embedded is None else _parents(conn, session, embedded)
    return _looked_at(conn, session, resource) | inside


def are_misread(conn: Connection, session: Session, resource: Resource) -> bool:
    """Tell whether there are such records of a resource by now."""
    return bool(mapping_errors.misread(conn, session.name, resource.name, now=now(), limit=1))


def have_parents_asked(conn: Connection, session: Session, resource: Resource) -> None:
    """Let the parents of such records of a resource below them be asked as if they never had been."""
    forget_reads(conn, session.name, resource.name, _parents(conn, session, resource))


def _looked_at(conn: Connection, session: Session, resource: Resource) -> set[str]:
    """Return which records are to be read again by now, and keep that they are."""
    name, moment = session.name, now()
    found = mapping_errors.misread(conn, name, resource.name, now=moment, limit=_MOST)
    if found:
        mapping_errors.looked_again(conn, name, resource.name, found, now=moment)
    return found


def _parents(conn: Connection, session: Session, resource: Resource) -> set[str]:
    remote_ids = _looked_at(conn, session, resource)
    rows = raw.read(conn, session.name, resource.name, remote_ids) if remote_ids else []
    return {row.parent_id for row in rows if row.parent_id and not row.deleted}

"""Records that came with a field which could not be read: they are soon asked for once more.

The answer may have been a passing one, and Lever does not tell by `updatedAt` that the next would be right.
After a day only the record's next change, or a full sync, reads it again.
"""

from sqlalchemy import Connection

from lever_assets.store import mapping_errors, raw
from lever_assets.store.parents import forget_reads
from lever_assets.sync.resources import Kind, Resource
from lever_assets.sync.session import Session, now
from lever_assets.sync.setting_aside import embedded_in

_MOST = 100
"""So many are asked for again in one sync."""


def worth_another_look(conn: Connection, session: Session, resource: Resource) -> set[str]:
    """Return the records (remote ids) to be read again for themselves, or for what came inside them."""
    found = _misread(conn, session, resource)
    embedded = embedded_in(resource)
    return found if embedded is None else found | _parents(conn, session, embedded)


def have_parents_asked(conn: Connection, session: Session, resource: Resource) -> None:
    """Let the parents of such records of a resource below them be asked as if they never had been."""
    if resource.kind is Kind.CHILD:
        forget_reads(conn, session.name, resource.name, _parents(conn, session, resource))


def _parents(conn: Connection, session: Session, resource: Resource) -> set[str]:
    rows = raw.read(conn, session.name, resource.name, _misread(conn, session, resource))
    return {row.parent_id for row in rows if row.parent_id and not row.deleted}


def _misread(conn: Connection, session: Session, resource: Resource) -> set[str]:
    return mapping_errors.misread(conn, session.name, resource.name, now=now(), limit=_MOST)

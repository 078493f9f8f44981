"""Records that came with a field which could not be read: they are soon asked for once more.

The answer may have been a passing one, and Lever does not tell by `updatedAt` that the next would be right.
After a day only the record's next change, or a full sync, reads it again.
"""

from collections.abc import Collection

from lever_assets.store import mapping_errors, raw
from lever_assets.store.parents import forget_reads
from lever_assets.sync.resources import Resource
from lever_assets.sync.session import Session, now
from lever_assets.sync.setting_aside import embedded_in

_MOST = 100
"""So many are asked for again in one sync."""


def worth_another_look(session: Session, resource: Resource) -> set[str]:
    """Return the records (remote ids) to be read again for themselves, or for what came inside them."""
    embedded = embedded_in(resource)
    inside = set() if embedded is None else _parents(session, embedded, _misread(session, embedded))
    return _misread(session, resource) | inside


def have_parents_asked(session: Session, resource: Resource) -> None:
    """Let the parents of such records of a resource below them be asked as if they never had been."""
    parents = _parents(session, resource, _misread(session, resource))
    if parents:
        with session.store.writing() as conn:
            forget_reads(conn, session.name, resource.name, parents)


def _misread(session: Session, resource: Resource) -> set[str]:
    """Return which records are to be read again by now, and keep that they are."""
    name, moment = session.name, now()
    with session.store.reading() as conn:
        found = mapping_errors.misread(conn, name, resource.name, now=moment, limit=_MOST)
    if found:
        with session.store.writing() as conn:
            mapping_errors.looked_again(conn, name, resource.name, found, now=moment)
    return found


def _parents(session: Session, resource: Resource, remote_ids: Collection[str]) -> set[str]:
    if not remote_ids:
        return set()
    with session.store.reading() as conn:
        rows = raw.read(conn, session.name, resource.name, remote_ids)
    return {row.parent_id for row in rows if row.parent_id and not row.deleted}

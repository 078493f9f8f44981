"""Marking records as gone, with all that is below them."""

from collections.abc import Collection

from sqlalchemy import Connection

from lever_assets.store import due, mark_deleted
from lever_assets.store.parents import delete_orphans
from lever_assets.sync.resources import RESOURCES, Resource
from lever_assets.sync.session import now


def mark_gone(
    conn: Connection, connection: str, resource: Resource, remote_ids: Collection[str], *, version: int
) -> int:
    """Mark these records as gone; return how many were live. They are not asked for again."""
    due.healed(conn, connection, resource.table, resource.name, remote_ids)
    marked = mark_deleted(conn, connection, resource.name, remote_ids, version=version, now=now())
    if marked:
        mark_below(conn, connection, resource, version=version)
    return marked


def mark_below(conn: Connection, connection: str, resource: Resource, *, version: int) -> None:
    """Mark what is below the records of a resource that are gone."""
    for child in (each for each in RESOURCES if each.parent == resource.name):
        delete_orphans(conn, connection, child.name, resource.name, version=version, now=now())

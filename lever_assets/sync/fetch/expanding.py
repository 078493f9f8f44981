"""What Lever was asked to bring along inside a record and did not: it is asked for singly.

A key without the right to applications may get their ids where `expand=applications` was asked, or a refusal
(spec/lever-api.md, Conventions). One request for each record then takes the place of the expansion, for those
for whose present content it was not read yet. So it does for whatever else is no list of records there.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from lever_assets.lever import JsonObject
from lever_assets.store import due, raw
from lever_assets.store.content import clean
from lever_assets.store.parents import last_reads
from lever_assets.sync.fetch.arrivals import hash_of, is_expanded
from lever_assets.sync.fetch.singles import named_inside
from lever_assets.sync.resources import Resource
from lever_assets.sync.session import now


def unexpanded(records: Sequence[JsonObject], embedded: Resource) -> dict[str, JsonObject]:
    """Return the records, by id, that hold but the ids of what was to be expanded, or nothing like it."""
    return {
        str(record["id"]): record
        for record in records
        if isinstance(record.get("id"), str) and not is_expanded(record.get(embedded.name))
    }


def lacking(
    conn: Connection,
    connection: str,
    resource: Resource,
    embedded: Resource,
    records: Mapping[str, JsonObject],
    *,
    read_before: datetime | None = None,
) -> dict[str, str]:
    """Return which of these are to be asked, with the hashes of their present content.

    That is what was not read for it, or is not stored with all that it names; and what could not be read the
    last time, when it is due or has changed. With `read_before` also what was last read before that instant,
    and whatever could not be read: a change of what lies inside a record may leave the record as it was.
    """
    hashes = {clean(remote_id): hash_of(record) for remote_id, record in records.items()}
    failed = due.known(conn, connection, embedded.table, resource.name, hashes)
    known = last_reads(conn, connection, embedded.name, hashes)
    inside = raw.by_parent(conn, connection, embedded.name, hashes)
    found = {}
    for remote_id, record in records.items():
        own = clean(remote_id)
        before, last, content_hash = failed.get(own), known.get(own), hashes[own]
        stored = {each.remote_id for each in inside.get(own, ())}
        if read_before is not None and (last is None or last.at < read_before):
            wanted = True
        elif before is not None:
            wanted = before.due_at <= now() or before.payload_hash not in {None, content_hash}
        else:
            named = named_inside(record, embedded)
            wanted = last is None or last.content_hash != content_hash or bool(named and stored != named)
        if wanted:
            found[remote_id] = content_hash
    return found

"""Single records, asked for by their ids, and what was to come inside a record and did not."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from lever_assets.lever import (
    JsonObject,
    LeverClient,
    LeverError,
    NotFoundError,
    Params,
)
from lever_assets.lever.faults import of_shape
from lever_assets.lever.resources import Below, Embedded, Paged, Resource
from lever_assets.store import due, raw
from lever_assets.store.children import last_reads, read_well
from lever_assets.store.transaction import Transaction
from lever_assets.store.values import clean
from lever_assets.sync.fetch.arrivals import hash_of, is_expanded
from lever_assets.sync.session import Session

_PROBED = 3


async def read_single(
    lever: LeverClient, resource: Resource, remote_id: str, params: Params
) -> JsonObject | None:
    """Return one record; None if Lever answers that it has none. Raises as `ask_single`."""
    try:
        return await ask_single(lever, resource, remote_id, params)
    except NotFoundError:
        return None


async def ask_single(
    lever: LeverClient, resource: Resource, remote_id: str, params: Params | None = None
) -> JsonObject:
    """Return one record; parameters that Lever refuses are left out.

    Raises MalformedError for what is not this record, NotFoundError, and any other LeverError.
    """
    path = resource.at(remote_id)
    found = await lever.get(path, params, optional=tuple(params or ()))
    if not isinstance(found, dict):
        raise of_shape("a single record is no object", "GET", path, by=lever.let_in_by)
    if clean(str(found.get(resource.id_field))) != clean(remote_id):
        raise of_shape(
            "it is another record than the one that was asked for", "GET", path, by=lever.let_in_by
        )
    return found


async def list_below(lever: LeverClient, resource: Below, parent: str) -> list[JsonObject]:
    """Return the list below one parent, by its id.

    Raises MalformedError when a record of it names another opportunity, and any other LeverError.
    """
    path = resource.below(parent)
    listed = await lever.list_all(path, dict(resource.params))
    for each in listed:
        named = each.get("opportunityId")
        if isinstance(named, str) and clean(named) != clean(parent):
            raise of_shape(
                "it has records of another one than was asked for", "GET", path, by=lever.let_in_by
            )
    return listed


async def ask_inside(lever: LeverClient, embedded: Embedded, record: JsonObject) -> list[JsonObject]:
    """Return what Lever did not bring along inside a record.

    Raises MalformedError when the record names what its list lacks, and LeverError.
    """
    parent = str(record.get("id"))
    found = await list_below(lever, embedded, parent)
    if not named_inside(record, embedded) <= {str(each.get(embedded.id_field)) for each in found}:
        problem = f"the record names {embedded.name} that its list of them lacks"
        raise of_shape(problem, "GET", embedded.below(parent), by=lever.let_in_by)
    return found


def named_inside(record: JsonObject, embedded: Embedded) -> set[str]:
    """Return the ids by which a record names what was not expanded."""
    listed = record.get(embedded.name)
    return {each for each in listed if isinstance(each, str)} if isinstance(listed, list) else set()


async def reads_any(lever: LeverClient, resource: Resource) -> bool:
    """Tell whether any record of a resource can be read: it tells an outage from a record that can't be."""
    try:
        async for page in lever.pages(resource.path, {"limit": _PROBED}):
            ids = [str(each[resource.id_field]) for each in page.records if each.get(resource.id_field)]
            return not ids or any([await _reads(lever, resource, each) for each in ids])
    except LeverError:
        return False
    return True


async def reads_any_below(
    lever: LeverClient, session: Session, resource: Below, but: Collection[str]
) -> bool:
    """Tell whether a list below any other parent than these can be read, of those that could be before."""
    with session.reading() as tx:
        others = read_well(tx, resource.parent, resource.name, but=but, limit=_PROBED)
    for remote_id, _ in others:
        with suppress(LeverError):
            await lever.list_all(resource.below(remote_id), dict(resource.params))
            return True
    return False


async def _reads(lever: LeverClient, resource: Resource, remote_id: str) -> bool:
    try:
        return await read_single(lever, resource, remote_id, {}) is not None
    except LeverError:
        return False


def unexpanded(records: Sequence[JsonObject], embedded: Embedded) -> dict[str, JsonObject]:
    """Return the records, by id, that hold but the ids of what was to be expanded, or nothing like it."""
    return {
        str(record["id"]): record
        for record in records
        if isinstance(record.get("id"), str) and not is_expanded(record.get(embedded.name))
    }


def lacking(
    tx: Transaction,
    resource: Paged,
    embedded: Embedded,
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
    failed = due.known(tx, embedded.table, resource.name, hashes)
    known = last_reads(tx, embedded.name, hashes)
    inside = raw.by_parent(tx, embedded.name, hashes)
    found = {}
    for remote_id, record in records.items():
        own = clean(remote_id)
        before, last, content_hash = failed.get(own), known.get(own), hashes[own]
        stored = {each.remote_id for each in inside.get(own, ())}
        if read_before is not None and (last is None or last.at < read_before):
            wanted = True
        elif before is not None:
            wanted = before.due_at <= tx.instant or before.payload_hash not in {None, content_hash}
        else:
            named = named_inside(record, embedded)
            wanted = last is None or last.content_hash != content_hash or bool(named and stored != named)
        if wanted:
            found[remote_id] = content_hash
    return found

"""What Lever was asked to bring along inside a record and did not: it is asked for singly, and put in there.

A key without the right to applications may get their ids where `expand=applications` was asked, or a refusal
(spec/lever-api.md, Conventions). One request for each record then takes the place of the expansion, for those
of which not everything is stored as it stands.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue
from sqlalchemy import Connection

from lever_assets.lever import JsonObject, LeverClient, LeverError
from lever_assets.store import due, raw
from lever_assets.store.content import canonical, fingerprint
from lever_assets.sync.resources import Resource
from lever_assets.sync.session import now
from lever_assets.sync.setbacks import concerns_all


@dataclass
class Expanded:
    """The `records`, expanded where they could be; `read` and `failed` (with the reason) by remote id."""

    records: list[JsonObject]
    read: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def unexpanded(records: Sequence[JsonObject], embedded: Resource) -> dict[str, JsonObject]:
    """Return the records, by id, that name what was to be expanded by its ids alone."""
    found = {}
    for record in records:
        listed = record.get(embedded.name)
        if isinstance(record.get("id"), str) and isinstance(listed, list) and _are_ids(listed):
            found[str(record["id"])] = record
    return found


def _are_ids(listed: Sequence[JsonValue]) -> bool:
    return bool(listed) and all(isinstance(each, str) for each in listed)


def lacking(
    conn: Connection,
    connection: str,
    resource: Resource,
    embedded: Resource,
    records: Mapping[str, JsonObject],
) -> set[str]:
    """Return which of these are to be asked: what changed, and what is not stored with all that it names.

    So is what could not be read the last time, when it is due.
    """
    again = due.due(conn, connection, embedded.table, resource.name, now=now())
    stored = {row.remote_id: row for row in raw.read(conn, connection, resource.name, records)}
    inside = raw.by_parent(conn, connection, embedded.name, records)
    return {
        remote_id
        for remote_id, record in records.items()
        if remote_id in again
        or (row := stored.get(remote_id)) is None
        or row.content_hash != fingerprint(canonical(record))
        or {each.remote_id for each in inside.get(remote_id, ())} != set(map(str, _ids(record, embedded)))
    }


def _ids(record: JsonObject, embedded: Resource) -> Sequence[JsonValue]:
    listed = record.get(embedded.name)
    return listed if isinstance(listed, list) else []


async def expand_singly(
    lever: LeverClient, embedded: Resource, records: Sequence[JsonObject], wanted: Mapping[str, JsonObject]
) -> Expanded:
    """Ask for what belongs into the `wanted` of these records; raises LeverError if it concerns them all."""
    answers = await asyncio.gather(*(_below(lever, embedded, remote_id) for remote_id in wanted))
    found: dict[str, list[JsonObject]] = {}
    result = Expanded(list(records))
    for (remote_id, record), answer in zip(wanted.items(), answers, strict=True):
        if isinstance(answer, LeverError):
            result.failed[remote_id] = answer.problem
        elif set(map(str, _ids(record, embedded))) <= {str(each.get("id")) for each in answer}:
            found[remote_id] = answer
        else:
            result.failed[remote_id] = f"the record names {embedded.name} that its list of them lacks"
    result.read = list(found)
    result.records = [
        {**each, embedded.name: [*found[own]]}
        if isinstance(own := each.get("id"), str) and own in found
        else each
        for each in records
    ]
    return result


async def _below(lever: LeverClient, embedded: Resource, parent: str) -> list[JsonObject] | LeverError:
    try:
        return await lever.list_all(embedded.below(parent))
    except LeverError as error:
        if concerns_all(error):
            raise
        return error

"""From Lever's JSON to what lands: id, instants and place are read off, the payload stays as it came.

What is personal of anonymised people and what the settings leave out does not get any further.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeGuard

from pydantic import JsonValue

from lever_assets.lever import Fragment, JsonObject
from lever_assets.lever.instants import from_epoch_ms_if_any
from lever_assets.lever.resources import Embedded, Resource
from lever_assets.policy.anonymity import FLAG, reduced
from lever_assets.policy.stripping import Stripping
from lever_assets.store import Arrival
from lever_assets.store.mapping_errors import NAMELESS, MappingError
from lever_assets.store.transaction import now
from lever_assets.store.values import canonical, clean, fingerprint

_LONGEST_ID = 500
"""Bytes: an entry of an index holds some of them, and PostgreSQL's may have 2700."""

_CLOSED = frozenset({"closed", "rejected"})
"""States of a posting that is over."""

_ROOM = 20


@dataclass
class Batch:
    """Records of one resource on their way to the raw table, and those that can't go there.

    `asked_at` is when their reading began (UTC). `set_aside` came without an id; so many, `nameless`, may
    be stored ones. `unreadable` have one, and can't be taken in for the reason there. `inside` tells of
    both kinds among what came inside the records, whose lists are then not whole: `partial` names the
    records.
    """

    asked_at: datetime
    arrivals: list[Arrival] = field(default_factory=list)
    embedded: dict[str, list[Arrival]] = field(default_factory=dict)
    set_aside: list[MappingError] = field(default_factory=list)
    nameless: int = 0
    unreadable: dict[str, MappingError] = field(default_factory=dict)
    inside: list[MappingError] = field(default_factory=list)
    partial: set[str] = field(default_factory=set)

    @property
    def whole(self) -> bool:
        """Whether every record could be taken."""
        return not (self.set_aside or self.unreadable)

    @property
    def errors(self) -> list[MappingError]:
        """What is told of the records that could not."""
        return [*self.set_aside, *self.unreadable.values()]

    def only(self, remote_ids: Collection[str]) -> "Batch":
        """Return the batch with no other records than these, and what came inside them."""
        return replace(
            self,
            arrivals=[each for each in self.arrivals if each.remote_id in remote_ids],
            embedded={parent: listed for parent, listed in self.embedded.items() if parent in remote_ids},
        )


def newest_of(records: Iterable[JsonValue]) -> datetime | None:
    """Return the latest `updatedAt` among records of Lever's; one ahead of our clock tells nothing."""
    instants = (from_epoch_ms_if_any(each.get("updatedAt")) for each in records if isinstance(each, dict))
    moment = now()
    return max((each for each in instants if each is not None and each <= moment), default=None)


def read_batch(
    resource: Resource,
    records: Iterable[JsonValue],
    *,
    asked_at: datetime,
    first_position: int | None = None,
    embedded: Embedded | None = None,
    anonymised: bool = False,
    stripping: Stripping | None = None,
) -> Batch:
    """Return the arrivals of `records`; one that can't be taken in costs none of the others.

    `asked_at` is when their reading began. `first_position` numbers the records of a short list. `embedded`:
    the resource whose expanded records are taken out of each record's list of that name, which then holds
    their ids, as Lever gives it unexpanded. `anonymised`: the records are of a person who is; an opportunity
    says so of itself. `stripping`: what is taken out of them because the settings leave it out.
    """
    batch = Batch(asked_at)
    for number, record in enumerate(records):
        position = None if first_position is None else first_position + number
        try:
            _take(batch, resource, record, position, embedded, anonymised=anonymised, stripping=stripping)
        except Exception as error:  # whatever one record is like
            _set_aside(batch, resource, record, number, error)
    return batch


def _take(
    batch: Batch,
    resource: Resource,
    record: JsonValue,
    position: int | None,
    embedded: Embedded | None,
    *,
    anonymised: bool,
    stripping: Stripping | None,
) -> None:
    if not isinstance(record, dict) or isinstance(record, Fragment):
        raise _UnreadableError("it is no object that can be read")
    remote_id = _remote_id(resource, record)
    if len(remote_id.encode("utf-8", "replace")) > _LONGEST_ID:
        raise _UnreadableError(f"its {resource.id_field} is longer than {_LONGEST_ID} bytes")
    kept = record
    if record.get(FLAG) is True or anonymised:
        kept = reduced(resource.name, record)
    if stripping:
        kept = stripping.of(kept)
    inner = None if embedded is None else _taken_out(embedded, kept, batch.asked_at)
    if embedded is not None and inner is not None:
        ids: list[JsonValue] = [*(each.remote_id for each in inner.arrivals), *inner.unreadable]
        kept = {**kept, embedded.name: ids}
    arrival = Arrival(
        remote_id,
        kept,
        created_at=from_epoch_ms_if_any(record.get("createdAt")),
        updated_at=from_epoch_ms_if_any(record.get("updatedAt")),  # the mapping says what is wrong with it
        position=position,
        is_over=bool(record.get("archived")) or str(record.get("state")) in _CLOSED,
        encoded=_encoded(kept),
    )
    batch.arrivals.append(arrival)
    if inner is not None:
        batch.embedded[remote_id] = inner.arrivals
        batch.inside.extend(inner.errors)
        if not inner.whole:
            batch.partial.add(remote_id)


def _encoded(data: JsonObject) -> bytes:
    """Return the canonical JSON of a payload that may be nested deeper: rows and their history hold it."""
    wrapped: JsonValue = data
    for _ in range(_ROOM):
        wrapped = [wrapped]
    return canonical(wrapped)[_ROOM:-_ROOM]


def _taken_out(embedded: Embedded, record: JsonObject, asked_at: datetime) -> Batch | None:
    """Return what came inside a record; None: it is not expanded, and what is stored of it stays as it is."""
    listed = record.get(embedded.name)
    if not is_expanded(listed):
        return None
    return read_batch(embedded, listed, asked_at=asked_at, first_position=0)


def is_expanded(listed: JsonValue) -> TypeGuard[list[JsonValue]]:
    """Tell whether this is a list of records, if of none; what else may be among them is told one by one."""
    return isinstance(listed, list) and (not listed or any(isinstance(each, dict) for each in listed))


class _UnreadableError(ValueError):
    """A record can't be taken in; says why, without its data."""


def _remote_id(resource: Resource, record: JsonObject) -> str:
    remote_id = record.get(resource.id_field)
    if not isinstance(remote_id, str | int) or isinstance(remote_id, bool) or remote_id == "":
        raise _UnreadableError(f"it has no {resource.id_field}")
    return clean(str(remote_id))  # as it is stored: it is compared with what is


def _set_aside(batch: Batch, resource: Resource, record: JsonValue, place: int, error: Exception) -> None:
    """Tell of a record that can't be taken in by its id, or by its place in the list and its hash."""
    content = hash_of(record)
    why = str(error) if isinstance(error, _UnreadableError) else _failed(error)
    try:
        remote_id = _remote_id(resource, record if isinstance(record, dict) else {})
    except _UnreadableError:
        where = f"Lever's {resource.path} listed a record without {resource.id_field}, at place {place}"
        name, reason = f"{NAMELESS}{content}", f"{where}: {why}"
        batch.set_aside.append(MappingError(resource.table, resource.name, name, reason, content))
        batch.nameless += not _is_blank(resource, record)
        return
    reason = f"Lever's {resource.path} gave a record that can't be taken in: {why}"
    name = remote_id if len(remote_id) <= _LONGEST_ID else f"{remote_id[:100]}… {content}"
    batch.unreadable[name] = MappingError(resource.table, resource.name, name, reason, content)


def _is_blank(resource: Resource, record: JsonValue) -> bool:
    """Tell whether what has a text for its id, as tags have, has an empty one: it is none that is stored."""
    return resource.id_field == "text" and isinstance(record, dict) and record.get("text") == ""


def _failed(error: Exception) -> str:
    deep = isinstance(error, RecursionError) or "ecursion" in str(error)
    return "it is nested too deeply" if deep else f"it failed with {type(error).__name__}"


def hash_of(record: JsonValue) -> str:
    """Return the fingerprint of a record as it came; whatever it is like, it has one."""
    try:
        return fingerprint(canonical(record))
    except Exception:  # what can't be encoded is told apart by its keys
        return fingerprint(canonical(sorted(record) if isinstance(record, dict) else str(type(record))))

"""From Lever's JSON to what lands: id, instants and place are read off, the payload stays as it came.

What is personal of anonymised people and what the settings leave out does not get any further.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic import JsonValue

from lever_assets.lever import JsonObject
from lever_assets.lever.instants import from_epoch_ms
from lever_assets.store import Arrival
from lever_assets.store.content import canonical, fingerprint
from lever_assets.store.mapping_errors import MappingError
from lever_assets.sync.anonymising import FLAG, reduced
from lever_assets.sync.resources import Resource
from lever_assets.sync.session import now


@dataclass
class Batch:
    """Records of one resource on their way to the raw table, and those that can't go there.

    `asked_at` is when their reading began (UTC).
    """

    asked_at: datetime
    arrivals: list[Arrival] = field(default_factory=list)
    embedded: dict[str, list[Arrival]] = field(default_factory=dict)
    set_aside: list[MappingError] = field(default_factory=list)
    partial: set[str] = field(default_factory=set)
    """Parents of which an embedded record was set aside: their lists are not whole."""

    def only(self, remote_ids: Collection[str]) -> "Batch":
        """Return the batch with no other records than these, and what came inside them."""
        return replace(
            self,
            arrivals=[each for each in self.arrivals if each.remote_id in remote_ids],
            embedded={parent: listed for parent, listed in self.embedded.items() if parent in remote_ids},
        )


def newest_of(records: Iterable[JsonValue]) -> datetime | None:
    """Return the latest `updatedAt` among records of Lever's; one ahead of our clock tells nothing."""
    instants = (_instant(each, "updatedAt") for each in records if isinstance(each, dict))
    moment = now()
    return max((each for each in instants if each is not None and each <= moment), default=None)


def read_batch(
    resource: Resource,
    records: Iterable[JsonValue],
    *,
    asked_at: datetime,
    first_position: int | None = None,
    embedded: Resource | None = None,
    anonymised: bool = False,
) -> Batch:
    """Return the arrivals of `records`; a record without an id is set aside with the reason.

    `asked_at` is when their reading began. `first_position` numbers the records of a short list. `embedded`:
    the resource whose expanded records are taken out of each record's list of that name, which then holds
    their ids, as Lever gives it unexpanded. `anonymised`: the records are of a person who is; an opportunity
    says so of itself.
    """
    batch = Batch(asked_at)
    for number, record in enumerate(records):
        position = None if first_position is None else first_position + number
        kept = record
        if isinstance(record, dict) and (record.get(FLAG) is True or anonymised):
            kept = reduced(resource.name, record)
        if isinstance(kept, dict) and resource.stripping:
            kept = resource.stripping.of(kept)
        arrival = _arrival(resource, kept, position)
        if arrival is None:
            batch.set_aside.append(_without_id(resource, record))
            continue
        if embedded is not None:
            arrival = _take_out(batch, embedded, arrival)
        batch.arrivals.append(arrival)
    return batch


def _arrival(resource: Resource, record: JsonValue, position: int | None) -> Arrival | None:
    if not isinstance(record, dict):
        return None
    remote_id = record.get(resource.id_field)
    if not isinstance(remote_id, str | int) or isinstance(remote_id, bool) or remote_id == "":
        return None
    return Arrival(
        str(remote_id),
        record,
        created_at=_instant(record, "createdAt"),
        updated_at=_instant(record, "updatedAt"),
        position=position,
    )


def _take_out(batch: Batch, embedded: Resource, arrival: Arrival) -> Arrival:
    listed = arrival.data.get(embedded.name)
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        return arrival  # not expanded: what is stored of them stays as it is
    inner = read_batch(embedded, listed, asked_at=batch.asked_at, first_position=0)
    batch.set_aside.extend(inner.set_aside)
    if inner.set_aside:
        batch.partial.add(arrival.remote_id)
    batch.embedded[arrival.remote_id] = inner.arrivals
    ids: list[JsonValue] = [each.remote_id for each in inner.arrivals]
    data = {**arrival.data, embedded.name: ids}
    return Arrival(
        arrival.remote_id,
        data,
        created_at=arrival.created_at,
        updated_at=arrival.updated_at,
        position=arrival.position,
    )


def _instant(record: JsonObject, name: str) -> datetime | None:
    value = record.get(name)
    if value is None:
        return None
    try:
        return from_epoch_ms(value)
    except (ValueError, TypeError, OverflowError):
        return None  # the mapping says what is wrong with it


def _without_id(resource: Resource, record: JsonValue) -> MappingError:
    content = fingerprint(canonical(record))
    return MappingError(
        model=resource.table,
        resource=resource.name,
        remote_id=f"(none) {content}",
        reason=f"Lever's {resource.path} listed a record without {resource.id_field}",
        payload_hash=content,
    )

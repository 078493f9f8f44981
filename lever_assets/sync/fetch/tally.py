"""What the readings of lists share: the landing of a batch, what is counted, and what is told of a list."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lever_assets.lever import LeverClient
from lever_assets.lever.resources import Resource
from lever_assets.lever.wording import counted
from lever_assets.store import Landed, land
from lever_assets.store.transaction import Transaction
from lever_assets.sync.fetch.arrivals import Batch
from lever_assets.sync.fetch.set_aside import set_aside
from lever_assets.sync.progress import Meter
from lever_assets.sync.session import Session


@dataclass
class Tally:
    """Running counts of one resource, and the `warnings` (sentences for people) of its reading.

    `by_parts`: what was to be read is read by several runs.
    """

    counts: Landed = field(default_factory=Landed)
    embedded: Landed | None = None
    set_aside: int = 0
    drift: Mapping[str, int] | None = None
    warnings: list[str] = field(default_factory=list)
    by_parts: bool = False

    def __add__(self, other: "Tally") -> "Tally":
        inside = [each for each in (self.embedded, other.embedded) if each is not None]
        return Tally(
            self.counts + other.counts,
            sum(inside, Landed()) if inside else None,
            self.set_aside + other.set_aside,
            self.drift if other.drift is None else other.drift,
            list(dict.fromkeys([*self.warnings, *other.warnings])),
            self.by_parts or other.by_parts,
        )


def land_batch(tx: Transaction, resource: Resource, batch: Batch) -> Tally:
    """Land the records of a batch, and keep what is told of those that can't be taken in."""
    counts = land(tx, resource.name, batch.arrivals, asked_at=batch.asked_at)
    set_aside(tx, resource, batch)
    return Tally(counts, set_aside=len(batch.set_aside))


def meter_of(
    lever: LeverClient, session: Session, resource: Resource, unit: str = "records", total: int | None = None
) -> Meter:
    """Return what tells how far a reading is; a request that is made again counts once."""
    before = lever.traffic.requests - lever.traffic.retries
    return Meter(
        session.listener,
        resource.name,
        unit,
        total,
        requests=lambda: lever.traffic.requests - lever.traffic.retries - before,
    )


def may_lack(resource: Resource, repeated: int) -> str | None:
    """Return the warning for a list of which so many pages held nothing but what came before."""
    if not repeated:
        return None
    return (
        f"Lever's list of {resource.name} had {counted(repeated, 'page')} with nothing but what came before: "
        "others may be missing in their place; nothing was marked as gone for that, and the next sync asks "
        "again"
    )

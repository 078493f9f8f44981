"""What a full sync will cost, before it starts."""

import asyncio
from dataclasses import dataclass
from math import ceil

from lever_assets.lever import LeverClient, PermissionMissingError
from lever_assets.sync.coverage import Coverage
from lever_assets.sync.progress import Meter
from lever_assets.sync.resources import BY_NAME, RESOURCES, Kind, Resource
from lever_assets.sync.session import Session, now

_PAGE = 100


@dataclass(frozen=True)
class Plan:
    """The requests of a full sync by resource, and the seconds they take at the allowance.

    `asked` is what finding out cost: one request for 100 records of a list. `seconds` is None when the
    requests are not limited. `denied` names resources that the key may not read.
    """

    opportunities: int
    with_application: int
    postings: int
    requests: dict[str, int]
    asked: int
    seconds: float | None
    denied: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """All requests of the sync."""
        return sum(self.requests.values())


def plan(session: Session) -> Plan:
    """Count what there is to read, from Lever's lists alone; writes nothing. Raises LeverError."""
    return asyncio.run(_plan(session))


async def _plan(session: Session) -> Plan:
    needs = session.exclusion.needs
    async with session.client() as lever:
        counter = _Counter(lever, session)
        for resource in RESOURCES:
            if needs(resource.name) and resource.kind in {Kind.SNAPSHOT, Kind.WINDOWED}:
                await counter.count(resource)
        asked = lever.traffic.requests
    sizes = counter.sizes
    requests = {name: max(ceil(size / _PAGE), 1) for name, size in sizes.items()}
    below = {
        "posting_forms": sizes.get("postings", 0),
        "interviews": sizes.get("opportunities", 0),
        "offers": counter.with_application,
    }
    requests |= {name: count for name, count in below.items() if needs(name)}
    return Plan(
        sizes.get("opportunities", 0),
        counter.with_application,
        sizes.get("postings", 0),
        requests,
        asked,
        _seconds(sum(requests.values()), session),
        tuple(counter.denied),
    )


class _Counter:
    def __init__(self, lever: LeverClient, session: Session) -> None:
        self.lever = lever
        self.session = session
        self.sizes: dict[str, int] = {}
        self.with_application = 0
        self.denied: list[str] = []

    async def count(self, resource: Resource) -> None:
        params = {name: value for name, value in resource.params if name != "expand"}
        params |= dict(Coverage.of(self.session.settings, resource, now()).filters())
        meter = Meter(self.session.listener, f"counting {resource.name}", "records")
        self.sizes[resource.name] = 0
        try:
            async for page in self.lever.pages(resource.path, params):
                self.sizes[resource.name] += len(page.records)
                if resource is BY_NAME["opportunities"]:
                    self.with_application += sum(bool(each.get("applications")) for each in page.records)
                meter.advance(len(page.records))
        except PermissionMissingError:
            self.denied.append(resource.name)


def _seconds(requests: int, session: Session) -> float | None:
    rate = session.settings.rate_limit
    return max(requests - session.settings.rate_burst, 0) / rate if rate else None

"""What a full sync will cost, before it starts."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from lever_assets.lever import JsonObject, LeverClient, NotFoundError, PermissionMissingError
from lever_assets.settings import OffersOf
from lever_assets.sync.arrivals import read_batch
from lever_assets.sync.coverage import Coverage
from lever_assets.sync.lists import Listing, listings
from lever_assets.sync.offering import can_have_offers, offer_stages
from lever_assets.sync.progress import Meter
from lever_assets.sync.refused import nothing_readable, status_of
from lever_assets.sync.resources import BY_NAME, RESOURCES, Resource
from lever_assets.sync.session import Session, now
from lever_assets.sync.windows import EVERYTHING


@dataclass(frozen=True)
class Plan:
    """The requests of a full sync by resource, and the seconds they take at the allowance.

    `opportunities` are those that the settings keep, `with_application` those of them that have one. `asked`
    is what finding out cost: one request for 100 records of a list. `seconds` is None when the requests are
    not limited. `denied` names resources that the key may not read.
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
            if needs(resource.name) and resource.listed:
                await counter.count(resource)
        asked = lever.traffic.requests
    if counter.pages.keys() == counter.denied.keys():
        raise nothing_readable(counter.denied.values())
    below = {
        "posting_forms": counter.kept["postings"],
        "interviews": counter.kept["opportunities"],
        "offers": counter.asked_for_offers,
    }
    requests = counter.pages | {name: count for name, count in below.items() if needs(name)}
    return Plan(
        counter.kept["opportunities"],
        counter.with_application,
        counter.kept["postings"],
        requests,
        asked,
        _seconds(sum(requests.values()), session),
        tuple(counter.denied),
    )


@dataclass
class _Counter:
    """Walks the lists that a full sync walks: counts pages and, by resource, the records that are kept."""

    lever: LeverClient
    session: Session
    pages: dict[str, int] = field(default_factory=dict)
    kept: Counter[str] = field(default_factory=Counter)
    with_application: int = 0
    asked_for_offers: int = 0
    denied: dict[str, int] = field(default_factory=dict)
    _offer_stages: frozenset[str] = field(default_factory=lambda: offer_stages(()))

    async def count(self, resource: Resource) -> None:
        self.pages[resource.name] = 0
        try:
            if resource.read_whole:
                await self._walk(resource, Listing(), Coverage())
                return
            coverage = Coverage.of(self.session.settings, resource, now())
            for listing in listings(resource, EVERYTHING, coverage):
                await self._walk(resource, listing, coverage)
        except (PermissionMissingError, NotFoundError) as error:
            self.denied[resource.name] = status_of(error)

    async def _walk(self, resource: Resource, listing: Listing, coverage: Coverage) -> None:
        pairs = (*resource.params, *listing.filters)
        params = {name: value for name, value in pairs if name != "expand"}
        meter = Meter(self.session.listener, f"counting {resource.name}", "records")
        async for page in self.lever.pages(resource.path, params):
            self.pages[resource.name] += 1
            batch = listing.wanted(read_batch(resource, page.records, asked_at=page.asked_at))
            with self.session.store.reading() as conn:
                batch = coverage.kept(conn, self.session.name, batch)
            self.kept[resource.name] += len(batch.arrivals)
            found = [each.data for each in batch.arrivals]
            if resource is BY_NAME["stages"]:
                self._offer_stages |= offer_stages(found)
            if resource is BY_NAME["opportunities"]:
                self.with_application += sum(bool(each.get("applications")) for each in found)
                self.asked_for_offers += sum(self._is_asked(each) for each in found)
            meter.advance(len(page.records))

    def _is_asked(self, opportunity: JsonObject) -> bool:
        everybody = self.session.settings.offers is OffersOf.ALL
        return everybody or can_have_offers(opportunity, self._offer_stages)


def _seconds(requests: int, session: Session) -> float | None:
    rate = session.settings.rate_limit
    return max(requests - session.settings.rate_burst, 0) / rate if rate else None

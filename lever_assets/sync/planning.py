"""What a full sync will cost, before it starts."""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from lever_assets.lever import JsonObject, LeverClient, NotFoundError, PermissionMissingError
from lever_assets.settings import OffersOf
from lever_assets.sync.arrivals import read_batch
from lever_assets.sync.coverage import Coverage
from lever_assets.sync.expanding import lacking, unexpanded
from lever_assets.sync.lists import Listing, listings
from lever_assets.sync.offering import can_have_offers, offer_stages
from lever_assets.sync.progress import Meter
from lever_assets.sync.refused import nothing_readable, skipped, status_of, warnings
from lever_assets.sync.resources import BY_NAME, RESOURCES, Resource
from lever_assets.sync.session import Session, now
from lever_assets.sync.windows import EVERYTHING


@dataclass(frozen=True)
class Plan:
    """The requests of a full sync by resource, and the seconds they take at the allowance.

    `opportunities` are those that the settings keep, `with_application` those of them that have one. `asked`
    is what finding out cost: one request for 100 records of a list. `seconds` is None when the requests are
    not limited. `denied` names resources that the key may not read, `warnings` say what Lever refuses of what
    is asked for, and what comes of it.
    """

    opportunities: int
    with_application: int
    postings: int
    requests: dict[str, int]
    asked: int
    seconds: float | None
    denied: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

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
    if counter.requests.keys() == counter.denied.keys():
        raise nothing_readable(counter.denied.values())
    below = {
        "posting_forms": counter.kept["postings"],
        "interviews": counter.kept["opportunities"],
        "offers": counter.asked_for_offers,
    }
    requests = counter.requests | {name: count for name, count in below.items() if needs(name)}
    return Plan(
        counter.kept["opportunities"],
        counter.with_application,
        counter.kept["postings"],
        requests,
        asked,
        _seconds(sum(requests.values()), session),
        tuple(counter.denied),
        tuple(counter.warnings),
    )


@dataclass
class _Counter:
    """Walks the lists that a full sync walks: counts requests and, by resource, the records that are kept."""

    lever: LeverClient
    session: Session
    requests: dict[str, int] = field(default_factory=dict)
    kept: Counter[str] = field(default_factory=Counter)
    with_application: int = 0
    asked_for_offers: int = 0
    denied: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    _singly: int = 0
    _expanded: set[str] = field(default_factory=set)
    _offer_stages: frozenset[str] = field(default_factory=lambda: offer_stages(()))

    async def count(self, resource: Resource) -> None:
        """Count what reading a list takes, with what is refused of it and asked for otherwise."""
        self.requests[resource.name] = 0
        before = self.lever.traffic.snapshot()
        try:
            await self._walk_all(resource)
        except (PermissionMissingError, NotFoundError) as error:
            self.denied[resource.name] = status_of(error)
            self.warnings.append(skipped(resource, error))
            return
        made = self.lever.traffic.since(before)
        refused = self.lever.refusals.of(resource.path)
        singly, self._singly = self._singly, 0
        self.requests[resource.name] = made.requests - made.retries + singly
        self.warnings += warnings(resource, refused)
        if singly and "expand" not in refused:
            self.warnings.append(
                f"Lever tells the applications of {singly:,} {resource.name} by their ids alone, so they are "
                "asked for singly, one request for each. Let the key read applications to save them"
            )

    async def _walk_all(self, resource: Resource) -> None:
        if resource.read_whole:
            await self._walk(resource, Listing(), Coverage())
            return
        coverage = Coverage.of(self.session.settings, resource, now())
        for listing in listings(resource, EVERYTHING, coverage):
            whole = "updated_at" in self.lever.refusals.of(resource.path)
            if not (listing.undated_only and whole):
                await self._walk(resource, listing, coverage)

    async def _walk(self, resource: Resource, listing: Listing, coverage: Coverage) -> None:
        asked = self.session.exclusion.applied_to(resource).params
        params = dict((*asked, *listing.filters))
        meter = Meter(self.session.listener, f"counting {resource.name}", "records")
        async for page in self.lever.pages(resource.path, params, optional=tuple(params)):
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
                if "expand" in params:
                    self._count_singly(page.records, {each.remote_id for each in batch.arrivals})
            meter.advance(len(page.records))

    def _count_singly(self, records: Sequence[JsonObject], kept: Collection[str]) -> None:
        """Count those whose applications are to be asked for, since Lever does not bring them along."""
        opportunities, applications = BY_NAME["opportunities"], BY_NAME["applications"]
        bare = unexpanded(records, applications)
        with self.session.store.reading() as conn:
            wanted = lacking(conn, self.session.name, opportunities, applications, bare, read_before=now())
        asked = wanted.keys() - self._expanded
        self._singly += len(asked)
        self._expanded |= asked.intersection(kept)  # then they are stored, and not asked for again

    def _is_asked(self, opportunity: JsonObject) -> bool:
        everybody = self.session.settings.offers is OffersOf.ALL
        return everybody or can_have_offers(opportunity, self._offer_stages)


def _seconds(requests: int, session: Session) -> float | None:
    rate = session.settings.rate_limit
    return max(requests - session.settings.rate_burst, 0) / rate if rate else None

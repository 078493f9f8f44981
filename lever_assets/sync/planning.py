"""What a full sync will cost, before it starts."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import islice

from lever_assets.lever import JsonObject, LeverClient, LeverError, NotFoundError, PermissionMissingError
from lever_assets.lever.resources import (
    APPLICATIONS,
    EEO_RESPONSES,
    OPPORTUNITIES,
    POSTINGS,
    RESOURCES,
    Below,
    Child,
    Listed,
    ReadWhole,
    Resource,
)
from lever_assets.policy.people import limit_of
from lever_assets.settings import OffersOf
from lever_assets.store.children import read_well
from lever_assets.store.left_out import Limit
from lever_assets.store.transaction import now
from lever_assets.sync.fetch.arrivals import read_batch
from lever_assets.sync.fetch.asking import PROBES, SAMPLE, Course, NotThere, concerns_all
from lever_assets.sync.fetch.lists import Listing, listings
from lever_assets.sync.fetch.offering import OFFERS, can_have_offers, offer_stages
from lever_assets.sync.fetch.refused import nothing_readable, skipped, status_of, warnings
from lever_assets.sync.fetch.singles import lacking, unexpanded
from lever_assets.sync.progress import Meter
from lever_assets.sync.retention.coverage import kept_of
from lever_assets.sync.session import Session
from lever_assets.sync.windows import EVERYTHING


@dataclass(frozen=True)
class Plan:
    """The requests of a full sync by resource, and the seconds they take at the allowance.

    `opportunities` are those that the settings keep, `with_application` those of them that have one. `asked`
    is what finding out cost: one request for 100 records of a list, and one or a few to see whether what is
    below records may be read. `seconds` is None when the requests are not limited. `denied` names resources
    that the key may not read, `warnings` say what Lever refuses of what is asked for, and what comes of it.
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
            if needs(resource.name) and isinstance(resource, Listed):
                await counter.count(resource)
        if counter.requests.keys() == counter.denied.keys():
            raise nothing_readable(counter.denied.values(), session.account.address)
        for resource in RESOURCES:
            if needs(resource.name) and isinstance(resource, Child):
                await counter.count_below(resource)
        if session.settings.counts_eeo:
            await counter.count_answers()
        asked = lever.traffic.requests
    return Plan(
        len(counter.kept[OPPORTUNITIES.name]),
        len(counter.with_application),
        len(counter.kept[POSTINGS.name]),
        counter.requests,
        asked,
        _seconds(sum(counter.requests.values()), session),
        tuple(counter.denied),
        tuple(counter.warnings),
    )


@dataclass
class _Counter:
    """Walks the lists that a full sync walks: counts requests and, by resource, the records that are kept.

    Records are held by id, as a list may begin anew and give them twice: as the keys of a dict, in order.
    """

    lever: LeverClient
    session: Session
    requests: dict[str, int] = field(default_factory=dict)
    kept: defaultdict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    with_application: set[str] = field(default_factory=set)
    asked_for_offers: dict[str, None] = field(default_factory=dict)
    denied: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    _singly: int = 0
    _bare: dict[str, None] = field(default_factory=dict)
    _expanded: set[str] = field(default_factory=set)
    _offer_stages: frozenset[str] = field(default_factory=lambda: offer_stages(()))

    async def count_below(self, resource: Child) -> None:
        """Count one request for each parent; of what Lever refuses, those that find it out."""
        parents = self.asked_for_offers if resource.name == OFFERS else self.kept[resource.parent]
        in_vain = await self._asked_in_vain(resource, parents)
        self.requests[resource.name] = in_vain or len(parents)

    async def count(self, resource: Listed) -> None:
        """Count what reading a list takes, with what is refused of it and asked for otherwise."""
        before = self.lever.traffic.snapshot()
        refusal: NotThere | None = None
        try:
            await self._walk_all(resource)
        except (PermissionMissingError, NotFoundError) as error:
            refusal = error
        made = self.lever.traffic.since(before)
        self.requests[resource.name] = made.requests - made.retries
        if refusal is not None:
            self._skip(resource, refusal)
            return
        self.warnings += warnings(resource, self.lever.refusals.of(resource.path))
        if self._singly:
            await self._count_inside(resource)

    async def count_answers(self) -> None:
        """Count the pages of EEO answers, which are read for their counts alone; nothing of them is kept.

        A sync goes on without them, whatever is the matter with Lever's list: so does this.
        """
        before = self.lever.traffic.snapshot()
        meter = Meter(self.session.listener, f"counting {EEO_RESPONSES.name}", "records")
        try:
            async for page in self.lever.pages(EEO_RESPONSES.path):
                meter.advance(len(page.records))
        except (PermissionMissingError, NotFoundError) as error:
            self._skip(EEO_RESPONSES, error)
        except LeverError as error:
            self.warnings.append(f"The requests for {EEO_RESPONSES.name} were not all counted: {error}")
        made = self.lever.traffic.since(before)
        self.requests[EEO_RESPONSES.name] = made.requests - made.retries

    async def _count_inside(self, resource: Resource) -> None:
        """Count one request for each record whose applications Lever does not bring along."""
        singly, self._singly = self._singly, 0
        in_vain = await self._asked_in_vain(APPLICATIONS, self._bare)
        self.requests[resource.name] += in_vain or singly
        if not in_vain and "expand" not in self.lever.refusals.of(resource.path):
            self.warnings.append(
                f"Lever tells the applications of {singly:,} {resource.name} by their ids alone, so they are "
                "asked for singly, one request for each. Let the key read applications to save them"
            )

    async def _walk_all(self, resource: Listed) -> None:
        if isinstance(resource, ReadWhole):
            await self._walk(resource, Listing(), Limit())
            return
        limit = limit_of(self.session.settings, resource, now())
        for listing in listings(resource, EVERYTHING, limit):
            whole = "updated_at" in self.lever.refusals.of(resource.path)
            if not (listing.undated_only and whole):
                await self._walk(resource, listing, limit)

    async def _walk(self, resource: Listed, listing: Listing, limit: Limit) -> None:
        asked = self.session.exclusion.applied_to(resource).params
        params = dict((*asked, *listing.filters))
        meter = Meter(self.session.listener, f"counting {resource.name}", "records")
        async for page in self.lever.pages(resource.path, params, optional=tuple(params)):
            batch = listing.wanted(read_batch(resource, page.records, asked_at=page.asked_at))
            with self.session.reading() as tx:
                batch = batch.only(kept_of(tx, limit, batch.arrivals))
            found = {each.remote_id: each.data for each in batch.arrivals}
            self.kept[resource.name] |= dict.fromkeys(found)
            if resource.name == "stages":
                self._offer_stages |= offer_stages(found.values())
            if resource is OPPORTUNITIES:
                self.with_application |= {each for each, data in found.items() if data.get("applications")}
                self.asked_for_offers |= dict.fromkeys(
                    each for each, data in found.items() if self._is_asked(data)
                )
                if "expand" in params:
                    self._count_singly(page.records, found)
            meter.advance(len(page.records))

    def _count_singly(self, records: Sequence[JsonObject], kept: Collection[str]) -> None:
        """Count those whose applications are to be asked for, since Lever does not bring them along."""
        bare = unexpanded(records, APPLICATIONS)
        with self.session.reading() as tx:
            wanted = lacking(tx, OPPORTUNITIES, APPLICATIONS, bare, read_before=tx.instant)
        asked = [each for each in wanted if each not in self._expanded]
        self._singly += len(asked)
        self._bare |= dict.fromkeys(asked)
        self._expanded.update(set(asked).intersection(kept))  # then they are stored, and not asked for again

    async def _asked_in_vain(self, resource: Below, parents: Collection[str]) -> int:
        """Return after how many requests a sync skips a resource, as all are refused alike; 0: it is there.

        As a sync does (`Asking`): the first are asked, then some that could be read before.
        """
        first = [*islice(parents, SAMPLE)]
        with self.session.reading() as tx:
            others = read_well(tx, resource.parent, resource.name, but=first, limit=PROBES)
        course, last = Course(), None
        asked = [*first, *(each for each, _ in others)] if first else []
        for each in asked:
            try:
                await self.lever.get(resource.below(each), dict(resource.params))
            except (PermissionMissingError, NotFoundError) as error:
                last = error
                course.went_wrong(error, known=False)
            except LeverError as error:
                if concerns_all(error):
                    raise
                return 0
            else:
                return 0
        if last is None or not course.refused_alike:
            return 0
        self._skip(resource, last)
        return len(asked)

    def _skip(self, resource: Resource, refusal: NotThere) -> None:
        self.denied[resource.name] = status_of(refusal)
        self.warnings.append(skipped(resource, refusal))

    def _is_asked(self, opportunity: JsonObject) -> bool:
        everybody = self.session.settings.offers is OffersOf.ALL
        return everybody or can_have_offers(opportunity, self._offer_stages)


def _seconds(requests: int, session: Session) -> float | None:
    rate = session.settings.rate_limit
    return max(requests - session.settings.rate_burst, 0) / rate if rate else None

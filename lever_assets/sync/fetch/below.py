"""Reading below many parents at once: what comes lands, what fails is kept for later."""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lever_assets.lever import JsonObject, LeverClient, LeverError, NotFoundError
from lever_assets.lever.faults import of_shape
from lever_assets.lever.resources import BY_NAME, Child
from lever_assets.policy.anonymity import FLAG
from lever_assets.store import Landed, due, land_children, mapping_errors
from lever_assets.store.children import last_of
from lever_assets.store.payloads import flagged
from lever_assets.store.transaction import Transaction
from lever_assets.store.unlisted import is_unlisted
from lever_assets.sync.checkpoints import BEGINS_AFTER
from lever_assets.sync.fetch import brake
from lever_assets.sync.fetch.arrivals import read_batch
from lever_assets.sync.fetch.asking import Asking, ListBelow, Parent
from lever_assets.sync.fetch.shrinking import Shrinking
from lever_assets.sync.fetch.singles import list_below
from lever_assets.sync.fetch.tally import Tally, meter_of
from lever_assets.sync.session import Session

_AT_ONCE = 250
_AT_LEAST_EVERY = 1.0
"""What was read lands after so many parents or so many seconds: a kill loses no more than that."""


@dataclass(frozen=True)
class Before:
    """What earlier readings of a resource left: below whom it could not be read, how much is `held` back.

    `lacked_since`: since when the list of the parents lacks some that are kept (UTC).
    """

    failed: frozenset[str]
    lacked_since: datetime | None
    held: int

    @classmethod
    def of(cls, tx: Transaction, resource: Child) -> "Before":
        """Read it."""
        parent = resource.parent
        return cls(
            frozenset(due.failed(tx, resource.table, parent)),
            brake.lacked_since(tx, BY_NAME[parent]),
            brake.held_back(tx, resource),
        )


@dataclass
class ChildReader:
    """Reads one resource below `parents`, of which there are `total`, and lands it."""

    lever: LeverClient
    session: Session
    resource: Child
    parents: Iterator[Parent]
    total: int
    before: Before
    tally: Tally = field(default_factory=Tally)
    _read: dict[str, ListBelow] = field(default_factory=dict)
    _landed_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.parent = self.resource.parent
        self.asking = Asking(
            self.session, self.resource, self._children_of, self._took, self._is_known, self.total
        )
        self.meter = meter_of(self.lever, self.session, self.resource, f"{self.parent} read", self.total)
        self.stripping = self.session.exclusion.stripping(self.resource.name)
        self.shrinking = Shrinking(self.session, self.resource, self.parent, self.before.held)

    def passed_over(self, count: int) -> None:
        """Take note that so many of the parents need not be asked about."""
        self.total -= count
        self.asking.total = self.total
        self.meter.advance(count)

    async def run(self, workers: int) -> None:
        """Read until no parent is left; what was read until then lands, whatever happens.

        A parent whose children can't be read is put off, and the others go on. Raises what concerns all of
        them (`Asking.failure`); of a resource that is not there none is put off.
        """
        try:
            await self.asking.run(self.parents, workers)
        finally:
            self._land()
            self.meter.end()
        if self.asking.failure is not None:
            if self.asking.not_there is None:
                self._put_off(self.asking.refused)
            else:
                self._ask_others_next()
            raise self.asking.failure
        self._put_off(self.asking.failed)
        self._forget_the_nameless()
        gone, warning = self.shrinking.let_go()
        self.tally.counts += Landed(deleted=gone)
        self.tally.warnings += [warning] if warning else []

    def _ask_others_next(self) -> None:
        """Keep who was asked, so that no few that are refused for ever stand for all of them."""
        with self.session.writing() as tx:
            last = last_of(tx, self.parent, self.asking.failed)
            if last is not None:
                BEGINS_AFTER.keep(tx, last, self.resource.name)

    def _took(self, parent: str, answer: ListBelow) -> None:
        self._read[parent] = answer
        if len(self._read) >= _AT_ONCE or time.monotonic() - self._landed_at >= _AT_LEAST_EVERY:
            self._land()

    def _is_known(self, parent: str, error: LeverError) -> bool:
        return parent in self.before.failed or self._is_gone_by_all_signs(parent, error)

    def _is_gone_by_all_signs(self, parent: str, error: LeverError) -> bool:
        """Tell whether Lever has nothing below a parent that its last complete list lacked too."""
        if self.before.lacked_since is None or not isinstance(error, NotFoundError):
            return False
        with self.session.reading() as tx:
            return is_unlisted(tx, self.parent, parent, self.before.lacked_since)

    async def _children_of(self, parent: str) -> Sequence[JsonObject]:
        path = self.resource.below(parent)
        try:
            if not self.resource.one_object:
                return await list_below(self.lever, self.resource, parent)
            found = await self.lever.get(path)
        finally:
            self.meter.advance(1)
        if isinstance(found, dict) and found.get("id", parent) == parent:
            return [found]
        raise of_shape("it is not the record that was asked for", "GET", path, by=self.lever.let_in_by)

    def _land(self) -> None:
        read, self._read = self._read, {}
        self._landed_at = time.monotonic()
        if not read:
            return
        with self.session.writing() as tx:
            self.session.see_that_it_is_on(tx)
            anonymised = flagged(tx, self.parent, FLAG, read)
            batches = {
                parent: read_batch(
                    self.resource,
                    each.children,
                    asked_at=each.asked_at,
                    first_position=0,
                    anonymised=parent in anonymised,
                    stripping=self.stripping,
                )
                for parent, each in read.items()
            }
            lists = {parent: batch.arrivals for parent, batch in batches.items()}
            in_part = {parent for parent, batch in batches.items() if not batch.whole}
            doubts = self.shrinking.doubts(tx, lists, in_part)
            hashes = {parent: each.content_hash for parent, each in read.items()}
            self.tally.counts += land_children(
                tx,
                self.resource.name,
                {parent: batch.arrivals for parent, batch in batches.items()},
                parent_hashes=hashes,
                asked_at={parent: each.asked_at for parent, each in read.items()},
                partial=doubts,
            )
            due.put_off(tx, self.resource.table, self.parent, doubts, hashes=hashes)
            well = (self.before.failed & read.keys()) - doubts.keys()
            due.healed(tx, self.resource.table, self.parent, well)
            errors = [error for batch in batches.values() for error in batch.errors]
            mapping_errors.record(tx, errors)
        self.tally.set_aside += len(errors)

    def _forget_the_nameless(self) -> None:
        """Forget the records without an id when no list is in doubt any more: nothing else tells of them."""
        table = self.resource.table
        if not self.before.failed:
            return
        with self.session.writing() as tx:
            if not due.waiting(tx, table, self.parent).count:
                mapping_errors.resolve_nameless(tx, table)

    def _put_off(self, parents: Collection[str]) -> None:
        if parents:
            with self.session.writing() as tx:
                self.asking.put_off(tx, parents)

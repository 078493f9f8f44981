"""Reading below many parents at once: what comes lands, what fails is kept for later."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from lever_assets.lever import JsonObject, LeverClient, LeverError, NotFoundError, UnavailableError
from lever_assets.lever.faults import of_shape
from lever_assets.store import Landed, due, land_children, mapping_errors, next_version
from lever_assets.store.erasure import flagged
from lever_assets.store.parents import read_well
from lever_assets.store.unlisted import is_unlisted
from lever_assets.sync import brake
from lever_assets.sync.anonymising import FLAG
from lever_assets.sync.arrivals import read_batch
from lever_assets.sync.lists import Tally
from lever_assets.sync.progress import Meter
from lever_assets.sync.resources import BY_NAME, Resource
from lever_assets.sync.session import Session, now
from lever_assets.sync.setbacks import SAMPLE, Course, concerns_all
from lever_assets.sync.shrinking import Shrinking

_AT_ONCE = 250
_AT_LEAST_EVERY = 1.0
"""What was read lands after so many parents or so many seconds: a kill loses no more than that."""
_PROBES = 3

Parent = tuple[str, str]
"""The remote id of a parent, and the hash of its content."""


@dataclass(frozen=True)
class _Read:
    """The list below one parent, asked for at an instant (UTC)."""

    children: Sequence[JsonObject]
    content_hash: str
    asked_at: datetime


@dataclass
class ChildReader:
    """Reads one resource below `parents`, of which there are `total`, and lands it."""

    lever: LeverClient
    session: Session
    resource: Resource
    parents: Iterator[Parent]
    total: int
    tally: Tally = field(default_factory=Tally)
    _read: dict[str, _Read] = field(default_factory=dict)
    _failed: dict[str, tuple[str, LeverError]] = field(default_factory=dict)
    _landed_at: float = field(default_factory=time.monotonic)
    _failure: LeverError | None = None

    def __post_init__(self) -> None:
        before = self.lever.traffic.requests
        self.parent = self.resource.parent or ""
        self.course = Course(self.total)
        self.meter = Meter(
            self.session.listener,
            self.resource.name,
            f"{self.parent} read",
            self.total,
            requests=lambda: self.lever.traffic.requests - before,
        )
        with self.session.store.reading() as conn:
            self._failed_before = due.failed(conn, self.session.name, self.resource.table, self.parent)
            self._lacked_since = brake.lacked_since(conn, self.session.name, BY_NAME[self.parent])
            held = brake.held_back(conn, self.session.name, self.resource)
        self.shrinking = Shrinking(self.session, self.resource, self.parent, held)

    def passed_over(self, count: int) -> None:
        """Take note that so many of the parents need not be asked about."""
        self.course.total -= count
        self.meter.advance(count)

    async def run(self, workers: int) -> None:
        """Read until no parent is left; what was read until then lands, whatever happens.

        A parent whose children can't be read is put off, and the others go on. Raises what concerns all of
        them: the error of a Lever that can't be reached, UnavailableError for an outage, or the refusal
        (PermissionMissingError, NotFoundError) of a resource that is not there; then none is put off.
        """
        try:
            async with asyncio.TaskGroup() as group:
                scouts = {group.create_task(self._ask(*each)) for each in islice(self.parents, SAMPLE)}
                await self._hear(scouts)
                for _ in range(workers):
                    group.create_task(self._work())
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None  # such as a database that is full: each of them met it
        finally:
            self._land()
            self.meter.tell()
        if self._failure is not None:
            raise self._failure
        self._put_off()
        gone, warning = self.shrinking.let_go()
        self.tally.counts += Landed(deleted=gone)
        self.tally.warnings += [warning] if warning else []

    async def _hear(self, scouts: set[asyncio.Task[None]]) -> None:
        """Wait until one of the first is read. When all are refused alike, the resource is not there.

        Unless one can be read that was read before: then it is those parents' own doing.
        """
        while scouts and not self.course.well and self._failure is None:
            _, scouts = await asyncio.wait(scouts, return_when=asyncio.FIRST_COMPLETED)
        if not self.course.refused_alike or self._failure is not None:
            return
        with self.session.store.reading() as conn:
            others = read_well(
                conn, self.session.name, self.parent, self.resource.name, but=self._failed, limit=_PROBES
            )
        for each in others:
            await self._ask(*each)
        if self.course.refused_alike:
            self._failure = self._failure or next(error for _, error in self._failed.values())

    async def _work(self) -> None:
        for each in self.parents:
            if self._failure is not None:
                return
            await self._ask(*each)

    async def _ask(self, parent: str, content_hash: str) -> None:
        asked_at = now()
        try:
            children = await self._children_of(parent)
        except LeverError as error:
            self._went_wrong(parent, content_hash, error)
        else:
            self.course.went_well()
            self._read[parent] = _Read(children, content_hash, asked_at)
        self.meter.advance(1)
        if len(self._read) >= _AT_ONCE or time.monotonic() - self._landed_at >= _AT_LEAST_EVERY:
            self._land()

    def _went_wrong(self, parent: str, content_hash: str, error: LeverError) -> None:
        # When it is no single parent's doing, the others end the request they are in, so that nothing that
        # was asked for is lost.
        if concerns_all(error):
            self._failure = self._failure or error
            return
        known = parent in self._failed_before or self._is_gone_by_all_signs(parent, error)
        self.course.went_wrong(error, known=known)
        self._failed[parent] = content_hash, error
        if self.course.is_outage:
            self._failure = self._failure or self._outage(error)

    def _is_gone_by_all_signs(self, parent: str, error: LeverError) -> bool:
        """Tell whether Lever has nothing below a parent that its last complete list lacked too."""
        if self._lacked_since is None or not isinstance(error, NotFoundError):
            return False
        with self.session.store.reading() as conn:
            return is_unlisted(conn, self.session.name, self.parent, parent, self._lacked_since)

    def _outage(self, last: LeverError) -> UnavailableError:
        name, parents = self.resource.name, self.parent
        return UnavailableError(
            f"Lever is out of order: the {name} of {len(self._failed):,} {parents} could not be read, as the "
            f"last of them: {last.problem}",
            f"the reading of {name} was broken off, what is stored of them is kept; try again later",
        )

    async def _children_of(self, parent: str) -> Sequence[JsonObject]:
        path = self.resource.below(parent)
        if not self.resource.single:
            return await self.lever.list_all(path, dict(self.resource.params))
        found = await self.lever.get(path)
        if isinstance(found, dict) and found.get("id", parent) == parent:
            return [found]
        raise of_shape("it is not the record that was asked for", "GET", path)

    def _land(self) -> None:
        read, self._read = self._read, {}
        self._landed_at = time.monotonic()
        if not read:
            return
        moment, name = now(), self.session.name
        with self.session.store.writing() as conn:
            anonymised = flagged(conn, name, self.parent, FLAG, read)
            batches = {
                parent: read_batch(
                    self.resource,
                    each.children,
                    asked_at=each.asked_at,
                    first_position=0,
                    anonymised=parent in anonymised,
                )
                for parent, each in read.items()
            }
            lists = {parent: batch.arrivals for parent, batch in batches.items()}
            in_part = {parent for parent, batch in batches.items() if not batch.whole}
            doubts = self.shrinking.doubts(conn, lists, in_part)
            hashes = {parent: each.content_hash for parent, each in read.items()}
            self.tally.counts += land_children(
                conn,
                name,
                self.resource.name,
                {parent: batch.arrivals for parent, batch in batches.items()},
                parent_hashes=hashes,
                version=next_version(conn, name),
                now=moment,
                asked_at={parent: each.asked_at for parent, each in read.items()},
                partial=doubts,
            )
            due.put_off(conn, name, self.resource.table, self.parent, doubts, now=moment, hashes=hashes)
            well = (self._failed_before & read.keys()) - doubts.keys()
            due.healed(conn, name, self.resource.table, self.parent, well)
            errors = [error for batch in batches.values() for error in batch.errors]
            mapping_errors.record(conn, name, errors, now=moment)
        self.tally.set_aside += len(errors)

    def _put_off(self) -> None:
        reasons: Mapping[str, str] = {parent: error.problem for parent, (_, error) in self._failed.items()}
        if reasons:
            hashes = {parent: content_hash for parent, (content_hash, _) in self._failed.items()}
            with self.session.store.writing() as conn:
                due.put_off(
                    conn,
                    self.session.name,
                    self.resource.table,
                    self.parent,
                    reasons,
                    now=now(),
                    hashes=hashes,
                )

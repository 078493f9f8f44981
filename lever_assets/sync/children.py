"""Landing what Lever gives per parent: one request for each parent that is due, many at a time."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from sqlalchemy import Connection

from lever_assets.lever import JsonObject, LeverClient, LeverError, NotFoundError, PermissionMissingError
from lever_assets.store import Landed, land_children, mapping_errors, next_version, note_reads
from lever_assets.store.erasure import flagged
from lever_assets.store.parents import Due, count_due, delete_without, each_due
from lever_assets.store.watching import MOVING, longest_unread
from lever_assets.sync.anonymising import FLAG
from lever_assets.sync.arrivals import read_batch
from lever_assets.sync.lists import Tally
from lever_assets.sync.progress import Meter
from lever_assets.sync.resources import Resource
from lever_assets.sync.session import Scope, Session, now

_AT_ONCE = 250
_AT_LEAST_EVERY = 1.0
"""What was read lands after so many parents or so many seconds: a kill loses no more than that."""

NEEDS = {"offers": "applications"}
"""What has to be there for these to be asked for and kept.

Lever's offer form always names the posting (help.lever.co, "Creating and managing offer forms"), so an
opportunity without an application has no offers. Interviews have no such rule: they happen in any stage."""


async def land_below(
    lever: LeverClient, session: Session, resource: Resource, scope: Scope, *, read_since: datetime
) -> Tally:
    """Read the children of every parent of the scope that is due.

    A delta reads the children of parents that changed since theirs were read, and some of what is watched;
    other scopes also those that were not read since `read_since`, the beginning of the run.
    """
    due = Due(
        _parent(resource),
        resource.name,
        lower=None if scope.delta else scope.bounds.lower,
        upper=None if scope.delta else scope.bounds.upper,
        read_before=None if scope.delta else read_since,
        having=NEEDS.get(resource.name),
    )
    with session.store.reading() as conn:
        total = count_due(conn, session.name, due)
        watched = watched_by(conn, session, resource) if scope.delta else []
    parents = each_due(session.store.reading, session.name, due)
    tally = await _read(lever, session, resource, chain(parents, watched), total + len(watched))
    needed = NEEDS.get(resource.name)
    if needed is not None:
        with session.store.writing() as conn:
            version = next_version(conn, session.name)
            gone = delete_without(conn, session.name, resource.name, needed, version=version, now=now())
        tally.counts += Landed(deleted=gone)
    return tally


async def land_longest_unread(
    lever: LeverClient, session: Session, resource: Resource, *, read_before: datetime
) -> Tally:
    """Read the children of the parents that were longest unread again, as many as a reconcile may."""
    budget = session.settings.reconcile_budget
    with session.store.reading() as conn:
        parents = longest_unread(
            conn,
            session.name,
            _parent(resource),
            resource.name,
            read_before=read_before,
            limit=budget,
            having=NEEDS.get(resource.name),
        )
    return await _read(lever, session, resource, iter(parents), len(parents))


def watched_by(conn: Connection, session: Session, resource: Resource) -> list[tuple[str, str]]:
    """Return the parents whose records may have changed unnoticed, as many as a delta may read again."""
    if resource.name not in MOVING:
        return []
    moment, settings = now(), session.settings
    return longest_unread(
        conn,
        session.name,
        _parent(resource),
        resource.name,
        read_before=moment - timedelta(minutes=settings.watch_minutes),
        limit=settings.watch_budget,
        having=NEEDS.get(resource.name),
        moving_at=moment,
    )


def _parent(resource: Resource) -> str:
    assert resource.parent is not None  # noqa: S101 - the table of resources says so
    return resource.parent


async def _read(
    lever: LeverClient, session: Session, resource: Resource, parents: Iterator[tuple[str, str]], total: int
) -> Tally:
    reader = _ChildReader(lever, session, resource, parents, total)
    await reader.run(session.settings.concurrency)
    return reader.tally


@dataclass
class _ChildReader:
    lever: LeverClient
    session: Session
    resource: Resource
    parents: Iterator[tuple[str, str]]
    total: int
    tally: Tally = field(default_factory=Tally)
    read: dict[str, Sequence[JsonObject]] = field(default_factory=dict)
    hashes: dict[str, str | None] = field(default_factory=dict)
    asked_at: dict[str, datetime] = field(default_factory=dict)
    unreadable: dict[str, tuple[datetime, str | None]] = field(default_factory=dict)
    landed_at: float = field(default_factory=time.monotonic)
    allowed: bool = False
    failure: LeverError | None = None

    def __post_init__(self) -> None:
        before = self.lever.traffic.requests
        self.meter = Meter(
            self.session.listener,
            self.resource.name,
            f"{self.resource.parent} read",
            self.total,
            requests=lambda: self.lever.traffic.requests - before,
        )

    async def run(self, workers: int) -> None:
        """Read until no parent is left or one fails for good; what was read until then lands."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(workers, self.total)):
                    group.create_task(self._work())
        finally:
            self._land()
            self.meter.tell()
        if self.failure is not None:
            raise self.failure

    async def _work(self) -> None:
        for parent, content_hash in self.parents:
            if self.failure is not None:
                return
            asked_at = now()
            try:
                children = await self._children_of(parent)
            except LeverError as error:
                # The others end the request they are in, so that nothing that was asked for is lost.
                self.failure = self.failure or error
                return
            if children is None:
                self.unreadable[parent] = asked_at, content_hash
            else:
                self.read[parent] = children
                self.hashes[parent] = content_hash
                self.asked_at[parent] = asked_at
            self.meter.advance(1)
            if len(self.read) >= _AT_ONCE or time.monotonic() - self.landed_at >= _AT_LEAST_EVERY:
                self._land()

    async def _children_of(self, parent: str) -> Sequence[JsonObject] | None:
        """Return a parent's children; None when it is gone or hidden, and what is stored has to stay."""
        path = self.resource.below(parent)
        try:
            if self.resource.single:
                found = await self.lever.get(path)
                children = [found] if isinstance(found, dict) else []
            else:
                children = await self.lever.list_all(path, dict(self.resource.params))
        except NotFoundError:
            return [] if self.resource.single else None
        except PermissionMissingError:
            if not self.allowed:
                raise
            return None  # others may be read, this one is hidden from the key
        self.allowed = True
        return children

    def _land(self) -> None:
        read, hashes, asked_at, unreadable = self.read, self.hashes, self.asked_at, self.unreadable
        self.read, self.hashes, self.asked_at, self.unreadable = {}, {}, {}, {}
        self.landed_at = time.monotonic()
        if not read and not unreadable:
            return
        moment, name = now(), self.session.name
        with self.session.store.writing() as conn:
            anonymised = flagged(conn, name, _parent(self.resource), FLAG, read)
            batches = {
                parent: read_batch(
                    self.resource,
                    records,
                    asked_at=asked_at[parent],
                    first_position=0,
                    anonymised=parent in anonymised,
                )
                for parent, records in read.items()
            }
            landed = land_children(
                conn,
                name,
                self.resource.name,
                {parent: batch.arrivals for parent, batch in batches.items()},
                parent_hashes=hashes,
                version=next_version(conn, name),
                now=moment,
                asked_at=asked_at,
                partial=[parent for parent, batch in batches.items() if batch.set_aside],
            )
            # They were asked for, and are not to be asked for again and again before others.
            note_reads(conn, name, self.resource.name, unreadable)
            set_aside = [error for batch in batches.values() for error in batch.set_aside]
            mapping_errors.record(conn, name, set_aside, now=moment)
        self.tally.counts += landed
        self.tally.set_aside += len(set_aside)

"""Asking Lever for the lists below many parents: many at a time, and no longer when it goes wrong for all."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import get_args

from lever_assets.lever import (
    AuthenticationError,
    JsonObject,
    LeverError,
    NotFoundError,
    PermissionMissingError,
    RateLimitedError,
    UnavailableError,
)
from lever_assets.lever.resources import Below
from lever_assets.store import due
from lever_assets.store.children import count_read, read_well
from lever_assets.store.transaction import Transaction, now
from lever_assets.sync.session import Session

AT_LEAST = 20
SHARE = 0.05
"""So many failures in all, and more than that share of all parents, are an outage.

So are so many in a row, unless what was read before can still be read."""
SAMPLE = 8
"""How many parents are asked before the first success; if all are refused alike, it is not their doing."""
PROBES = 3
"""So many parents that were read well before are asked again when others are refused."""

NotThere = PermissionMissingError | NotFoundError
"""Lever refuses a list that may be there for other keys (403), or says that there is none (404)."""
Parent = tuple[str, str]
"""The remote id of a parent, and the hash of its content."""


def concerns_all(error: LeverError) -> bool:
    """Tell whether no single record can be to blame: the key is refused or overused, or nobody is reached."""
    if isinstance(error, UnavailableError):
        return error.lasting or not error.sent
    return isinstance(error, AuthenticationError | RateLimitedError)


@dataclass
class Course:
    """How a reading below many parents goes.

    Failures that were to be expected are no news, and count for nothing.
    """

    well: int = 0
    failed: int = 0
    in_a_row: int = 0
    _kinds: set[type[LeverError]] = field(default_factory=set)

    def went_well(self) -> None:
        """Count a parent that was read."""
        self.well += 1
        self.in_a_row = 0

    def went_wrong(self, error: LeverError, *, known: bool) -> None:
        """Count a parent that was not; `known`: nor was it in an earlier run, or the parent is gone."""
        self._kinds.add(type(error))
        if not known:
            self.failed += 1
            self.in_a_row += 1

    def is_outage(self, total: int) -> bool:
        """Tell whether so many failed of a total that it is not their own doing."""
        return self.failed >= AT_LEAST and self.failed > SHARE * total

    @property
    def stuck(self) -> bool:
        """Whether so many failed in a row that all may."""
        return self.in_a_row >= AT_LEAST

    @property
    def refused_alike(self) -> bool:
        """Whether every one so far was refused in the same way (403 or 404)."""
        return not self.well and len(self._kinds) == 1 and self._kinds <= set(get_args(NotThere))


@dataclass(frozen=True)
class ListBelow:
    """The list below one parent, asked for at an instant (UTC)."""

    children: Sequence[JsonObject]
    content_hash: str
    asked_at: datetime


@dataclass
class Asking:
    """Asks for one resource below many parents, by `children_of`, and hands each answer to `took`.

    `total` is how many parents there are (None: not known yet). `is_known` tells which failures are no news.
    `failed` holds why parents could not be read, with their hash. `failure` is what concerns all of them, and
    ended the asking: the error of a Lever that can't be reached, UnavailableError for an outage, or the
    refusal (PermissionMissingError, NotFoundError) of a resource that is not there.
    """

    session: Session
    resource: Below
    children_of: Callable[[str], Awaitable[Sequence[JsonObject]]]
    took: Callable[[str, ListBelow], None]
    is_known: Callable[[str, LeverError], bool]
    total: int | None = None
    failed: dict[str, tuple[str, LeverError]] = field(default_factory=dict)
    failure: LeverError | None = None
    _course: Course = field(default_factory=Course)
    _well: deque[Parent] = field(default_factory=lambda: deque(maxlen=PROBES))

    @property
    def not_there(self) -> NotThere | None:
        """With what every parent was refused, from the first on; None: the resource is there."""
        return self.failure if isinstance(self.failure, NotThere) else None

    @property
    def refused(self) -> list[str]:
        """The parents of which Lever refuses the list: it may be their own doing.

        Their failure is no news from then on. Else one account with many of them were out of order for ever.
        """
        return [
            parent for parent, (_, error) in self.failed.items() if not isinstance(error, UnavailableError)
        ]

    async def run(self, parents: Iterator[Parent], workers: int) -> None:
        """Ask until no parent is left, or there is a `failure`.

        When it is no single parent's doing, the others end the request they are in, so that nothing that was
        asked for is lost.
        """
        try:
            async with asyncio.TaskGroup() as group:
                if not self._course.well:
                    first = islice(parents, SAMPLE)
                    await self._hear({group.create_task(self._ask(*each)) for each in first})
                for _ in range(workers):
                    group.create_task(self._work(parents))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None  # such as a database that is full: each of them met it

    def judge(self) -> None:
        """Take it for an outage when too many failed of those that there are, or were asked."""
        # All that were ever read are counted only when it depends on them.
        are_many = self._course.is_outage(self.total or 0)
        if self.failure is None and are_many and self._course.is_outage(self._all):
            self.failure = self._outage()

    def put_off(self, tx: Transaction, parents: Iterable[str]) -> None:
        """Keep these parents, which could not be read, as due."""
        failed = {parent: self.failed[parent] for parent in parents}
        due.put_off(
            tx,
            self.resource.table,
            self.resource.parent,
            {parent: error.problem for parent, (_, error) in failed.items()},
            hashes={parent: content_hash for parent, (content_hash, _) in failed.items()},
        )

    async def _hear(self, scouts: set[asyncio.Task[None]]) -> None:
        """Wait until one of the first is read. When all are refused alike, the resource is not there.

        Unless one can be read that was read before: then it is those parents' own doing.
        """
        while scouts and not self._course.well and self.failure is None:
            _, scouts = await asyncio.wait(scouts, return_when=asyncio.FIRST_COMPLETED)
        if not self._course.refused_alike or self.failure is not None or await self._others_can_be_read():
            return
        self.failure = self.failure or next(error for _, error in self.failed.values())

    async def _others_can_be_read(self) -> bool:
        """Tell whether Lever still gives what is below parents that were read well before."""
        before = self._course.well
        others = list(self._well)
        if not others:
            with self.session.reading() as tx:
                parent, child = self.resource.parent, self.resource.name
                others = read_well(tx, parent, child, but=self.failed, limit=PROBES)
        for parent, content_hash in others:
            asked_at = now()
            try:
                children = await self.children_of(parent)
            except LeverError as error:  # it was read before: that says nothing of this parent
                if concerns_all(error):
                    self.failure = self.failure or error
                    break
                continue
            self._note(parent, ListBelow(children, content_hash, asked_at))
        return self._course.well > before

    def _note(self, parent: str, answer: ListBelow) -> None:
        self._course.went_well()
        self.failed.pop(parent, None)
        self._well.append((parent, answer.content_hash))
        self.took(parent, answer)

    async def _work(self, parents: Iterator[Parent]) -> None:
        for each in parents:
            if self.failure is not None:
                return
            await self._ask(*each)

    async def _ask(self, parent: str, content_hash: str) -> None:
        asked_at = now()
        try:
            children = await self.children_of(parent)
        except LeverError as error:
            await self._went_wrong(parent, content_hash, error)
        else:
            self._note(parent, ListBelow(children, content_hash, asked_at))

    async def _went_wrong(self, parent: str, content_hash: str, error: LeverError) -> None:
        if concerns_all(error):
            self.failure = self.failure or error
            return
        self._course.went_wrong(error, known=self.is_known(parent, error))
        self.failed[parent] = content_hash, error
        if self._course.stuck:
            self._course.in_a_row = 0  # asked once for so many
            if not await self._others_can_be_read():
                self.failure = self.failure or self._outage()
        if self.total is not None:
            self.judge()

    @property
    def _all(self) -> int:
        """How many parents there are: those of this reading, or of the account if they are more."""
        asked = self._course.well + self._course.failed if self.total is None else self.total
        return max(asked, self._ever_read)

    @cached_property
    def _ever_read(self) -> int:
        with self.session.reading() as tx:
            return count_read(tx, self.resource.name)

    def _outage(self) -> UnavailableError:
        name, parents = self.resource.name, self.resource.parent
        _, last = next(reversed(self.failed.values()))
        return UnavailableError(
            f"Lever is out of order: the {name} of {len(self.failed):,} {parents} could not be read, as the "
            f"last of them: {last.problem}",
            f"the reading of {name} was broken off, what is stored of them is kept; try again later",
        )

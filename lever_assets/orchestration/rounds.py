"""Going through the accounts in a tick: several at once, each in a time of its own.

A tick begins where the last one stopped. The accounts are looked at in threads: what Lever and the database
are asked waits most of the time. Whoever is slow holds up one thread, and comes last the next time; who was
not done when the tick ended is left to its thread, and not begun again before that has ended. What the
threads ask of Lever goes out from one event loop (`one_loop`): threads that take turns at every step of every
request cost as much CPU again.
"""

import asyncio
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self, TypeVar

import dagster as dg
from pydantic import TypeAdapter, ValidationError

from lever_assets.lever.transport import shared_connections
from lever_assets.orchestration.failures import told_of
from lever_assets.orchestration.ticks import Budget
from lever_assets.settings import Settings
from lever_assets.store import BusyError

_AT_ONCE = 12
"""Fewer than the connections to the database that an engine opens."""
_OWN_SECONDS = 8.0
"""For an account that was not slow the last time; another one has all that is left of the tick."""
_HELPERS = 100
"""Threads that the loop lends for what can't be awaited, such as renewing a token: each may hang."""
_ENDING_SECONDS = 0.5
_NEVER = datetime.min.replace(tzinfo=UTC)
_NAMED = 10
"""So many of those in trouble are named: a tick is kept in Dagster's storage."""


@dataclass(frozen=True)
class Told:
    """What became of an account in a tick: the run to ask for, or, in a sentence, why none.

    `short` is the same for all that stand so, to count them; `trouble`: somebody has to see to it. `last` is
    when the same was asked for before (UTC), of what few are asked for at once (`with_few`).
    """

    why: str = ""
    request: dg.RunRequest | None = None
    short: str = ""
    trouble: bool = False
    last: datetime | None = None

    def alone(self) -> dg.RunRequest | dg.SkipReason:
        """Return it as the answer of a tick in which there is no other account."""
        return self.request or dg.SkipReason(self.why)


Look = Callable[[Settings, Budget], Told]


@dataclass(frozen=True)
class Place:
    """Where the last tick stopped: the account that is next, and those that were slow, the next one first."""

    next: str | None = None
    slow: tuple[str, ...] = ()

    @classmethod
    def kept(cls, cursor: str | None) -> Self:
        """Return what a sensor's cursor says; one that can't be read says nothing."""
        try:
            return TypeAdapter(cls).validate_json(cursor or "{}")
        except ValidationError:
            return cls()

    def to_keep(self) -> str:
        """Return it as a sensor's cursor."""
        return TypeAdapter(type(self)).dump_json(self).decode()

    def order(self, names: Iterable[str]) -> tuple[list[str], list[str]]:
        """Return the names that are not known as slow, from the next one on, and those that are."""
        there = list(names)
        slow = [each for each in self.slow if each in there]
        others = [each for each in there if each not in set(slow)]
        at = others.index(self.next) if self.next in others else 0
        return [*others[at:], *others[:at]], slow


@dataclass(frozen=True)
class Round:
    """What a tick came to: what was told of each account that it got to, and where the next one begins."""

    told: Mapping[str, Told]
    left: int
    place: Place

    def with_few(self, kind: Callable[[Told], bool], most: int) -> Self:
        """Return it with so many requests of a kind at most; the others wait for the next tick.

        Those go first that were never asked for, or the longest ago.
        """
        some = [name for name, each in self.told.items() if kind(each)]
        some.sort(key=lambda name: self.told[name].last or _NEVER)
        waits = Told(short=f"waiting for others: no more than {most} first syncs are asked for at once.")
        return replace(self, told={**self.told, **dict.fromkeys(some[most:], waits)})

    def answer(self, log: logging.Logger | None = None) -> dg.SensorResult:
        """Return it as a sensor's: the runs to ask for, else one sentence for all."""
        requests = [each.request for each in self.told.values() if each.request is not None]
        if not requests:
            return dg.SensorResult(skip_reason=self.summary(), cursor=self.place.to_keep())
        if log is not None and (self.left or any(each.trouble for each in self.told.values())):
            log.warning(self.summary())
        return dg.SensorResult(run_requests=requests, cursor=self.place.to_keep())

    def summary(self) -> str:
        """Return how many accounts stand how, and the names of those in trouble."""
        quiet = Counter(
            each.short or each.why for each in self.told.values() if not (each.request or each.trouble)
        )
        asked = sum(each.request is not None for each in self.told.values())
        counted = [f"{asked} connections: a run is asked for."] if asked else []
        kinds = [f"{count} connections: {why}" for why, count in quiet.most_common(_NAMED)]
        trouble = [f"{name}: {each.why}" for name, each in self.told.items() if each.trouble]
        more = [f"{len(trouble) - _NAMED} more are in trouble."] if len(trouble) > _NAMED else []
        left = [f"{self.left} connections wait for the next tick."] if self.left else []
        return " ".join([*counted, *kinds, *trouble[:_NAMED], *more, *left])


@dataclass
class Rounds:
    """Goes through accounts, tick by tick; `busy` are those whose thread has outlived its tick."""

    busy: set[str] = field(default_factory=set)

    def go(self, accounts: Sequence[Settings], look: Look, budget: Budget, cursor: str | None) -> Round:
        """Look at each account that there is time for; what one raises is told of it alone."""
        by_name = {each.connection: each for each in accounts}
        place = Place.kept(cursor)
        first, slow = (deque(each) for each in place.order(set(by_name) - self.busy))
        told: dict[str, Told] = {}
        begun: list[str] = []
        late: set[str] = set()

        def work(number: int) -> None:
            while budget.left:
                name = _taken(slow, first) if number == 0 else _taken(first, slow)
                if name is None:
                    return
                begun.append(name)
                self.busy.add(name)
                own = budget if name in place.slow else budget.at_most(_OWN_SECONDS)
                try:
                    found = _told(by_name[name], look, own)
                    if not own.left and found.request is None:
                        late.add(name)
                        found = replace(found, trouble=True)
                    told[name] = found
                finally:
                    self.busy.discard(name)

        threads = [
            threading.Thread(target=work, args=(number,), daemon=True, name=f"tick-{number}")
            for number in range(min(_AT_ONCE, len(by_name)))
        ]
        for each in threads:
            each.start()
        end = time.monotonic() + budget.left
        for each in threads:
            each.join(max(0.0, end - time.monotonic()))
        seen = dict(told)
        open_ended = [name for name in list(begun) if name not in seen]
        for name in open_ended:
            seen[name] = Told("It took longer than the tick.", trouble=True)
        slower = [name for name in begun if name in late or name in open_ended]
        rest = list(first)
        following = Place(rest[0] if rest else place.next, (*slow, *slower))
        return Round(seen, len(rest) + len(slow), following)


T = TypeVar("T")


@contextmanager
def one_loop() -> Iterator[Callable[[Coroutine[Any, Any, T]], T]]:
    """Yield what runs the coroutines of all threads in one event loop, to their end as `asyncio.run` does.

    The loop ends with the block; what is under way then is cancelled.
    """
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def turn() -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        loop.set_default_executor(ThreadPoolExecutor(_HELPERS))
        async with shared_connections():
            begun.set_result((loop, over))
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(turn()), daemon=True, name="tick-loop")
    thread.start()
    loop, over = begun.result()

    def run(asking: Coroutine[Any, Any, T]) -> T:
        try:
            under_way = asyncio.run_coroutine_threadsafe(asking, loop)
        except RuntimeError:  # the tick is over
            asking.close()
            raise
        return under_way.result()

    try:
        yield run
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(_ENDING_SECONDS)


def _taken(*queues: deque[str]) -> str | None:
    """Take the next name, of the first queue that has one."""
    for each in queues:
        try:
            return each.popleft()
        except IndexError:
            continue
    return None


def one_by_one(
    accounts: Iterable[Settings], look: Callable[[Settings], Told], log: logging.Logger
) -> dict[str, Told]:
    """Look at each account, which asks Lever nothing; what one raises is told of it alone, and logged."""
    told = {each.connection: _told(each, look) for each in accounts}
    trouble = [f"{name}: {each.why}" for name, each in told.items() if each.trouble]
    if trouble and any(each.request for each in told.values()):
        log.warning(" ".join(trouble[:_NAMED]))
    return told


def in_a_sentence(told: Mapping[str, Told]) -> str:
    """Return why no run is asked for, by the names of the accounts, some of them where they are many."""
    whys = [f"{name}: {each.why}" for name, each in told.items() if each.request is None]
    more = [f"{len(whys) - _NAMED} more connections wait."] if len(whys) > _NAMED else []
    return " ".join([*whys[:_NAMED], *more])


def _told(account: Settings, look: Callable[..., Told], *given: Budget) -> Told:
    try:
        return look(account, *given)
    except BusyError as error:
        return Told(told_of(error), short="something else is at work on it.")
    except Exception as error:
        return Told(told_of(error), trouble=True)

"""Decides which faults strike which requests: seeded, counted and timed, so that they repeat."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any

from lever_assets.sandbox.chance import Chance
from lever_assets.sandbox.endpoints.route import Answer, Route
from lever_assets.sandbox.errors import ApiError, of_status
from lever_assets.sandbox.faults.answers import BLOCK_PAGE, HTML, Given
from lever_assets.sandbox.faults.fault import Fault
from lever_assets.sandbox.faults.kinds import kind_of, status_of

STORM_LENGTH = 5
AN_HOUR = 3600
NAMING_A_TIME = frozenset({429, 503})


@dataclass(frozen=True)
class Struck:
    """A request as faults see it; `path` is without the version."""

    route: Route
    path: str


@dataclass(frozen=True)
class Strike:
    """What befalls one request: an answer given in place of the real one, or what is done to the real one.

    With `halted` the request is not carried out. `date` is the text of the header, or its error in seconds.
    """

    halted: bool = False
    answer: Answer | None = None
    reset: bool = False
    timeout: bool = False
    truncate: bool = False
    delay: float = 0.0
    date: str | float = 0.0


NO_STRIKE = Strike()


@dataclass
class _Course:
    """How a fault has gone so far."""

    fault: Fault
    fitting: int = 0
    struck: int = 0
    began: float | None = None

    def strikes(self, chance: Chance) -> bool:
        """Count a request that fits, and draw."""
        fault, now = self.fault, time.monotonic()
        self.fitting += 1
        if self.fitting < fault.start or (fault.times is not None and self.struck >= fault.times):
            return False
        if fault.seconds is not None and self.began is not None and now - self.began > fault.seconds:
            return False
        if fault.share < 1 and not chance.hit(fault.share):
            return False
        self.began = now if self.began is None else self.began
        self.struck += 1
        return True


class FaultPlan:
    """Decides for each request which faults strike."""

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        self._seed = seed
        self.set(faults)

    def set(self, faults: Iterable[Fault]) -> None:
        """Replace all faults and start the dice anew."""
        courses = [_Course(fault) for fault in faults]
        self._naming = [each for each in courses if each.fault.name == "retry-after"]
        self._spoiling = [each for each in courses if kind_of(each.fault.name).spoil]
        self._striking = [each for each in courses if each not in self._naming + self._spoiling]
        self._chance = Chance(self._seed)
        self._storm = 0
        self._pages: dict[str, list[object]] = {}

    def strike(self, struck: Struck) -> Strike:
        """Draw for one request, before it is carried out."""
        if self._storm:
            self._storm -= 1
            return Strike(halted=True, answer=_refusal(429, struck))
        strike = NO_STRIKE
        for course in self._striking:
            if _fits(course, struck) and course.strikes(self._chance):
                strike = self._apply(course.fault, strike, struck)
        return strike

    def spoil(
        self, struck: Struck, answer: Answer, offset: str | None, another: Callable[[], bytes | None]
    ) -> Answer:
        """What becomes of a good answer; `offset` and `another` as in Given."""
        if not self._spoiling or answer.status != 200 or answer.headers or not answer.body:
            return answer
        given = Given(answer.body, offset, self._pages.get(struck.path), another)
        page = given.page
        for course in self._spoiling:
            spoil = kind_of(course.fault.name).spoil
            if spoil is None or answer.headers or not _fits(course, struck):
                continue
            spoilt = spoil(replace(given, body=answer.body, number=course.struck + 1))
            if spoilt is not None and course.strikes(self._chance):
                answer = spoilt
        if page is not None:
            self._pages[struck.path] = page["data"]
        return answer

    def retry_after(self, struck: Struck | None, status: int) -> str | None:
        """What an answer says of when to come again; `struck` is None for an endpoint that there is not."""
        if status not in NAMING_A_TIME:
            return None
        for course in self._naming:
            if (struck is None or _fits(course, struck)) and course.strikes(self._chance):
                value = course.fault.value or ""
                return formatdate(time.time() - AN_HOUR, usegmt=True) if value == "past" else value
        return None

    def _apply(self, fault: Fault, strike: Strike, struck: Struck) -> Strike:
        status = status_of(fault.name)
        done: dict[str, Any] = {"halted": strike.halted or fault.when == "before"}
        match fault.name:
            case name if status is not None:
                html = name.startswith("html")
                done["answer"] = Answer(status, BLOCK_PAGE, (HTML,)) if html else _refusal(status, struck)
            case "429-storm":
                # `times` counts single answers, so a storm that is limited does not outlast its limit.
                self._storm = STORM_LENGTH - 1 if fault.times is None else 0
                done = {"answer": _refusal(429, struck), "halted": True}
            case "latency":
                done = {"delay": strike.delay + self._chance.uniform(0, 2 * fault.amount) / 1000}
            case "slow":
                done = {"delay": strike.delay + fault.amount}
            case "date":
                done = {"date": fault.amount or fault.value or 0.0}
            case "truncate":
                done = {"truncate": True}
            case name:  # reset, timeout
                done[name] = True
        return replace(strike, **done)


def _fits(course: _Course, struck: Struck) -> bool:
    return course.fault.fits(struck.route.resource, struck.route.name, struck.path)


def _refusal(status: int, struck: Struck) -> Answer:
    error: ApiError = of_status(status, struck.route.scope)
    return Answer(status, error.body())

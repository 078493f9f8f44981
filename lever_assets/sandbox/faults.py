"""Faults on demand: storms of 429, server errors, cut connections, broken bodies. Seeded, so they repeat."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, Field, field_validator

from lever_assets.sandbox.chance import Chance

STORM_LENGTH = 5
RETRY_AFTER_SECONDS = 1

# What `--fault NAME` means without a rate: the share of requests that are hit.
DEFAULT_RATES: dict[str, float] = {
    "429-storm": 0.02,
    "500": 0.05,
    "503": 0.05,
    "reset": 0.05,
    "truncate": 0.05,
    "malformed": 0.05,
    "no-id": 0.05,
    "retry-after": 1.0,
    "latency": 100.0,
}


class Fault(BaseModel):
    """One way to misbehave.

    `rate` is the share of requests that are hit; for `latency` the mean delay in milliseconds, drawn evenly
    from 0 to twice that; `retry-after` has none: every 429 then carries the header. `endpoint` narrows it to
    a resource (`offers`) or a template (`GET /opportunities/:id/offers`); `times` is how often it strikes
    before it is spent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    rate: float | None = Field(default=None, ge=0)
    endpoint: str | None = None
    times: int | None = Field(default=None, ge=0)

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in DEFAULT_RATES:
            raise ValueError(f"unknown fault {name!r}; there are {', '.join(DEFAULT_RATES)}")
        return name

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read `NAME` or `NAME=RATE` as given on the command line; ValueError on anything else."""
        name, equals, rate = text.partition("=")
        return cls(name=name.strip(), rate=float(rate) if equals else None)

    @property
    def strength(self) -> float:
        """The rate, or the default of this fault."""
        return DEFAULT_RATES[self.name] if self.rate is None else self.rate


@dataclass(frozen=True)
class Strike:
    """What befalls one request: an answer given in place of the real one, or what is done to the real one."""

    status: int | None = None
    reset: bool = False
    truncate: bool = False
    malformed: bool = False
    no_id: bool = False
    delay_ms: float = 0.0


NO_STRIKE = Strike()


class FaultPlan:
    """Decides for each request which faults strike."""

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        self._seed = seed
        self.set(faults)

    def set(self, faults: Iterable[Fault]) -> None:
        """Replace all faults and start the dice anew."""
        self._faults = tuple(faults)
        self._left: list[int | None] = [fault.times for fault in self._faults]
        self._chance = Chance(self._seed)
        self._storm = 0
        self.retry_after = any(fault.name == "retry-after" for fault in self._faults)

    def strike(self, resource: str, template: str) -> Strike:
        """Draw for one request."""
        if not self._faults:
            return NO_STRIKE
        if self._storm:
            self._storm -= 1
            return Strike(status=429)
        strike = NO_STRIKE
        for index, fault in enumerate(self._faults):
            if fault.name == "retry-after" or not self._strikes(index, fault, resource, template):
                continue
            strike = self._apply(fault, strike)
        return strike

    def _strikes(self, index: int, fault: Fault, resource: str, template: str) -> bool:
        left = self._left[index]
        if left == 0 or fault.endpoint not in {None, resource, template}:
            return False
        if fault.name != "latency" and not self._chance.hit(fault.strength):
            return False
        if left is not None:
            self._left[index] = left - 1
        return True

    def _apply(self, fault: Fault, strike: Strike) -> Strike:
        match fault.name:
            case "429-storm":
                # `times` counts single answers, so a storm that is limited does not outlast its limit.
                self._storm = STORM_LENGTH - 1 if fault.times is None else 0
                return replace(strike, status=429)
            case "500" | "503":
                return replace(strike, status=int(fault.name))
            case "latency":
                delay = self._chance.uniform(0, 2 * fault.strength)
                return replace(strike, delay_ms=strike.delay_ms + delay)
            case name:  # reset, truncate, malformed, no-id
                return replace(strike, **{name.replace("-", "_"): True})


def malform(body: bytes, variant: int) -> bytes:
    """A 200 that can't be used: broken JSON, JSON without data, or a page that isn't JSON."""
    broken = (
        body[: max(1, len(body) // 2)] + b"\x00}",
        b'{"hasNext":false}',
        b"<html><body>Bad gateway</body></html>",
    )
    return broken[variant % len(broken)]

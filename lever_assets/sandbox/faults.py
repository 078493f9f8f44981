"""Faults on demand: storms of 429, server errors, cut connections, broken bodies. Seeded, so they repeat.

On the command line: `NAME`, `NAME=RATE`, and more after commas, as in
`reset=1,when=after,endpoint=POST /opportunities,times=2`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

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
    "timeout": 0.05,
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
    a resource (`offers`) or a template (`GET /opportunities/:id/offers`), `method` to GET, POST, PUT or
    DELETE; `times` is how often it strikes before it is spent, and without a rate it is the first so many
    requests. `when` says whether a write that is answered by an error, a reset or a timeout took effect:
    `before` it nothing has happened, `after` it everything has. A timeout ends when the client gives up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    rate: float | None = Field(default=None, ge=0)
    endpoint: str | None = None
    method: Literal["GET", "POST", "PUT", "DELETE"] | None = None
    times: int | None = Field(default=None, ge=0)
    when: Literal["before", "after"] = "before"

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in DEFAULT_RATES:
            raise ValueError(f"unknown fault {name!r}; there are {', '.join(DEFAULT_RATES)}")
        return name

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read `NAME[=RATE][,field=value ...]` as given on the command line; ValueError on anything else."""
        first, *others = text.split(",")
        name, equals, rate = first.partition("=")
        more: dict[str, str] = {}
        for other in others:
            key, _, value = other.partition("=")
            if key.strip() in {"name", "rate"}:
                raise ValueError(f"{other!r} does not belong after a comma")
            more[key.strip()] = value.strip()
        given = more | {"name": name.strip()} | ({"rate": rate} if equals else {})
        return cls.model_validate(given)

    @property
    def strength(self) -> float:
        """The rate, or the default of this fault."""
        if self.rate is not None:
            return self.rate
        return DEFAULT_RATES[self.name] if self.times is None or self.name == "latency" else 1.0


@dataclass(frozen=True)
class Strike:
    """What befalls one request: an answer given in place of the real one, or what is done to the real one.

    With `halted` the request is not carried out.
    """

    halted: bool = False
    status: int | None = None
    reset: bool = False
    timeout: bool = False
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
        """Draw for one request; `template` begins with its method."""
        if not self._faults:
            return NO_STRIKE
        if self._storm:
            self._storm -= 1
            return Strike(halted=True, status=429)
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
        if fault.method is not None and not template.startswith(f"{fault.method} "):
            return False
        if fault.name != "latency" and not self._chance.hit(fault.strength):
            return False
        if left is not None:
            self._left[index] = left - 1
        return True

    def _apply(self, fault: Fault, strike: Strike) -> Strike:
        halted = strike.halted or fault.when == "before"
        match fault.name:
            case "429-storm":
                # `times` counts single answers, so a storm that is limited does not outlast its limit.
                self._storm = STORM_LENGTH - 1 if fault.times is None else 0
                return replace(strike, status=429, halted=True)
            case "500" | "503":
                return replace(strike, status=int(fault.name), halted=halted)
            case "reset" | "timeout":
                return replace(strike, **{fault.name: True}, halted=halted)
            case "latency":
                delay = self._chance.uniform(0, 2 * fault.strength)
                return replace(strike, delay_ms=strike.delay_ms + delay)
            case name:  # truncate, malformed, no-id
                return replace(strike, **{name.replace("-", "_"): True})


def malform(body: bytes, variant: int) -> bytes:
    """A 200 that can't be used: broken JSON, JSON without data, or a page that isn't JSON."""
    broken = (
        body[: max(1, len(body) // 2)] + b"\x00}",
        b'{"hasNext":false}',
        b"<html><body>Bad gateway</body></html>",
    )
    return broken[variant % len(broken)]

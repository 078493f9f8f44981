"""A fault as it is asked for: which, how much, where and when.

On the command line: `NAME`, `NAME=RATE` (or `NAME=VALUE`), and more after commas, as in
`reset=1,when=after,endpoint=POST /opportunities,times=2` or `404,path=/opportunities/*/offers,from=3`.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lever_assets.sandbox.faults.kinds import kind_of

# Beyond it there is no date to be written into a header.
_FURTHEST = 5e10


class Fault(BaseModel):
    """One way to misbehave.

    `rate` is the share of requests that are hit. `value` is how much, for those that are told: the mean of
    `latency` in milliseconds (drawn evenly from 0 to twice that), the seconds of `slow` and `date`, the text
    of `retry-after`.

    `endpoint` narrows it to a resource (`offers`) or a template (`GET /opportunities/:id/offers`), `path` to
    one path without the version, or those that a pattern with `*` fits, `method` to GET, POST, PUT or DELETE.
    Of the requests that fit (of those whose answer it can spoil) it strikes `from` the so many-th on, `times`
    times, and for `seconds` from when it first struck. Without a rate, one that has a path, a start or an end
    strikes every time.

    `when` says whether a write that is answered by an error, a reset or a timeout took effect: `before` it
    nothing has happened, `after` it everything has. A timeout ends when the client gives up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, coerce_numbers_to_str=True)

    name: str
    value: str | None = None
    rate: float | None = Field(default=None, ge=0)
    endpoint: str | None = None
    path: str | None = None
    method: Literal["GET", "POST", "PUT", "DELETE"] | None = None
    start: int = Field(default=1, ge=1, alias="from")
    times: int | None = Field(default=None, ge=0)
    seconds: float | None = Field(default=None, ge=0)
    when: Literal["before", "after"] = "before"

    @model_validator(mode="before")
    @classmethod
    def _value_in_place_of_rate(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "name" not in given:
            return given
        name = str(given["name"])
        kind = kind_of(name)
        if kind.value is None and "value" in given:
            raise ValueError(f"{name} takes a rate, not a value")
        if kind.value is None or "value" in given:
            return given | {"name": name}
        others = {key: each for key, each in given.items() if key != "rate"}
        return others | {"name": name, "value": given.get("rate", kind.usual)}

    @model_validator(mode="after")
    def _amount_is_a_number(self) -> Fault:
        if self.name in {"latency", "slow"} and not 0 <= float(self.value or 0) <= _FURTHEST:
            raise ValueError(f"{self.name} takes a number from 0 on")
        if self.name == "date" and abs(self.amount) > _FURTHEST:
            raise ValueError("date takes a number of seconds that lead to a date, or a text")
        return self

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read `NAME[=RATE][,field=value ...]` as given on the command line; ValueError on anything else."""
        first, *others = text.split(",")
        name, equals, amount = first.partition("=")
        given: dict[str, str] = {"name": name.strip()}
        told = "value" if kind_of(name.strip()).value else "rate"
        if equals:
            given[told] = amount.strip()
        for other in others:
            key, _, value = other.partition("=")
            if key.strip() in {"name", "value", told}:
                raise ValueError(f"{other!r} does not belong after a comma: write {given['name']}=… instead")

            given[key.strip()] = value.strip()
        return cls.model_validate(given)

    @property
    def amount(self) -> float:
        """The value as a number, 0 for one that is a text."""
        try:
            return float(self.value or 0)
        except ValueError:
            return 0.0

    @property
    def strength(self) -> float:
        """How much: its value as a number, or the share of requests where it takes a rate."""
        return self.amount if self.value is not None else self.share

    @property
    def share(self) -> float:
        """The share of fitting requests that are hit."""
        if self.rate is not None:
            return self.rate
        placed = self.path is not None or self.times is not None or self.seconds is not None or self.start > 1
        return 1.0 if placed else kind_of(self.name).rate

    def fits(self, resource: str, template: str, path: str) -> bool:
        """Whether it is for a request; `template` begins with the method, `path` is without the version."""
        return (
            self.endpoint in {None, resource, template}
            and (self.method is None or template.startswith(f"{self.method} "))
            and (self.path is None or self.path == path or fnmatchcase(path, self.path))
        )

"""What a quirk is: a habit of some Lever accounts, as what is done to a request and to its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lever_assets.sandbox.endpoints.route import Route
from lever_assets.sandbox.schema import Record

Body = dict[str, Any]
Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True)
class Asked:
    """A request: its route, its path without the version, its parameters.

    `refused` is shared by all requests: the lists whose page token was refused once already.
    """

    route: Route
    path: str
    query: Mapping[str, list[str]]
    refused: set[int] = field(default_factory=set)

    @property
    def reads(self) -> bool:
        """Whether it is a GET."""
        return self.route.method == "GET"

    def one(self, name: str) -> str | None:
        """The last value of a parameter."""
        values = self.query.get(name)
        return values[-1] if values else None

    def given(self, name: str, *values: str) -> Asked:
        """The same request with other values of a parameter, or without it."""
        others = {key: each for key, each in self.query.items() if key != name}
        return replace(self, query=others | ({name: list(values)} if values else {}))


@dataclass(frozen=True)
class Quirk:
    """A habit: its name, what it is in a sentence, where it was seen, and what it does.

    `asked` makes another request of one, or refuses it (ApiError). `told` alters the body of an answer in
    place or returns another one. `dated` alters the instant (epoch seconds) of the Date header that answers
    a path; None leaves it out. `event` alters what a webhook tells. `headed` alters the headers of a file.
    """

    name: str
    meaning: str
    source: str
    asked: Callable[[Asked], Asked] | None = None
    told: Callable[[Asked, Body], Body] | None = None
    dated: Callable[[str, float], float | None] | None = None
    event: Callable[[Record], Record] | None = None
    headed: Callable[[Headers], Headers] | None = None

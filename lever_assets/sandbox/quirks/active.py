"""The quirks that are switched on, and the endpoints that an account lacks or nobody may use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import orjson

from lever_assets.sandbox.endpoints.places import check_places, places
from lever_assets.sandbox.endpoints.route import Route
from lever_assets.sandbox.errors import forbidden, not_found
from lever_assets.sandbox.quirks.quirk import Asked, Headers
from lever_assets.sandbox.quirks.table import QUIRKS
from lever_assets.sandbox.recruiting.events import Event

ALL = "all"
ABSENT, DENIED = "absent=", "denied="


def check_quirks(names: Iterable[str]) -> frozenset[str]:
    """The names, or a ValueError for the first that is not known.

    They are those of the table, `all` for every one of it, `absent=NAME` for an endpoint that answers 404 and
    `denied=NAME` for one that answers 403. NAME is a resource (`offers`, `notes:write`) or the path of an
    endpoint (`/postings/:id/apply`).
    """
    given = frozenset(names)
    check_places(_behind(ABSENT, given) | _behind(DENIED, given))
    unknown = sorted(name for name in given - {ALL, *QUIRKS} if not name.startswith((ABSENT, DENIED)))
    if unknown:
        others = f"{ABSENT}NAME and {DENIED}NAME"
        raise ValueError(f"unknown quirk {unknown[0]!r}; there are all, {', '.join(QUIRKS)}, {others}")
    return given


class Quirks:
    """What is done to requests and answers by the quirks that are on, whoever asks."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.set(names)

    def set(self, names: Iterable[str]) -> None:
        """Replace all that are on; ValueError for a name that is not known."""
        given = check_quirks(names)
        on = tuple(quirk for name, quirk in QUIRKS.items() if {name, ALL} & given)
        self._asking = tuple(quirk.asked for quirk in on if quirk.asked)
        self._telling = tuple(quirk.told for quirk in on if quirk.told)
        self._dating = tuple(quirk.dated for quirk in on if quirk.dated)
        self._announcing = tuple(quirk.event for quirk in on if quirk.event)
        self._heading = tuple(quirk.headed for quirk in on if quirk.headed)
        self._absent = _behind(ABSENT, given)
        self._denied = _behind(DENIED, given)
        self._refused: set[int] = set()

    def check(self, route: Route) -> None:
        """A 404 when the account lacks the endpoint, a 403 when its use was taken from all."""
        if self._absent and places(route) & self._absent:
            raise not_found(f"There is no {route.name}")
        if self._denied and places(route) & self._denied:
            raise forbidden(route.scope)

    def came(self, route: Route, path: str, query: dict[str, list[str]]) -> Asked:
        """A request as it came; `path` is without the version."""
        return Asked(route, path, query, self._refused)

    def asked(self, asked: Asked) -> Asked:
        """The request that is answered in place of one that came; ApiError when it is refused."""
        for change in self._asking:
            asked = change(asked)
        return asked

    def told(self, came: Asked, body: bytes) -> bytes:
        """The JSON that is answered in place of one; `came` is the request as it came."""
        if not self._telling or not body.startswith(b"{"):
            return body
        told = orjson.loads(body)
        for change in self._telling:
            told = change(came, told)
        return orjson.dumps(told)

    def dated(self, path: str, at: float) -> float | None:
        """What the Date header tells (epoch seconds); None leaves it out."""
        told: float | None = at
        for change in self._dating:
            told = None if told is None else change(path, told)
        return told

    def headed(self, headers: Headers) -> Headers:
        """The headers of a file that are answered in place of these."""
        for change in self._heading:
            headers = change(headers)
        return headers

    def event(self, event: Event) -> Event:
        """The event that is announced in place of one."""
        data = event.data
        for change in self._announcing:
            data = change(data)
        return replace(event, data=data)


def _behind(prefix: str, names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.removeprefix(prefix) for name in names if name.startswith(prefix))

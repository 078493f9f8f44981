"""What Lever lets an account do, as its answers show: which endpoints answered, and which refused (403)."""

from dataclasses import dataclass
from functools import cache

from lever_assets.lever.errors import AuthenticationError, PermissionMissingError
from lever_assets.lever.paths import scope, template

CONFIDENTIAL = "confidential:access:admin"
"""The permission to see what is confidential (docs/lever-api.md, Access)."""
_EXPAND, _ALL = "expand=", "confidentiality=all"


@dataclass(frozen=True)
class Place:
    """What needs a permission by itself: `name`, such as `GET /opportunities/:id/offers`."""

    name: str
    permission: str

    @property
    def writes(self) -> bool:
        """Whether something in Lever is changed there."""
        return not self.name.startswith("GET ")


def place(method: str, path: str) -> Place:
    """Return the place of a request."""
    return _place(method, template(path))


@cache
def _place(method: str, path: str) -> Place:
    return Place(f"{method} {path}", scope(method, path))


def place_of(listed: str) -> Place:
    """Return the place of a resource by its path, which may hold `{parent}`."""
    return place("GET", listed.format(parent=":id"))


class Access:
    """The places that have let a client in, and those that refused it. A client and its copies share one.

    A refusal says that a permission is missing unless the same place answered for another record, and unless
    it was of a single record that was to be read, which may be hidden for reasons of its own, or of a list of
    deletions, which some accounts lack. `locked_out` is the last error that the key or token itself was
    refused with, None when it was accepted since; `was_accepted` says that it was at all.
    """

    def __init__(self) -> None:
        self.locked_out: AuthenticationError | None = None
        self.was_accepted = False
        self.refusals = 0
        self._answered: dict[str, Place] = {}
        self._refused: dict[str, tuple[Place, PermissionMissingError]] = {}

    @property
    def answered(self) -> tuple[Place, ...]:
        """The places that answered at all."""
        return tuple(self._answered.values())

    @property
    def refused(self) -> tuple[tuple[Place, PermissionMissingError], ...]:
        """The places that only refused, with the first error of each."""
        return tuple(each for name, each in self._refused.items() if name not in self._answered)

    def lock_out(self, error: AuthenticationError) -> None:
        """Note that the key or token was refused."""
        self.locked_out = error
        self.refusals += 1

    def accepted(self, *, since: int) -> None:
        """Note that it was accepted, for a request that was sent after so many `refusals`.

        One that was sent before the last says nothing: its answer came late.
        """
        self.was_accepted = True
        if since == self.refusals:
            self.locked_out = None

    def let_in(self, method: str, path: str, query: str) -> None:
        """Note that a request was answered.

        What was to be expanded may have been left out without a word; what is confidential may not.
        """
        for each in (place(method, path), *_confidential(method, path, query)):
            self._answered[each.name] = each

    def kept_out(self, method: str, path: str, query: str, error: PermissionMissingError) -> None:
        """Note that a request was refused: for a parameter of its, if Lever named that one's permission."""
        own = place(method, path)
        asked_for = (*_expanded(method, path, query), *_confidential(method, path, query))
        blamed = next((each for each in asked_for if each.permission == error.scope), None)
        if blamed is None and not own.writes and (":id" in own.name or own.name.endswith("/deleted")):
            return
        found = blamed or Place(own.name, error.scope)
        self._refused.setdefault(found.name, (found, error))


def _expanded(method: str, path: str, query: str) -> list[Place]:
    names = [part.removeprefix(_EXPAND) for part in query.split("&") if part.startswith(_EXPAND)]
    return [place(method, f"{path}/:id/{name}") for name in names]


def _confidential(method: str, path: str, query: str) -> list[Place]:
    asked = _ALL in query.split("&")
    return [Place(f"{place(method, path).name}?{_ALL}", CONFIDENTIAL)] if asked else []

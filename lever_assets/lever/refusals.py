"""Parameters that Lever refuses: which of them it is, found out by asking, and left out from then on.

A key may lack the right to what a parameter asks for (403 on `confidentiality=all` or `expand=applications`),
and a list may not know a filter (400 on `updated_at_start`): spec/lever-api.md. The records themselves may be
read all the same.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Generator, Iterable, Mapping
from typing import TypeVar

from lever_assets.lever.errors import PermissionMissingError, RequestRejectedError
from lever_assets.lever.paths import template
from lever_assets.lever.wire import Params

Refusal = RequestRejectedError | PermissionMissingError
T = TypeVar("T")

_OF_RIGHTS = frozenset({"confidentiality", "expand", "includeDeactivated"})
"""What a 403 may be about: parameters that ask for more. A filter needs no right."""
_CALLED = {"confidentiality": ("confidential",), "includeDeactivated": ("deactivated",)}
"""Other words by which Lever's message may name a parameter, such as those of a scope."""
_BOUND = re.compile(r"_(start|end)$")


class Refusals:
    """What Lever refused: for each path (its template) the parameters, and what Lever said.

    Both bounds of a filter (`updated_at_start`, `updated_at_end`) are one, `updated_at`. Kept as long as the
    client, whose copies share it.
    """

    def __init__(self) -> None:
        self._by_path: dict[str, dict[str, str]] = {}

    def of(self, path: str) -> Mapping[str, str]:
        """Return what was refused at a path, or at one like it with other ids, and what Lever said."""
        return dict(self._by_path.get(template(path), {}))

    def note(self, path: str, refused: Mapping[str, str]) -> None:
        """Keep that these parameters are refused there."""
        self._by_path.setdefault(template(path), {}).update(refused)

    def left(self, path: str, params: Params, optional: Collection[str]) -> Params:
        """Return the parameters without those of the `optional` ones that are known to be refused."""
        return _without(params, {filter_of(each) for each in optional} & self.of(path).keys())

    async def around(
        self, ask: Callable[[Params], Awaitable[T]], path: str, params: Params, optional: Collection[str]
    ) -> T:
        """Return what `ask(params)` does, if need be without those `optional` parameters that are refused.

        First those that Lever's message names are left out, then one after the other, then all. When that is
        of no use either, the first refusal is raised.
        """
        known = self.left(path, params, optional)
        try:
            return await ask(known)
        except (RequestRejectedError, PermissionMissingError) as error:
            first = error
        attempts = _attempts(first, known, optional)
        try:
            dropped = next(attempts)
            while True:
                try:
                    answer = await ask(_without(known, dropped))
                except (RequestRejectedError, PermissionMissingError) as error:
                    dropped = attempts.send(error)
                else:
                    self.note(path, dropped)
                    return answer
        except StopIteration:
            raise first from None


def filter_of(name: str) -> str:
    """Return the filter that a parameter is a bound of, or the parameter's own name."""
    return _BOUND.sub("", name)


def _without(params: Params, refused: Collection[str]) -> Params:
    return {name: value for name, value in params.items() if filter_of(name) not in refused}


def _attempts(
    first: Refusal, params: Params, optional: Iterable[str]
) -> Generator[Mapping[str, str], Refusal, None]:
    """Yield what to leave out next, with what Lever said of each; sent the refusal of that attempt."""
    sent = {filter_of(name) for name in params}
    possible = [each for each in dict.fromkeys(filter_of(name) for name in optional) if each in sent]
    found: dict[str, str] = {}
    last: Refusal | None = first
    while last is not None:
        left = [each for each in possible if each not in found]
        named = [each for each in left if _names(last.said, each, params)]
        if named:
            found |= dict.fromkeys(named, last.said)
            last = yield dict(found)
        else:
            last = yield from _guesses(last, left, found)


def _guesses(
    refusal: Refusal, left: Iterable[str], found: dict[str, str]
) -> Generator[Mapping[str, str], Refusal, Refusal | None]:
    """Leave out one after the other, then all. Return the refusal of another kind that came instead, if any.

    Then the one that was left out was what the first was about, and is added to what was found.
    """
    possible = [each for each in left if _may_be_about(refusal, each)]
    for each in possible:
        other = yield {**found, each: refusal.said}
        if type(other) is not type(refusal):
            found[each] = refusal.said
            return other
    if len(possible) > 1:
        yield {**found, **dict.fromkeys(possible, refusal.said)}
    return None


def _may_be_about(refusal: Refusal, parameter: str) -> bool:
    return not isinstance(refusal, PermissionMissingError) or parameter in _OF_RIGHTS


def _names(said: str, parameter: str, params: Params) -> bool:
    """Tell whether Lever's message names a parameter, however it is spelt, or what it asks for."""
    value = params.get(parameter)
    values = (value,) if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
    asked_for = [each for each in values if len(each) > len("all")]
    text = _letters(said)
    return any(_letters(word) in text for word in (parameter, *_CALLED.get(parameter, ()), *asked_for))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()

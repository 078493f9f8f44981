"""Parameters that Lever refuses: which of them it is, found out by asking, and left out from then on.

A key may lack the right to what a parameter asks for (403 on `confidentiality=all` or `expand=applications`),
and a list may not know a filter (400 on `updated_at_start`): docs/lever-api.md. The records themselves may be
read all the same.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import TypeVar

from lever_assets.lever.errors import PermissionMissingError, RequestRejectedError
from lever_assets.lever.paths import template
from lever_assets.lever.wire import Params

_Refusal = RequestRejectedError | PermissionMissingError
T = TypeVar("T")

_OF_RIGHTS = frozenset({"confidentiality", "expand", "includeDeactivated"})
"""What a 403 may be about: parameters that ask for more. A filter needs no right."""
_CALLED = {"confidentiality": ("confidential",), "includeDeactivated": ("deactivated",)}
"""Other words by which Lever's message may name a parameter, such as those of a scope."""
_BOUND = re.compile(r"_(start|end)$")
_MOST_ATTEMPTS = 2**5
"""All ways to leave some out of the parameters that a list is asked with, five at most."""


@dataclass(frozen=True)
class _Clue:
    """A refusal: which parameters it may be about, and what Lever said."""

    suspects: tuple[str, ...]
    said: str

    def blames_one_of(self, parameters: Collection[str]) -> bool:
        return not set(self.suspects).isdisjoint(parameters)


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
        known = self._by_path.get(template(path))
        return _without(params, {filter_of(each) for each in optional} & known.keys()) if known else params

    async def around(
        self, ask: Callable[[Params], Awaitable[T]], path: str, params: Params, optional: Collection[str]
    ) -> T:
        """Return what `ask(params)` does, if need be without those `optional` parameters that are refused.

        These are the fewest without which Lever answers. Each refusal is a clue: one of the parameters that
        were sent is to blame. Left out next are always the fewest that would explain all refusals so far.
        When none would, or there are more of them than is sensible, the first refusal is raised.
        """
        known = self.left(path, params, optional)
        try:
            return await ask(known)
        except (RequestRejectedError, PermissionMissingError) as error:
            first = error
        clues = [_clue(first, known, optional)]
        while len(clues) < _MOST_ATTEMPTS and (blamed := _fewest(clues)):
            rest = _without(known, blamed)
            try:
                answer = await ask(rest)
            except (RequestRejectedError, PermissionMissingError) as error:
                clues.append(_clue(error, rest, optional))
            else:
                self.note(path, _said_of(blamed, clues))
                return answer
        raise first


def filter_of(name: str) -> str:
    """Return the filter that a parameter is a bound of, or the parameter's own name."""
    return _BOUND.sub("", name)


def _without(params: Params, refused: Collection[str]) -> Params:
    return {name: value for name, value in params.items() if filter_of(name) not in refused}


def _clue(refusal: _Refusal, params: Params, optional: Iterable[str]) -> _Clue:
    """Return which of these parameters a refusal names; if none, which it may be about."""
    sent = {filter_of(name) for name in params}
    possible = [each for each in dict.fromkeys(filter_of(name) for name in optional) if each in sent]
    named = [each for each in possible if _names(refusal.said, each, params)]
    return _Clue(tuple(named or [each for each in possible if _may_be_about(refusal, each)]), refusal.said)


def _fewest(clues: Sequence[_Clue]) -> tuple[str, ...]:
    """Return the fewest parameters that explain every clue, the earliest suspects first; none if none do."""
    suspects = dict.fromkeys(chain.from_iterable(each.suspects for each in clues))
    sets = chain.from_iterable(combinations(suspects, size) for size in range(1, len(suspects) + 1))
    return next((some for some in sets if all(each.blames_one_of(some) for each in clues)), ())


def _said_of(blamed: Sequence[str], clues: Sequence[_Clue]) -> dict[str, str]:
    """Return what Lever said of each: as they are the fewest, each has a clue that only it explains."""
    return {
        each: next(clue.said for clue in clues if set(clue.suspects).intersection(blamed) == {each})
        for each in blamed
    }


def _may_be_about(refusal: _Refusal, parameter: str) -> bool:
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

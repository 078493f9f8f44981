"""Reading a record of which a part is of another kind than Lever's documentation and answers let expect.

The part is read as null, and everything else as ever: one odd field must not cost a person. What is left out
is told by its place and by what is wrong with it, never by what stood there.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from pydantic import JsonValue, ValidationError

from lever_assets.lever.wire import JsonObject

Place = tuple[str | int, ...]
"""Keys and indexes that lead to a value inside a record."""

_ROUNDS = 20
"""Every round makes something null that was not; more than two are for parts that require a field."""
_MANY = 100
"""A field with more faults than this is left out as a whole."""
_SHOWN = 3

Read = TypeVar("Read")


class Fault(NamedTuple):
    """What of a record is of an odd kind: its field at the top, the place inside, and what is wrong there."""

    field: str
    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


def is_nothing(value: object) -> bool:
    """Whether a value says no more than null does: an empty text is as good."""
    return value is None or (isinstance(value, str) and not value.strip())


def told(faults: Sequence[Fault]) -> str:
    """Return the first faults in one line, with the number of the others."""
    shown = "; ".join(str(fault) for fault in faults[:_SHOWN])
    return shown if len(faults) <= _SHOWN else f"{shown}; and {len(faults) - _SHOWN} more"


def faults_of(error: ValidationError, names: Collection[str]) -> list[Fault]:
    """Return what an error says, without the data itself.

    `names` are the keys that may be told. Any other key below the top is the account's own, perhaps a name.
    """
    return [_fault(loc, problem, names) for loc, problem in _problems(error)]


def read_without_odd_parts(
    validate: Callable[[JsonObject], Read], raw: JsonObject, error: ValidationError, names: Collection[str]
) -> tuple[Read, list[Fault]]:
    """Read a record that was refused with `error` without the parts that were the cause; tell which.

    `raw` stays as it is. Raises the error when it is about what a record can't be without, such as its id.
    """
    faults: list[Fault] = []
    for _ in range(_ROUNDS):
        causes = _causes(raw, error)
        if () in causes:
            break
        faults += [_fault(place, problem, names) for place, problem in causes.items()]
        raw = cast("JsonObject", _with_nulls(raw, causes))
        try:
            return validate(raw), faults
        except ValidationError as again:
            error = again
    raise error


def _problems(error: ValidationError) -> list[tuple[Place, str]]:
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return [(each["loc"], each["msg"].removeprefix("Value error, ")) for each in found]


def _fault(place: Place, problem: str, names: Collection[str]) -> Fault:
    first, *inner = place or ("",)
    known = (str(part) if isinstance(part, int) or part in names else "*" for part in inner)
    return Fault(str(first), ".".join([str(first), *known]), problem)


def _causes(raw: JsonObject, error: ValidationError) -> dict[Place, str]:
    """Return where in the record the causes of an error are; the empty place is the record itself."""
    problems = _problems(error)
    number = Counter(loc[:1] for loc, _ in problems)
    causes: dict[Place, str] = {}
    for loc, problem in problems:
        many = number[loc[:1]] > _MANY
        causes.setdefault(_reached(raw, loc[:1] if many else loc), problem)
    return causes


def _reached(raw: JsonValue, loc: Place) -> Place:
    """Return the innermost place on the way of `loc` that holds something.

    Validation leaves nulls and empty texts in lists out before it counts, and may make an object of a text.
    """
    value, place, holding = raw, list[str | int](), 0
    for part in loc:
        if isinstance(value, dict) and isinstance(part, str) and part in value:
            place.append(part)
            value = value[part]
        elif isinstance(value, list) and isinstance(part, int):
            present = [index for index, item in enumerate(value) if not is_nothing(item)]
            if part >= len(present):
                break
            place.append(present[part])
            value = value[present[part]]
        else:
            break
        holding = len(place) if value is not None else holding
    return tuple(place[:holding])


def _with_nulls(value: JsonValue, places: Collection[Place]) -> JsonValue:
    """Return a copy of `value` with null in these places."""
    if () in places:
        return None
    inside: dict[str | int, list[Place]] = {}
    for first, *rest in places:
        inside.setdefault(first, []).append(tuple(rest))
    fresh: Any = cast("Any", value).copy()
    for key, inner in inside.items():
        fresh[key] = _with_nulls(fresh[key], inner)
    return cast("JsonValue", fresh)

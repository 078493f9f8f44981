"""Fields that an input does not have: a typo to somebody who writes it, news to a client that is newer."""

from collections.abc import Collection, Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

_LONGEST = 100

Read = TypeVar("Read", bound=BaseModel)
Place = tuple[str | int, ...]


def read(model: type[Read], given: object, *, ignore_unknown: bool) -> tuple[Read, tuple[str, ...]]:
    """Return an input as the model, and a sentence for each unknown field that was left out of it.

    Raises pydantic's ValidationError for what can't be used; unknown fields are of that kind unless
    `ignore_unknown`.
    """
    ignored: dict[Place, str] = {}
    while True:
        try:
            return model.model_validate(given), tuple(ignored.values())
        except ValidationError as error:
            unknown = [each["loc"] for each in error.errors() if each["type"] == "extra_forbidden"]
            if not ignore_unknown or not unknown or unknown[0] in ignored:
                raise
        ignored |= {place: _told(place) for place in unknown}
        given = _without(given, unknown)


def _without(given: object, places: Collection[Place]) -> object:
    """Return a copy without what is at these places."""
    inside: dict[str | int, list[Place]] = {}
    for first, *rest in places:
        inside.setdefault(first, []).append(tuple(rest))
    if isinstance(given, Mapping):
        return {
            key: _without(value, inside[key]) if key in inside else value
            for key, value in given.items()
            if () not in inside.get(key, ())
        }
    if isinstance(given, list | tuple):
        return [_without(value, inside[at]) if at in inside else value for at, value in enumerate(given)]
    return given


def _told(place: Place) -> str:
    return f"There is no field {'.'.join(map(str, place))[:_LONGEST]}: it was ignored."

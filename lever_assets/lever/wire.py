"""What goes over the wire: types of JSON and of parameters, and the reading of an answer's body."""

from collections.abc import Mapping, Sequence

import orjson
from pydantic import JsonValue

from lever_assets.lever import lenient

JsonObject = dict[str, JsonValue]

Param = str | int | float | bool | Sequence[str] | None
Params = Mapping[str, Param]
"""Query parameters: several values of one filter are a sequence, None is left out, instants are epoch ms."""


class WrongShapeError(ValueError):
    """The body is not what the Data API promises; says in which way."""


class NotJsonError(WrongShapeError):
    """The body is not JSON at all, so that it can hardly be Lever's."""


def is_object(body: bytes) -> bool:
    """Tell whether a body is a JSON object, as all of Lever's answers are."""
    try:
        answer(body)
    except WrongShapeError:
        return False
    return True


def answer(body: bytes) -> JsonObject:
    """Return the object that a body holds; raises `WrongShapeError`."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        try:
            found = lenient.parse(body)
        except (ValueError, RecursionError):
            raise NotJsonError(f"the answer is not JSON ({error.msg})") from None
    if not isinstance(found, dict):
        raise WrongShapeError("the answer is not a JSON object")
    return found


def envelope(body: bytes) -> JsonObject:
    """Return the object that holds `data`; raises `WrongShapeError`."""
    found = answer(body)
    if not isinstance(found.get("data"), dict | list):
        raise WrongShapeError('the answer has no "data"')
    return found


def data(body: bytes) -> JsonValue:
    """Return what is under `data`; raises `WrongShapeError`."""
    return envelope(body)["data"]

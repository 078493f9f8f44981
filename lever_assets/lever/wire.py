"""What goes over the wire: JSON types, the reading of an answer's body, and one page of a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import orjson
from pydantic import JsonValue

from lever_assets.lever import lenient
from lever_assets.lever.lenient import Fragment

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


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its records as they came, and the next page's offset (None: the last page).

    `first`: the list begins with this page, perhaps anew, since Lever forgot a token in the middle.
    `repeated`: it holds nothing but what came before, so something else may be missing in its place.
    `asked_at` is when its reading began, by our clock (UTC).
    """

    records: list[JsonObject]
    next: str | None
    first: bool = False
    repeated: bool = False
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def query(params: Params) -> str:
    """Return the query text of `params`, percent-encoded. An offset is encoded as it is: it is opaque."""
    return str(httpx.QueryParams({name: value for name, value in params.items() if value is not None}))


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


def data(found: JsonObject) -> JsonValue:
    """Return what an envelope holds."""
    return found["data"]


def page(found: JsonObject) -> Page:
    """Return the page in an envelope; raises `WrongShapeError`. Lists without hasNext are one page.

    What stands among the records and is none is an empty `Fragment`.
    """
    listed = found["data"]
    if not isinstance(listed, list):
        raise WrongShapeError('"data" is not a list')
    if any(each is not None for each in listed) and not any(isinstance(each, dict) for each in listed):
        raise WrongShapeError("the list does not hold objects")
    records = [each if isinstance(each, dict) else Fragment() for each in listed]
    return Page(records, _following(found))


def _following(found: JsonObject) -> str | None:
    """Return where a list goes on, None: it ends. What contradicts itself is no end."""
    more, following = found.get("hasNext"), found.get("next")
    if not isinstance(more, bool | None):
        raise WrongShapeError('"hasNext" is neither true nor false')
    if following is not None and not isinstance(following, str):
        raise WrongShapeError('"next" is no text')
    if more and not following:
        raise WrongShapeError('there are more pages, but "next" does not say where')
    if more is False and following:
        raise WrongShapeError('there are no more pages, but "next" leads to one')
    return following or None

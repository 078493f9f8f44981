"""What faults do to good answers: each gives the spoilt one, or None where it has nothing to spoil."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lever_assets.sandbox.endpoints.route import Answer
from lever_assets.sandbox.pagination import BEGINNING, decode_offset, encode_offset, turn_of

LEVELS = 300
BLOCK_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Access denied</title></head>"
    b"<body><h1>Access denied</h1><p>This request was blocked. Reference 18.2f7a1bd4</p></body></html>\n"
)
HTML = (b"content-type", b"text/html; charset=utf-8")
JSON = (b"content-type", b"application/json; charset=utf-8")


@dataclass(frozen=True)
class Given:
    """A good answer of the API, 200 with JSON, and what it answers.

    `offset` is the page token that was asked with. `before` holds the records of the list's page before.
    `another` makes the same request for another record. `number` counts what the fault has spoilt.
    """

    body: bytes
    offset: str | None = None
    before: list[Any] | None = None
    another: Callable[[], bytes | None] = field(default=lambda: None)
    number: int = 0

    @property
    def parsed(self) -> dict[str, Any]:
        """The body, parsed."""
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed

    @property
    def page(self) -> dict[str, Any] | None:
        """The body, parsed, if it is a list."""
        found = self.parsed
        return found if isinstance(found.get("data"), list) else None


Spoil = Callable[[Given], Answer | None]


def malformed(given: Given) -> Answer | None:
    """Broken JSON, JSON without data, or a page that isn't JSON, in turn."""
    broken = (
        given.body[: max(1, len(given.body) // 2)] + b"\x00}",
        b'{"hasNext":false}',
        b"<html><body>Bad gateway</body></html>",
    )
    return Answer(200, broken[given.number % len(broken)])


def bad_gzip(given: Given) -> Answer | None:
    """Half of the compressed body."""
    packed = gzip.compress(given.body)
    return Answer(200, packed[: len(packed) // 2], (JSON, (b"content-encoding", b"gzip")))


def empty_list(given: Given) -> Answer | None:
    """Nothing."""
    return _json({"data": []}) if given.page else None


def early_end(given: Given) -> Answer | None:
    """No more, though there is."""
    page = given.page
    return _json({"data": page["data"], "hasNext": False}) if page and page.get("hasNext") else None


def same_page(given: Given) -> Answer | None:
    """The records of the page before, with this page's way on."""
    page = given.page
    return _json(page | {"data": given.before}) if page and given.offset and given.before else None


def endless(given: Given) -> Answer | None:
    """The last page with a token that leads to itself and was never given before."""
    return _again(given, lambda number: number + 1)


def circle(given: Given) -> Answer | None:
    """The last page with one of two tokens that lead to it."""
    return _again(given, lambda number: 2 if number == 1 else 1)


def endless_empty(given: Given) -> Answer | None:
    """The last page with a new token that leads to it; from the second time on without its records."""
    return _again(given, lambda number: number + 1, emptied=True)


def contradiction(given: Given) -> Answer | None:
    """More to come without a way on, or a way on though there is no more."""
    page = given.page
    return _json(page | {"hasNext": not page.get("hasNext")}) if page else None


def wrong_record(given: Given) -> Answer | None:
    """The answer for another record."""
    other = given.another()
    return None if other is None else Answer(200, other)


def list_for_object(given: Given) -> Answer | None:
    """The object in a list."""
    parsed = given.parsed
    return _json(parsed | {"data": [parsed["data"]]}) if isinstance(parsed.get("data"), dict) else None


def object_for_list(given: Given) -> Answer | None:
    """The first record of a list in its place."""
    page = given.page
    return _json(page | {"data": page["data"][0]}) if page and page["data"] else None


def no_id(given: Given) -> Answer | None:
    """A record without its id."""
    return _in_the_midst(given, lambda record: {key: record[key] for key in record if key != "id"})


def line_break_id(given: Given) -> Answer | None:
    """A record whose id ends in a line break."""
    return _in_the_midst(given, lambda record: record | {"id": f"{record.get('id')}\n"})


def null_record(given: Given) -> Answer | None:
    """Null."""
    return _in_the_midst(given, lambda _: None)


def nan_record(given: Given) -> Answer | None:
    """NaN, which is no JSON, though some write it."""
    return _in_the_midst(given, lambda _: math.nan)


def nan_field(given: Given) -> Answer | None:
    """A record with a NaN in it."""
    return _in_the_midst(given, lambda record: record | {"score": math.nan})


def deep_record(given: Given) -> Answer | None:
    """A record with lists in lists in lists."""
    nested: list[Any] = []
    for _ in range(LEVELS):
        nested = [nested]
    return _in_the_midst(given, lambda record: record | {"nested": nested})


def _again(given: Given, following: Callable[[int], int], *, emptied: bool = False) -> Answer | None:
    """The last page with a token that leads to itself; a number behind the keyset tells tokens apart."""
    page = given.page
    if page is None or page.get("hasNext"):
        return None
    key = decode_offset(given.offset) or BEGINNING
    turn = turn_of(given.offset)
    token = encode_offset(key, following(turn))
    data = [] if emptied and turn else page["data"]
    return _json({"data": data, "hasNext": True, "next": token})


def _in_the_midst(given: Given, change: Callable[[dict[str, Any]], Any]) -> Answer | None:
    """The list with its middle record changed."""
    page = given.page
    if not page or not page["data"] or not isinstance(page["data"][len(page["data"]) // 2], dict):
        return None
    middle = len(page["data"]) // 2
    page["data"][middle] = change(page["data"][middle])
    return _json(page)


def _json(body: dict[str, Any]) -> Answer:
    # The standard library's writer: it takes any depth, and writes NaN.
    return Answer(200, json.dumps(body).encode())

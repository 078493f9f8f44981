"""Pages that are shorter than asked for or empty, tokens that are refused, lists that don't say their end."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from lever_assets.sandbox.errors import bad_request
from lever_assets.sandbox.pagination import (
    BEGINNING,
    decode_offset,
    encode_offset,
    parse_limit,
)
from lever_assets.sandbox.quirks.quirk import Asked, Body

# Marks the token of an empty page; the token of the page that is to follow is behind it.
EMPTY = "empty:"


def short(asked: Asked) -> Asked:
    """Ask for a few records only: between one and a fifth of the limit, another number on each page."""
    if not asked.reads:
        return asked
    limit = parse_limit(asked.one("limit"))
    number = crc32(f"{asked.path}{asked.one('offset')}".encode())
    return asked.given("limit", str(1 + number % max(1, limit // 5)))


def to_the_page_behind(asked: Asked) -> Asked:
    """Read through the token of an empty page."""
    token = asked.one("offset") or ""
    return asked.given("offset", token.removeprefix(EMPTY)) if token.startswith(EMPTY) else asked


def empty(asked: Asked, body: Body) -> Body:
    """Begin a list that holds anything with an empty page, and put another one behind the first full page."""
    token = asked.one("offset")
    if not _is_page(body):
        return body
    if token is None:
        return _nothing_before(encode_offset(BEGINNING)) if body["data"] else body
    if token.startswith(EMPTY):
        return _nothing_before(token.removeprefix(EMPTY))
    if decode_offset(token) == BEGINNING and body["hasNext"]:
        body["next"] = EMPTY + body["next"]
    return body


def expiring(asked: Asked) -> Asked:
    """Refuse a list's token once, after some of its records were given out."""
    token = asked.one("offset")
    if not token or token.startswith(EMPTY) or decode_offset(token) == BEGINNING:
        return asked
    others = sorted((name, tuple(values)) for name, values in asked.query.items() if name != "offset")
    which = hash((asked.path, *others))
    if which not in asked.refused:
        asked.refused.add(which)
        raise bad_request("Invalid offset token")
    return asked


def without_has_next(asked: Asked, body: Body) -> Body:
    """Leave out `hasNext` where the first page is the whole list."""
    if _is_page(body) and not body["hasNext"] and asked.one("offset") is None:
        del body["hasNext"]
    return body


def _is_page(body: Body) -> bool:
    return isinstance(body.get("data"), list) and "hasNext" in body


def _nothing_before(token: str) -> dict[str, Any]:
    return {"data": [], "next": token, "hasNext": True}

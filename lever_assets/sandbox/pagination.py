"""Lever's pages: opaque offsets that hold a keyset, newest first, at most 100 records."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import quote, unquote

import orjson

from lever_assets.sandbox.errors import bad_request

MAX_LIMIT = 100
# Recorded tokens begin with a number before the creation time; the sandbox writes the same one.
TOKEN_KIND: Final = 3


class Key(NamedTuple):
    """The last record of a page: the next page holds what sorts after it."""

    sort: int
    id: str


# Sorts before every record: its token is that of the first page.
BEGINNING = Key(2**62, "")


def parse_limit(text: str | None) -> int:
    """The `limit` parameter, 1 to 100; a 400 otherwise."""
    if text is None:
        return MAX_LIMIT
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_LIMIT:
        raise bad_request(f"limit must be a number from 1 to {MAX_LIMIT}")
    return int(text)


def encode_offset(key: Key, turn: int = 0) -> str:
    """The token for `next`: URL-encoded JSON such as `[3,1491435120000,"uuid"]`.

    A `turn` other than 0 makes another token for the same page.
    """
    keyset = [TOKEN_KIND, key.sort, key.id]
    return quote(orjson.dumps([*keyset, turn] if turn else keyset), safe="")


def decode_offset(token: str | None) -> Key | None:
    """Read an `offset`; a 400 for one that was not given out. Encoded once or twice makes no difference."""
    return _read(token)[0] if token else None


def turn_of(token: str | None) -> int:
    """The turn of an `offset`; a 400 for one that was not given out."""
    return _read(token)[1] if token else 0


def _read(token: str) -> tuple[Key, int]:
    try:
        keyset = orjson.loads(unquote(token) if token.startswith("%") else token)
    except ValueError:
        keyset = None
    match keyset:
        case [kind, int(sort), str(ident)] if kind == TOKEN_KIND:
            return Key(sort, ident), 0
        case [kind, int(sort), str(ident), int(turn)] if kind == TOKEN_KIND:
            return Key(sort, ident), turn
        case _:
            raise bad_request("offset is not a token that this API gave out")


def list_body(rows: list[bytes], following: Key | None) -> bytes:
    """The envelope of a list around records that are JSON already."""
    data = b",".join(rows)
    if following is None:
        return b'{"data":[' + data + b'],"hasNext":false}'
    token = orjson.dumps(encode_offset(following))
    return b'{"data":[' + data + b'],"next":' + token + b',"hasNext":true}'

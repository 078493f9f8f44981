"""Where the next page begins, in a text that means nothing to whoever has it.

It holds the id of the last row and a hash of what was asked for, so that it fits the same question alone. It
does not grow old: rows are in the order of their ids, which never changes.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import blake2b

import orjson

from lever_assets.api.errors import invalid

_SEAL = 9
"""Bytes: with an id of 24 characters they make a text that needs no padding."""


def cursor_behind(row_id: str, question: Mapping[str, object]) -> str:
    """Return the cursor for what comes behind a row, of those that a question asks for."""
    last = row_id.encode()
    return urlsafe_b64encode(last + _seal(last, question)).decode().rstrip("=")


def row_before(cursor: str, question: Mapping[str, object]) -> str:
    """Return the id of the row behind which a cursor goes on; raises ApiError for one of another question."""
    try:
        given = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        last, seal = given[:-_SEAL], given[-_SEAL:]
        if seal == _seal(last, question) and cursor_behind(last.decode(), question) == cursor.rstrip("="):
            return last.decode()
    except ValueError:
        pass
    raise invalid(
        "The cursor can't be used: give `next` of the page before, with the same filters as there; or leave "
        "it out to begin anew."
    )


def _seal(last: bytes, question: Mapping[str, object]) -> bytes:
    told = orjson.dumps(question, option=orjson.OPT_SORT_KEYS, default=str)
    return blake2b(last + b"\0" + told, digest_size=_SEAL, person=b"lever cursor").digest()

"""Cursors: where the page before ended, and for which filters; nothing that a client could read."""

import base64
import binascii
from collections.abc import Mapping

import orjson

from lever_assets.api.errors import invalid
from lever_assets.store.values import canonical, fingerprint

_HASH = 12


def cursor(last: str, filters: Mapping[str, object]) -> str:
    """Return the cursor of the page behind the row with the id `last`, under these filters."""
    return base64.urlsafe_b64encode(orjson.dumps([last, _of(filters)])).rstrip(b"=").decode()


def place(given: str | None, filters: Mapping[str, object]) -> str:
    """Return the id behind which a cursor's page begins, "" without one; raises ApiError for a wrong one."""
    if given is None:
        return ""
    try:
        last, of = orjson.loads(base64.urlsafe_b64decode(f"{given}{'=' * (-len(given) % 4)}".encode()))
    except (binascii.Error, ValueError, TypeError):
        raise _wrong() from None
    if not isinstance(last, str) or of != _of(filters):
        raise _wrong()
    return last


def _of(filters: Mapping[str, object]) -> str:
    return fingerprint(canonical(filters))[:_HASH]


def _wrong() -> Exception:
    return invalid("cursor: it is none of this list with these filters; begin without one.")

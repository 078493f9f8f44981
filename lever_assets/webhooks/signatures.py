"""Lever's signature: hex HMAC-SHA256 of token and triggeredAt, keyed with the subscription's token.

Lever Data API documentation, Webhooks, "Securing webhooks". The body is not part of it.
"""

import hashlib
import hmac
from collections.abc import Iterable


def signature(key: str, token: str, triggered_at: int) -> str:
    """Return the signature of an event; `triggered_at` is in epoch milliseconds."""
    return hmac.new(key.encode(), f"{token}{triggered_at}".encode(), hashlib.sha256).hexdigest()


def is_signed(given: str, keys: Iterable[str], token: str, triggered_at: int) -> bool:
    """Tell whether one of `keys` made the signature; takes as long whichever it is, and if none is."""
    found = False
    for key in keys:
        expected = signature(key, token, triggered_at)
        found |= hmac.compare_digest(expected.encode(), given.lower().encode())
    return found

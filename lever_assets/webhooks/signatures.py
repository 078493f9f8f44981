"""Lever's signature: hex HMAC-SHA256 of token and triggeredAt, keyed with the subscription's token.

Lever Data API documentation, Webhooks, "Securing webhooks". The body is not part of it.
"""

import hashlib
import hmac


def signature(key: str, token: str, triggered_at: int) -> str:
    """Return the signature of an event; `triggered_at` is in epoch milliseconds."""
    return hmac.new(key.encode(), f"{token}{triggered_at}".encode(), hashlib.sha256).hexdigest()


def is_signed(given: str, key: str, token: str, triggered_at: int) -> bool:
    """Tell whether the key made the signature; takes as long if it did not."""
    expected = signature(key, token, triggered_at)
    return hmac.compare_digest(expected.encode(), given.lower().encode())

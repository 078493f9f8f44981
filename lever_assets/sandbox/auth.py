"""Who asks: the key as Basic user name with an empty password, or a Bearer token."""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode

from lever_assets.sandbox.errors import invalid_credentials, unauthorized


class Keys:
    """The keys that the sandbox knows; a header that was accepted once is not decoded again."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._accepted: set[bytes] = set()

    def check(self, header: bytes | None) -> None:
        """Accept an Authorization header, or raise the 401 that Lever answers."""
        if header in self._accepted:
            return
        if not header:
            raise unauthorized()
        scheme, _, value = header.partition(b" ")
        given = _presented(scheme.lower(), value.strip())
        if given is None or not hmac.compare_digest(given, self._key):
            raise invalid_credentials()
        self._accepted.add(header)


def _presented(scheme: bytes, value: bytes) -> bytes | None:
    if scheme == b"bearer":
        return value
    if scheme != b"basic":
        return None
    try:
        user, colon, password = b64decode(value, validate=True).partition(b":")
    except binascii.Error:
        return None
    return user if colon and not password else None

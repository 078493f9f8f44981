"""Who asks, and what they may: the key, as Basic user name with an empty password or Bearer, or a token."""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass

from lever_assets.sandbox.config import SandboxConfig
from lever_assets.sandbox.endpoints.places import check_places, places
from lever_assets.sandbox.endpoints.route import Route
from lever_assets.sandbox.errors import forbidden, invalid_credentials, unauthorized

CONFIDENTIAL_ACCESS = "confidential:access:admin"


@dataclass(frozen=True)
class Caller:
    """What somebody may: with a key all but the `denied` places, with a token what its `scopes` name."""

    confidential_access: bool
    denied: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None

    def may(self, scope: str) -> bool:
        """Whether it has a permission by Lever's name; a key is asked for places alone."""
        return self.scopes is None or scope in self.scopes

    def check(self, route: Route) -> None:
        """A 403 that names the permission which is missing."""
        if not self.may(route.scope):
            raise forbidden(route.scope, "access token")
        if self.denied and places(route) & self.denied:
            raise forbidden(route.scope)


class Callers:
    """All that may call. `scopes_of` tells those of an access token, None for one that is not good.

    A header with the key that was accepted once is not decoded again.
    """

    def __init__(self, config: SandboxConfig, scopes_of: Callable[[str], frozenset[str] | None]) -> None:
        self._key = config.key.encode()
        self._owner = Caller(config.confidential_access, check_places(config.denied))
        self._scopes_of = scopes_of
        self._accepted: set[bytes] = set()

    def of(self, header: bytes | None) -> Caller:
        """Who sent an Authorization header, or the 401 that Lever answers."""
        if header in self._accepted:
            return self._owner
        if not header:
            raise unauthorized()
        scheme, _, value = header.partition(b" ")
        given = _presented(scheme.lower(), value.strip())
        if given is None:
            raise invalid_credentials()
        if hmac.compare_digest(given, self._key):
            self._accepted.add(header)
            return self._owner
        scopes = self._scopes_of(given.decode("latin-1")) if scheme.lower() == b"bearer" else None
        if scopes is None:
            raise invalid_credentials()
        return Caller(CONFIDENTIAL_ACCESS in scopes, scopes=scopes)


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

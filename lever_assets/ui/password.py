"""The password of the UI, asked for by the browser itself (HTTP Basic, RFC 7617)."""

import asyncio
import hmac
from base64 import b64decode
from binascii import Error as Undecodable

from pydantic import SecretStr

_PAUSE = 0.5
"""Seconds that a wrong password costs, one after the other for all who are wrong: two guesses a second."""
_AT_MOST = 20
"""As many wait for that; what is further wrong is answered at once, without a look."""


class GuessingError(Exception):
    """So many wrong passwords came that no further one is looked at."""


class Password:
    """What has to come with each request; the user's name may be any."""

    def __init__(self, password: SecretStr, token: SecretStr | None = None) -> None:
        """Take the password, and what this process lets in as well: a word for programs of its own user."""
        self._password = password.get_secret_value().encode()
        self._bearer = None if token is None else f"Bearer {token.get_secret_value()}".encode()
        self._turn = asyncio.Lock()
        self._wrong = 0

    async def opens(self, authorization: str | None) -> bool:
        """Return whether the header holds the password, or the token.

        Raises GuessingError where too many are wrong.
        """
        if self._bearer is not None and hmac.compare_digest((authorization or "").encode(), self._bearer):
            return True
        given = _given(authorization)
        if given is None:
            return False
        if hmac.compare_digest(given, self._password):
            return True
        if self._wrong >= _AT_MOST:
            raise GuessingError
        self._wrong += 1
        try:
            async with self._turn:
                await asyncio.sleep(_PAUSE)
        finally:
            self._wrong -= 1
        return False


def _given(authorization: str | None) -> bytes | None:
    scheme, _, told = (authorization or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        _, colon, password = b64decode(told.strip(), validate=True).partition(b":")
    except (Undecodable, ValueError):
        return None
    return password if colon else None

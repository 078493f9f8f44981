"""Who asks, as Lever is told it: an API key, or an access token of OAuth."""

import base64
from collections.abc import AsyncGenerator, Generator
from typing import Protocol

import httpx
from pydantic import SecretStr

from lever_assets.lever import faults

_REFUSED = 401


class LeverAuth(httpx.Auth):
    """Who asks, as Lever is told it; `let_in_by` is how people are told of it."""

    let_in_by = faults.API_KEY

    async def prepare(self) -> None:
        """Get ready for a request, so that nothing else has to be asked for while it is under way.

        Raises AuthenticationError, or UnavailableError, when that can't be.
        """


class ApiKeyAuth(LeverAuth):
    """Basic authentication with the API key as user name and an empty password, as Lever wants it."""

    def __init__(self, key: SecretStr, let_in_by: faults.LetInBy = faults.API_KEY) -> None:
        self.let_in_by = let_in_by
        encoded = base64.b64encode(f"{key.get_secret_value()}:".encode()).decode()
        self._header = SecretStr(f"Basic {encoded}")

    def __repr__(self) -> str:
        return "ApiKeyAuth(**********)"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        request.headers["Authorization"] = self._header.get_secret_value()
        yield request


class Tokens(Protocol):
    """Where access tokens come from."""

    async def current(self) -> SecretStr:
        """Return a token that is good for some time yet."""

    async def instead_of(self, refused: SecretStr) -> SecretStr:
        """Return another token than one that Lever has refused."""


class BearerAuth(LeverAuth):
    """An access token of OAuth (docs/lever-api.md, Access); one that is refused is replaced once.

    A request that was answered with 401 was not acted upon: sending it again does nothing twice.
    """

    def __init__(self, tokens: Tokens, let_in_by: faults.LetInBy = faults.ACCESS_TOKEN) -> None:
        self.let_in_by = let_in_by
        self._tokens = tokens

    def __repr__(self) -> str:
        return "BearerAuth()"

    async def prepare(self) -> None:
        """See to it that there is a token."""
        await self._tokens.current()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Add the header, and once more if it is refused."""
        token = await self._tokens.current()
        request.headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        answer = yield request
        if answer.status_code == _REFUSED:
            token = await self._tokens.instead_of(token)
            request.headers["Authorization"] = f"Bearer {token.get_secret_value()}"
            yield request


def credentials(request: httpx.Request) -> list[str]:
    """Return the secrets in a request's Authorization header, so that they can be blotted out."""
    _, _, sent = request.headers.get("authorization", "").partition(" ")
    if not sent:
        return []
    try:
        key = base64.b64decode(sent, validate=True).decode().partition(":")[0]
    except ValueError:  # a token, not Basic
        key = ""
    return [secret for secret in (sent, key) if secret]

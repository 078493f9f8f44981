"""How a request shows who sends it: one httpx.Auth a way."""

import base64
from collections.abc import Generator

import httpx
from pydantic import SecretStr


class ApiKeyAuth(httpx.Auth):
    """Basic authentication with the API key as user name and an empty password, as Lever wants it."""

    def __init__(self, key: SecretStr) -> None:
        encoded = base64.b64encode(f"{key.get_secret_value()}:".encode()).decode()
        self._header = SecretStr(f"Basic {encoded}")

    def __repr__(self) -> str:
        return "ApiKeyAuth(**********)"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        request.headers["Authorization"] = self._header.get_secret_value()
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

"""Refusals as RFC 6749 words them: `{"error": ..., "error_description": ...}`."""

from __future__ import annotations

import orjson


class OAuthError(Exception):
    """An answer other than tokens; `status` is that of the token endpoint."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status

    def fields(self) -> dict[str, str]:
        """What is told, in a redirect's query or a body."""
        return {"error": self.error, "error_description": self.description}

    def body(self) -> bytes:
        """The JSON that goes over the wire."""
        return orjson.dumps(self.fields())


def invalid_request(description: str) -> OAuthError:
    """A parameter is missing, comes twice or can't be read."""
    return OAuthError("invalid_request", description)


def invalid_client() -> OAuthError:
    """The client is not known, or its secret is wrong."""
    return OAuthError("invalid_client", "The client is not known, or its secret is wrong", 401)


def access_denied(description: str) -> OAuthError:
    """The user, or the server, said no."""
    return OAuthError("access_denied", description)


class InvalidGrantError(Exception):
    """A code or refresh token that is not good; the endpoint's configuration has the status."""

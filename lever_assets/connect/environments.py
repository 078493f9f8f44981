"""The Levers that there are: the one that companies use, Lever's own sandbox, and others by their address."""

from dataclasses import dataclass
from enum import StrEnum


class Environment(StrEnum):
    """Which Lever an account is in."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"
    CUSTOM = "custom"


@dataclass(frozen=True)
class Addresses:
    """The base URLs of a Lever's Data API and of its OAuth server, without a slash at the end."""

    api: str
    auth: str

    @property
    def audience(self) -> str:
        """What a token is asked for: the Data API, with a slash at the end (docs/lever-api.md, Access)."""
        return f"{self.api.rstrip('/')}/"

    @property
    def authorize(self) -> str:
        """The page on which somebody lets us in."""
        return f"{self.auth.rstrip('/')}/authorize"

    @property
    def token(self) -> str:
        """Where codes and refresh tokens are exchanged for tokens."""
        return f"{self.auth.rstrip('/')}/oauth/token"


ADDRESSES = {
    Environment.PRODUCTION: Addresses("https://api.lever.co/v1", "https://auth.lever.co"),
    Environment.SANDBOX: Addresses("https://api.sandbox.lever.co/v1", "https://sandbox-lever.auth0.com"),
}
"""From docs/lever-api.md, Access."""


def environment_at(api: str) -> Environment:
    """Return the environment of a base URL."""
    known = (each for each, addresses in ADDRESSES.items() if addresses.api == api.rstrip("/"))
    return next(known, Environment.CUSTOM)

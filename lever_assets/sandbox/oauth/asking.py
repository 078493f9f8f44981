"""What an application asks at /authorize, and what is wrong with it (RFC 6749 4.1.2.1, RFC 7636 4.4.1)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lever_assets.sandbox.oauth.config import OAuthConfig
from lever_assets.sandbox.oauth.errors import OAuthError, access_denied, invalid_request
from lever_assets.sandbox.oauth.scopes import parse_scopes, unknown

PARAMETERS = (
    "client_id",
    "redirect_uri",
    "response_type",
    "state",
    "scope",
    "prompt",
    "audience",
    "code_challenge",
    "code_challenge_method",
)
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class UntrustedError(Exception):
    """Who asks is not known, or where the answer should go: nothing may be sent there."""


@dataclass(frozen=True)
class Asked:
    """A request for consent: the parameters that are known, and which of them came twice."""

    given: dict[str, str]
    twice: frozenset[str]

    @classmethod
    def read(cls, pairs: Collection[tuple[str, str]]) -> Asked:
        """The known parameters; others are ignored, and so are empty ones (RFC 6749 3.1)."""
        names = [name for name, _ in pairs]
        given = {name: value for name, value in pairs if name in PARAMETERS and value}
        return cls(given, frozenset(name for name in PARAMETERS if names.count(name) > 1))

    @property
    def redirect_uri(self) -> str:
        """Where the answer goes."""
        return self.given["redirect_uri"]

    @property
    def scopes(self) -> tuple[str, ...]:
        """What is asked for."""
        return parse_scopes(self.given["scope"])

    @property
    def challenge(self) -> str | None:
        """PKCE's challenge."""
        return self.given.get("code_challenge")

    def answered(self, fields: dict[str, str]) -> str:
        """The address to which an answer redirects: its fields, and the state as it came."""
        state = {"state": self.given["state"]} if "state" in self.given else {}
        parts = urlsplit(self.redirect_uri)
        query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *(fields | state).items()])
        return urlunsplit(parts._replace(query=query))

    def must_be_trusted(self, config: OAuthConfig) -> None:
        """UntrustedError when client or redirect URI are not those that are registered."""
        if self.twice & {"client_id", "redirect_uri"}:
            raise UntrustedError("client_id or redirect_uri is given twice.")
        client, uri = self.given.get("client_id"), self.given.get("redirect_uri")
        if client != config.client_id:
            raise UntrustedError("There is no application with this client_id.")
        if uri is None or not (uri == config.redirect_uri or _is_loopback(uri)):
            raise UntrustedError(
                "The redirect_uri is none of those that are registered for this application: "
                f"{config.redirect_uri}, and any loopback address."
            )

    def must_be_right(self, audiences: Collection[str], environment: str) -> None:
        """OAuthError for whatever else is wrong; `audiences` are the base URLs that this server is for."""
        given = self.given
        if self.twice:
            raise invalid_request(f"{sorted(self.twice)[0]} is given twice")
        if "response_type" not in given:
            raise invalid_request("response_type is missing")
        if given["response_type"] != "code":
            raise OAuthError("unsupported_response_type", "response_type can only be code")
        if given.get("prompt", "consent") != "consent":
            raise invalid_request("prompt can only be consent")
        if "audience" not in given:
            raise invalid_request("audience is missing")
        if given["audience"] not in audiences:
            # Auth0's answer to an audience that it does not know, with a word on what is meant.
            raise access_denied(
                f"Service not found: {given['audience']} (wrong environment: "
                f"this is {environment}, its audience is {next(iter(audiences))})"
            )
        scopes = parse_scopes(given.get("scope", ""))
        if not scopes:
            raise OAuthError("invalid_scope", "scope is missing")
        if strangers := unknown(scopes):
            raise OAuthError("invalid_scope", f"There is no scope {strangers[0]}")
        self._proof_must_be_right()

    def _proof_must_be_right(self) -> None:
        method = self.given.get("code_challenge_method")
        if self.challenge is None:
            if method is not None:
                raise invalid_request("code_challenge is missing")
            return
        if method != "S256":
            raise invalid_request("code_challenge_method can only be S256")
        if not _CHALLENGE.fullmatch(self.challenge):
            raise invalid_request("code_challenge is not the digest of a verifier")


def _is_loopback(uri: str) -> bool:
    """Whether an address leads to a program on the user's machine, whatever its port (RFC 8252 7.3)."""
    try:
        parts = urlsplit(uri)
        port_is_one = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = parts.scheme == "http" and not parts.fragment and "@" not in parts.netloc
    return plain and port_is_one and parts.hostname in LOOPBACK

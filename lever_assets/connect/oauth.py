"""OAuth 2 with Lever: the address on which somebody lets us in, and tokens for a code or a refresh token.

What is known of it is in docs/lever-api.md, Access; PKCE goes along, for a server that takes it (RFC 7636).

Neither of the libraries serves: Authlib has given up httpx, and oauthlib refuses a callback on this machine
unless a variable loosens it for the whole process.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from lever_assets.connect.environments import Addresses
from lever_assets.connect.http import client_for
from lever_assets.connect.wording import reconnect_by_oauth
from lever_assets.lever import AuthenticationError, LeverError, MalformedError, UnavailableError
from lever_assets.settings import Settings, SettingsError
from lever_assets.store.transaction import now

OFFLINE = "offline_access"
"""The scope without which there is no refresh token."""
_AN_HOUR = 3600
A_YEAR = timedelta(days=365)
_SECONDS = 30.0
_MOST_BYTES = 100_000
_REFUSALS = frozenset({"invalid_grant", "access_denied", "unauthorized_client"})
"""Errors of the token endpoint after which only somebody in Lever can help (RFC 6749, 5.2)."""


class ConsentError(LeverError):
    """Nobody let us in: consent was refused, or what came back is not what was asked for."""


class StrayError(ConsentError):
    """What came back belongs to another attempt, or to nobody's, or is not the whole answer."""


@dataclass(frozen=True)
class App:
    """Our OAuth app, as it is registered at Lever."""

    client_id: str
    client_secret: SecretStr
    redirect_uri: str

    @classmethod
    def of(cls, settings: Settings) -> "App":
        """Return the app that the environment describes; raises SettingsError if it does not."""
        if settings.oauth_client_id is None or settings.oauth_client_secret is None:
            raise SettingsError(
                "To connect with OAuth set LEVER_OAUTH_CLIENT_ID and LEVER_OAUTH_CLIENT_SECRET to those of "
                "your app at Lever; or connect with an API key: `lever-assets connect NAME --api-key`."
            )
        return cls(settings.oauth_client_id, settings.oauth_client_secret, settings.oauth_redirect_uri)


@dataclass(frozen=True)
class Grant:
    """What Lever gave: the pair of tokens, from when until when the first is good, and what it is for.

    `refresh_token_since` is when the refresh token was issued; it lasts a year. Without one the grant ends
    with its access token. Instants are UTC.
    """

    access_token: SecretStr
    refresh_token: SecretStr | None
    issued_at: datetime
    expires_at: datetime
    scopes: frozenset[str]
    refresh_token_since: datetime

    @property
    def refresh_token_until(self) -> datetime:
        """When the refresh token ends (UTC)."""
        return self.refresh_token_since + A_YEAR


@dataclass(frozen=True)
class Authorization:
    """A consent that is asked for: the page's address, and what tells that an answer is to it."""

    url: str
    redirect_uri: str
    scopes: frozenset[str]
    state: str = field(repr=False)
    verifier: str = field(repr=False)

    def code_in(self, redirected_to: str) -> str:
        """Return the code in the address that the browser was sent back to.

        Raises StrayError for what is no answer to this attempt, ConsentError where nobody let us in.
        """
        given = _query_of(redirected_to)
        if "state" not in given:
            raise StrayError(
                "That is no answer of Lever's (it holds no state)",
                "what is wanted is the whole address to which the browser is sent once somebody has "
                f"accepted: it begins with {self.redirect_uri}?",
            )
        if not hmac.compare_digest(given.get("state", "").encode("utf-8", "replace"), self.state.encode()):
            raise StrayError(
                "What came back does not belong to this attempt (its state is another one)",
                "open the address that this run has printed, and go through with it in the same browser",
            )
        if "error" in given:
            raise ConsentError(
                f"Lever did not let us in ({_word(given['error'])})",
                "accept the request in Lever, signed in as a Super Admin: others get through the log-in and "
                "are refused at the end",
            )
        if not given.get("code"):
            raise StrayError(
                "There is no code in the address that came back", "it is wanted whole, with all after the ?"
            )
        return given["code"]


class OAuthServer:
    """The OAuth server of a Lever, which knows our app; `connection` is what its grant is called here."""

    def __init__(self, app: App, addresses: Addresses, connection: str = "NAME") -> None:
        self._app = app
        self._addresses = addresses
        self._connection = connection

    def ask(self, scopes: Collection[str]) -> Authorization:
        """Return what is to be opened in a browser so that somebody grants these scopes."""
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        wanted = frozenset(scopes) | {OFFLINE}
        query = {
            "client_id": self._app.client_id,
            "redirect_uri": self._app.redirect_uri,
            "response_type": "code",
            "state": state,
            "scope": " ".join(sorted(wanted)),
            "prompt": "consent",
            "audience": self._addresses.audience,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        url = f"{self._addresses.authorize}?{urlencode(query)}"
        return Authorization(url, self._app.redirect_uri, wanted, state, verifier)

    def exchange(self, code: str, asked: Authorization) -> Grant:
        """Return the grant for a code; it is good once. Raises LeverError."""
        answer = self._post(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": asked.redirect_uri,
                "code_verifier": asked.verifier,
            },
            "The OAuth server does not accept the code that came back",
            "a code is good once, and for some minutes: connect again",
        )
        return answer.grant(None, asked.scopes)

    def renew(self, grant: Grant) -> Grant:
        """Return the grant that follows one; raises AuthenticationError if Lever accepts that no more.

        When the answer is lost nobody knows whether the refresh token was replaced, and there is no other to
        ask with: trying again with it does no harm that is not done.
        """
        again = reconnect_by_oauth(self._connection, grant.scopes)
        if grant.refresh_token is None:
            raise AuthenticationError(
                "The access token has ended, and Lever gave no refresh token with it",
                f"connect again with {again}",
            )
        token = grant.refresh_token.get_secret_value()
        answer = self._post(
            {"grant_type": "refresh_token", "refresh_token": token},
            f"The connection {self._connection!r} was revoked in Lever, or has ended",
            f"connect again with {again}",
        )
        return answer.grant(grant, grant.scopes)

    def _post(self, given: Mapping[str, str], refused: str, remedy: str) -> "_Answer":
        """Send a form with the app's secret; `refused` and `remedy` say what it means that it is refused."""
        secret = self._app.client_secret.get_secret_value()
        form = {**given, "client_id": self._app.client_id, "client_secret": secret}
        url, headers = self._addresses.token, {"Accept": "application/json"}
        failed: LeverError
        try:
            with (
                client_for(url, timeout=_SECONDS, headers=headers) as http,
                http.stream("POST", url, data=form) as response,
            ):
                body = _body(response)
        except httpx.InvalidURL:
            raise SettingsError("LEVER_AUTH_URL is not a web address.") from None
        except httpx.RequestError as error:
            failed = _unreachable(error, url)
        else:
            return _understood(response.status_code, body, refused, remedy)
        raise failed  # out here: the error's cause holds the request, and with it the secrets


def _or(default: Any) -> WrapValidator:
    """Return a validator that takes `default` for what can't be."""

    def tolerant(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        try:
            return validate(value)
        except ValidationError:
            return default

    return WrapValidator(tolerant)


def _for_a_header(token: SecretStr) -> SecretStr:
    if re.fullmatch(r"[\x21-\x7e]+", token.get_secret_value()) is None:
        raise ValueError("no token that could stand in a header")
    return token


class _Answer(BaseModel):
    """An answer of the token endpoint with tokens (RFC 6749, 5.1).

    Whatever else is odd about it, the tokens count: those before may be good no more.
    """

    access_token: Annotated[SecretStr, AfterValidator(_for_a_header)]
    refresh_token: Annotated[SecretStr | None, Field(min_length=1), _or(None)] = None
    expires_in: Annotated[float, Field(gt=0, le=366 * 24 * _AN_HOUR), _or(_AN_HOUR)] = _AN_HOUR
    scope: Annotated[str | None, _or(None)] = None

    def grant(self, before: Grant | None, asked: frozenset[str]) -> Grant:
        """Return the grant, after the one that was renewed, if it was; without a scope it has those asked."""
        instant = now()
        kept = before is not None and self.refresh_token in {None, before.refresh_token}
        return Grant(
            self.access_token,
            before.refresh_token if before is not None and kept else self.refresh_token,
            instant,
            instant + timedelta(seconds=self.expires_in),
            asked if self.scope is None else frozenset(self.scope.split()),
            before.refresh_token_since if before is not None and kept else instant,
        )


def _body(response: httpx.Response) -> bytes:
    """Return an answer's body, as far as one with tokens goes; raises ReadTimeout for one that drips."""
    end = time.monotonic() + _SECONDS
    body = b""
    for part in response.iter_bytes():
        body += part
        if len(body) > _MOST_BYTES:
            break
        if time.monotonic() > end:
            raise httpx.ReadTimeout("the answer takes too long")
    return body


def _query_of(url: str) -> dict[str, str]:
    """Return the parameters of an address; of what is none, none."""
    with suppress(ValueError):
        return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    return {}


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _understood(status: int, body: bytes, refused: str, remedy: str) -> _Answer:
    """Return the tokens in an answer; raises LeverError, which quotes nothing but the error's own word.

    `refused` and `remedy` are for the refusal of what was asked with.
    """
    if 200 <= status < 300:
        try:
            return _Answer.model_validate_json(body)
        except (ValidationError, RecursionError):
            pass
        raise MalformedError(
            "The OAuth server's answer holds no token", "check that LEVER_AUTH_URL is Lever's"
        )
    word = _error_in(body)
    if status == 429 or status >= 500:
        raise UnavailableError(f"The OAuth server is out of order (status {status})", "try again later")
    if word is None:
        raise MalformedError(
            f"Something other than the OAuth server answered (status {status})",
            "check that LEVER_AUTH_URL is Lever's, and that no proxy or firewall stands between",
        )
    if word in _REFUSALS:
        raise AuthenticationError(f"{refused} ({word})", remedy)
    if word == "invalid_client":
        raise AuthenticationError(
            "Lever does not know our OAuth app, or not with this secret (invalid_client)",
            "check LEVER_OAUTH_CLIENT_ID and LEVER_OAUTH_CLIENT_SECRET, and that the app is one of this "
            "environment's",
        )
    raise ConsentError(
        f"The OAuth server refuses the request ({word})",
        "check LEVER_AUTH_URL and the app's settings at Lever, its redirect URI for one",
    )


def _error_in(body: bytes) -> str | None:
    """Return the error's code in a refusal; None: it is not one of an OAuth server (RFC 6749, 5.2)."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    given = found.get("error") if isinstance(found, dict) else None
    return _word(given) if isinstance(given, str) else None


def _word(text: str) -> str:
    """Return an error's code, or nothing that could be more than that."""
    return text if text.replace("_", "").isalnum() and len(text) < 60 else "an error without a name"


def _unreachable(error: httpx.RequestError, url: str) -> UnavailableError:
    host = urlsplit(url).hostname
    return UnavailableError(
        f"The OAuth server {host} can't be reached ({type(error).__name__})",
        "check the network and LEVER_AUTH_URL; it is tried again",
    )

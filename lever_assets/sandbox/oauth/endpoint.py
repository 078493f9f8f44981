"""POST /oauth/token: a code or a refresh token for tokens (RFC 6749 4.1.3 and 6)."""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import orjson
from starlette.types import Receive, Scope, Send

from lever_assets.sandbox.endpoints.body import Raw
from lever_assets.sandbox.endpoints.route import Answer, Call, Route
from lever_assets.sandbox.faults import NO_STRIKE, Strike
from lever_assets.sandbox.front import JSON, NOTHING, Front, Incoming
from lever_assets.sandbox.oauth.config import OAuthConfig
from lever_assets.sandbox.oauth.consented import Issued
from lever_assets.sandbox.oauth.errors import InvalidGrantError, OAuthError, invalid_client, invalid_request
from lever_assets.sandbox.oauth.grants import Grants
from lever_assets.sandbox.recruiting.changes import Changes
from lever_assets.sandbox.router import Router

TOKEN = "/oauth/token"  # noqa: S105 - a path
NO_STORE = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))
BASIC = (b"www-authenticate", b'Basic realm="Lever"')
NO_MATTER = 256

Fields = Mapping[str, str]


class TokenEndpoint:
    """The token endpoint below a prefix; to faults it is `oauth`, at /oauth/token."""

    def __init__(self, prefix: str, front: Front, grants: Grants, changes: Changes) -> None:
        self._prefix = prefix
        self._front = front
        self._changes = changes
        self._router = Router([Route("POST", TOKEN, "oauth", partial(_tokens, grants))])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        # A query may hold what belongs into the body: the log must not tell it.
        request = replace(Incoming.read(scope, self._prefix, self._router), query="")
        await self._front.serve(request, receive, send, self._answer)

    def _answer(self, request: Incoming, raw: Raw) -> tuple[Answer, Strike]:
        route, struck = request.route, request.struck
        if route is None or struck is None:
            return _refusal(OAuthError("invalid_request", "The method must be POST", 405)), NO_STRIKE
        strike = self._front.faults.strike(struck)
        if strike.halted:
            return strike.answer or NOTHING, strike
        call = Call(self._changes, (), {}, False, raw, request.authorization)
        given = route.handler(call)
        answer = Answer(200, given) if isinstance(given, bytes) else given
        if strike.answer is not None:
            return strike.answer, strike
        answer = self._front.faults.spoil(struck, answer, None, lambda: None)
        return replace(answer, headers=(*(answer.headers or (JSON,)), *NO_STORE)), strike


def _tokens(grants: Grants, call: Call) -> bytes | Answer:
    try:
        fields = _fields(call.raw)
        _must_be_the_client(fields, call.authorization, grants.config)
        return orjson.dumps(_granted(grants, fields).answer())
    except OAuthError as error:
        return _refusal(error, asked_for_basic=call.authorization is not None)
    except InvalidGrantError as error:
        return _refusal(OAuthError("invalid_grant", str(error), grants.config.invalid_grant_status))


def _granted(grants: Grants, fields: Fields) -> Issued:
    match _one(fields, "grant_type"):
        case "authorization_code":
            code, redirect_uri = _one(fields, "code"), _one(fields, "redirect_uri")
            return grants.exchange(code, redirect_uri, fields.get("code_verifier"))
        case "refresh_token":
            return grants.renew(_one(fields, "refresh_token"))
        case other:
            raise OAuthError("unsupported_grant_type", f"The grant_type {other[:NO_MATTER]} is not supported")


def _fields(raw: Raw) -> Fields:
    """The body's fields, from a form or JSON; each may come once (RFC 6749 3.2)."""
    kind = raw.kind
    try:
        if kind == "application/x-www-form-urlencoded":
            pairs: list[tuple[str, Any]] = parse_qsl((raw.content or b"").decode(), keep_blank_values=True)
        elif kind == "application/json":
            parsed = orjson.loads(raw.content or b"")
            pairs = list(parsed.items()) if isinstance(parsed, dict) else [("", None)]
        else:
            raise invalid_request("The body must be a form or JSON")
    except ValueError as error:
        raise invalid_request("The body can't be read") from error
    if not all(isinstance(value, str) for _, value in pairs):
        raise invalid_request("Each field must be a text")
    fields = {name: value for name, value in pairs if value}
    if len({name for name, _ in pairs}) < len(pairs):
        raise invalid_request("A field is given twice")
    return fields


def _one(fields: Fields, name: str) -> str:
    if name not in fields:
        raise invalid_request(f"{name} is missing")
    return fields[name]


def _must_be_the_client(fields: Fields, authorization: bytes | None, config: OAuthConfig) -> None:
    """OAuthError unless the client has proved who it is, in one way (RFC 6749 2.3.1)."""
    client, secret = fields.get("client_id"), fields.get("client_secret")
    if authorization is not None:
        if secret is not None:
            raise invalid_request("The client's secret is given twice, in the header and in the body")
        named, secret = _basic(authorization)
        if client not in {None, named}:
            raise invalid_request("The client is another in the header than in the body")
        client = named
    known = hmac.compare_digest((client or "").encode(), config.client_id.encode())
    if not (hmac.compare_digest((secret or "").encode(), config.client_secret.encode()) and known):
        raise invalid_client()


def _basic(header: bytes) -> tuple[str, str]:
    scheme, _, value = header.partition(b" ")
    try:
        client, colon, secret = b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise invalid_client() from None
    if scheme.lower() != b"basic" or not colon:
        raise invalid_client()
    return unquote_plus(client), unquote_plus(secret)


def _refusal(error: OAuthError, *, asked_for_basic: bool = False) -> Answer:
    headers = (JSON, BASIC) if asked_for_basic and error.status == 401 else (JSON,)
    return Answer(error.status, error.body(), headers)

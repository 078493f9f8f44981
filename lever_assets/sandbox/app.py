"""The Data API under /v1 as an ASGI application: log, key, rate limit, permission, faults, answer.

/v1 is plain ASGI, because a framework's request objects would cost more than most answers; the controls
under /__ (control.py) are Starlette.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from lever_assets.sandbox.account import Account
from lever_assets.sandbox.auth import Keys
from lever_assets.sandbox.config import SandboxConfig
from lever_assets.sandbox.content import Raw, receive_body
from lever_assets.sandbox.errors import (
    ApiError,
    forbidden,
    internal_error,
    not_found,
    rate_limited,
    unavailable,
)
from lever_assets.sandbox.faults import NO_STRIKE, RETRY_AFTER_SECONDS, FaultPlan, Strike, malform
from lever_assets.sandbox.rate_limit import TokenBucket
from lever_assets.sandbox.reads import READS
from lever_assets.sandbox.recruiting.changes import Changes
from lever_assets.sandbox.request_log import RequestLog
from lever_assets.sandbox.router import NO_BODY, Answer, Call, Route, Router
from lever_assets.sandbox.writes import WRITES
from lever_assets.sandbox.writes.postings import APPLY

VERSION = "/v1"
APPLICATIONS_PER_SECOND = 2.0
UNKNOWN = "(unknown)"
INJECTED = {429: rate_limited, 500: internal_error, 503: unavailable}
JSON = (b"content-type", b"application/json; charset=utf-8")


class LeverApi:
    """The API over an account. Knows the key, counts requests and misbehaves on demand."""

    def __init__(
        self, config: SandboxConfig, changes: Changes, routes: Iterable[Route] = (*READS, *WRITES)
    ) -> None:
        self.config = config
        self.changes = changes
        self.log = RequestLog()
        self.faults = FaultPlan(config.faults, config.fault_seed)
        self._keys = Keys(config.key)
        self._bucket = TokenBucket(config.rate, config.burst)
        usual = APPLICATIONS_PER_SECOND if config.rate else 0.0
        applications = usual if config.apply_rate is None else config.apply_rate
        self._applications = TokenBucket(applications, max(1, round(applications)))
        self._router = Router(routes)
        self._malformed = 0

    @property
    def account(self) -> Account:
        """The account behind the API."""
        return self.changes.account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method, path = scope["method"], scope["path"]
        route, captured = self._router.find(method, path[len(VERSION) :])
        endpoint = route.name if route else f"{method} {UNKNOWN}"
        query = scope["query_string"].decode("latin-1")
        self.log.begin()
        try:
            raw = NO_BODY
            if method != "GET":
                kind = (_header(scope, b"content-type") or b"").decode("latin-1")
                raw = await receive_body(receive, kind)
            # As it would be at Lever, an answer that is refused has travelled as far as one that isn't.
            if self.config.latency_ms:
                await asyncio.sleep(self.config.latency_ms / 1000)
            answer, strike = self._answer(scope, route, captured, query, raw)
            if strike.delay_ms:
                await asyncio.sleep(strike.delay_ms / 1000)
            request = f"{method} {path}?{query}" if query else f"{method} {path}"
            silent = strike.reset or strike.timeout
            self.log.count(endpoint, 0 if silent else answer.status, request)
            if strike.timeout:
                await _disconnected(receive)
            elif strike.reset:
                await _reset(send)
            else:
                await self._respond(send, answer, strike)
        finally:
            self.log.end()

    def _answer(
        self, scope: Scope, route: Route | None, captured: tuple[str, ...], query: str, raw: Raw
    ) -> tuple[Answer, Strike]:
        strike = NO_STRIKE
        try:
            self._admit(scope, route)
            if route is None:
                raise not_found(f"There is no {scope['method']} {scope['path']}")
            strike = self.faults.strike(route.resource, route.name)
            if strike.halted:
                return self._injected(strike), strike
            if {route.resource, f"{route.resource}:{route.access}"} & self.config.denied:
                raise forbidden(route.scope)
            parsed = parse_qs(query, keep_blank_values=True) if query else {}
            given = route.handler(Call(self.changes, captured, parsed, self.config.confidential_access, raw))
            answer = Answer(200, given) if isinstance(given, bytes) else given
            if strike.status is not None:
                return self._injected(strike), strike
            return replace(answer, body=self._spoil(answer.body, strike)), strike
        except ApiError as error:
            return Answer(error.status, error.body()), strike

    def _admit(self, scope: Scope, route: Route | None) -> None:
        """The 401 and the 429."""
        self._keys.check(_header(scope, b"authorization"))
        if not self._bucket.take():
            raise rate_limited()
        if route is not None and route.name == f"POST {APPLY}" and not self._applications.take():
            raise rate_limited()

    def _injected(self, strike: Strike) -> Answer:
        if strike.status is None:
            return Answer(0)
        error = INJECTED[strike.status]()
        return Answer(error.status, error.body())

    def _spoil(self, body: bytes, strike: Strike) -> bytes:
        if strike.malformed and body:
            self._malformed += 1
            return malform(body, self._malformed)
        if strike.no_id and body.startswith(b'{"data":[{'):
            page: dict[str, Any] = orjson.loads(body)
            page["data"][len(page["data"]) // 2].pop("id", None)
            return orjson.dumps(page)
        return body

    async def _respond(self, send: Send, answer: Answer, strike: Strike) -> None:
        status, body = answer.status, answer.body
        headers = list(answer.headers)
        if status != 204:
            headers += [] if answer.headers else [JSON]
            headers.append((b"content-length", str(len(body)).encode()))
        # The sandbox's own clock shows here, so that a client can see it differ from its own.
        headers.append((b"date", formatdate(self.changes.clock.read() / 1000, usegmt=True).encode()))
        if status == 429 and self.faults.retry_after:
            headers.append((b"retry-after", str(RETRY_AFTER_SECONDS).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if strike.truncate and len(body) > 1:
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            await _close(send)
        else:
            await send({"type": "http.response.body", "body": body})


def _header(scope: Scope, name: bytes) -> bytes | None:
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None


async def _disconnected(receive: Receive) -> None:
    """Say nothing until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _reset(send: Send) -> None:
    """Cut the connection without an answer. ASGI has no word for it: this is uvicorn's own transport."""
    _transport(send).abort()
    await asyncio.sleep(0.01)  # until uvicorn knows that the client is gone


async def _close(send: Send) -> None:
    """End the connection after what was sent so far."""
    _transport(send).close()
    await asyncio.sleep(0.01)


def _transport(send: Send) -> asyncio.Transport:
    transport: asyncio.Transport = send.__self__.transport  # type: ignore[attr-defined]  # uvicorn's request cycle
    return transport


def create_app(api: LeverApi, control: ASGIApp) -> ASGIApp:
    """The whole application: /v1 and the controls beside it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(f"{VERSION}/"):
            await api(scope, receive, send)
        else:
            await control(scope, receive, send)

    return app

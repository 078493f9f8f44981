"""The Data API under /v1 as an ASGI application: log, key, rate limit, permission, faults, answer.

/v1 is plain ASGI, because a framework's request objects would cost more than most answers; the controls
under /__ (control.py) are Starlette.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from email.utils import formatdate
from functools import partial
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from lever_assets.sandbox.account import Account
from lever_assets.sandbox.auth import Keys
from lever_assets.sandbox.config import SandboxConfig
from lever_assets.sandbox.endpoints.body import Raw, receive_body
from lever_assets.sandbox.endpoints.reads import READS
from lever_assets.sandbox.endpoints.route import NO_BODY, Answer, Call, Route, of_another
from lever_assets.sandbox.endpoints.writes import WRITES
from lever_assets.sandbox.endpoints.writes.postings import APPLY
from lever_assets.sandbox.errors import ApiError, not_found, rate_limited
from lever_assets.sandbox.faults import NO_STRIKE, FaultPlan, Strike, Struck
from lever_assets.sandbox.quirks import Quirks
from lever_assets.sandbox.rate_limit import TokenBucket
from lever_assets.sandbox.recruiting.changes import Changes
from lever_assets.sandbox.request_log import RequestLog
from lever_assets.sandbox.router import Router

VERSION = "/v1"
APPLICATIONS_PER_SECOND = 2.0
UNKNOWN = "(unknown)"
JSON = (b"content-type", b"application/json; charset=utf-8")
NOTHING = Answer(0)


@dataclass(frozen=True)
class _Request:
    """A request as it came, with the route that answers it; `path` is without the version."""

    method: str
    path: str
    query: str
    route: Route | None
    captured: tuple[str, ...]

    @property
    def endpoint(self) -> str:
        """How the log counts it."""
        return self.route.name if self.route else f"{self.method} {UNKNOWN}"

    @property
    def line(self) -> str:
        """How the log shows it."""
        address = f"{self.method} {VERSION}{self.path}"
        return f"{address}?{self.query}" if self.query else address


class LeverApi:
    """The API over an account. Knows the key, counts requests and misbehaves on demand."""

    def __init__(
        self,
        config: SandboxConfig,
        changes: Changes,
        quirks: Quirks,
        routes: Iterable[Route] = (*READS, *WRITES),
    ) -> None:
        self.config = config
        self.changes = changes
        self.log = RequestLog()
        self.faults = FaultPlan(config.faults, config.fault_seed)
        self.quirks = quirks
        self._keys = Keys(config.key)
        self._bucket = TokenBucket(config.rate, config.burst)
        usual = APPLICATIONS_PER_SECOND if config.rate else 0.0
        applications = usual if config.apply_rate is None else config.apply_rate
        self._applications = TokenBucket(applications, max(1, round(applications)))
        self._router = Router(routes)

    @property
    def account(self) -> Account:
        """The account behind the API."""
        return self.changes.account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = self._read(scope)
        self.log.begin()
        try:
            raw = NO_BODY
            if request.method != "GET":
                kind = (_header(scope, b"content-type") or b"").decode("latin-1")
                raw = await receive_body(receive, kind)
            # As it would be at Lever, an answer that is refused has travelled as far as one that isn't.
            if self.config.latency_ms:
                await asyncio.sleep(self.config.latency_ms / 1000)
            answer, strike = self._answer(request, _header(scope, b"authorization"), raw)
            if strike.delay:
                await asyncio.sleep(strike.delay)
            silent = strike.reset or strike.timeout
            self.log.count(request.endpoint, 0 if silent else answer.status, request.line)
            if strike.timeout:
                await _disconnected(receive)
            elif strike.reset:
                await _reset(send)
            else:
                await self._respond(send, request, answer, strike)
        finally:
            self.log.end()

    def _read(self, scope: Scope) -> _Request:
        path = scope["path"][len(VERSION) :]
        route, captured = self._router.find(scope["method"], path)
        return _Request(scope["method"], path, scope["query_string"].decode("latin-1"), route, captured)

    def _answer(self, request: _Request, key: bytes | None, raw: Raw) -> tuple[Answer, Strike]:
        strike, route = NO_STRIKE, request.route
        try:
            self._admit(key, route)
            if route is None:
                raise not_found(f"There is no {request.method} {VERSION}{request.path}")
            struck = Struck(route, request.path)
            strike = self.faults.strike(struck)
            if strike.halted:
                return strike.answer or NOTHING, strike
            self.quirks.check(route)
            query = parse_qs(request.query, keep_blank_values=True) if request.query else {}
            came = self.quirks.came(route, request.path, query)
            asked = self.quirks.asked(came)
            call = Call(self.changes, request.captured, asked.query, self.config.confidential_access, raw)
            given = route.handler(call)
            answer = Answer(200, given) if isinstance(given, bytes) else given
            if strike.answer is not None:
                return strike.answer, strike
            if not answer.headers:
                answer = replace(answer, body=self.quirks.told(came, answer.body))
            other = partial(of_another, route, call)
            return self.faults.spoil(struck, answer, asked.one("offset"), other), strike
        except ApiError as error:
            return Answer(error.status, self._told_of(error, request)), strike

    def _told_of(self, error: ApiError, request: _Request) -> bytes:
        if request.route is None:
            return error.body()
        return self.quirks.told(self.quirks.came(request.route, request.path, {}), error.body())

    def _admit(self, key: bytes | None, route: Route | None) -> None:
        """The 401 and the 429."""
        self._keys.check(key)
        if not self._bucket.take():
            raise rate_limited()
        if route is not None and route.name == f"POST {APPLY}" and not self._applications.take():
            raise rate_limited()

    async def _respond(self, send: Send, request: _Request, answer: Answer, strike: Strike) -> None:
        status, body = answer.status, answer.body
        headers = list(answer.headers)
        if status != 204:
            headers += [] if answer.headers else [JSON]
            headers.append((b"content-length", str(len(body)).encode()))
        if (date := self._date(request, strike)) is not None:
            headers.append((b"date", date.encode("latin-1", "replace")))
        struck = Struck(request.route, request.path) if request.route else None
        if (time := self.faults.retry_after(struck, status)) is not None:
            headers.append((b"retry-after", time.encode("latin-1", "replace")))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if strike.truncate and len(body) > 1:
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            await _close(send)
        else:
            await send({"type": "http.response.body", "body": body})

    def _date(self, request: _Request, strike: Strike) -> str | None:
        """The Date header: the sandbox's own clock shows there, so that a client can see it differ."""
        if isinstance(strike.date, str):
            return strike.date
        at = self.quirks.dated(request.path, self.changes.clock.read() / 1000 + strike.date)
        return None if at is None else formatdate(at, usegmt=True)


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

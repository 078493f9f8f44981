"""How requests come in and answers leave, for all that faults can strike: counted, delayed, dated, cut."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate

from starlette.types import Receive, Scope, Send

from lever_assets.sandbox.endpoints.body import Raw, receive_body
from lever_assets.sandbox.endpoints.route import NO_BODY, Answer, Route
from lever_assets.sandbox.faults import FaultPlan, Strike, Struck
from lever_assets.sandbox.quirks import Quirks
from lever_assets.sandbox.recruiting.clock import Clock
from lever_assets.sandbox.request_log import RequestLog
from lever_assets.sandbox.router import Router

UNKNOWN = "(unknown)"
JSON = (b"content-type", b"application/json; charset=utf-8")
NOTHING = Answer(0)


@dataclass(frozen=True)
class Incoming:
    """A request as it came, with the route that answers it (None: nothing does).

    `path` is without the `prefix` (`/v1`). `authorization` and `kind` are the headers Authorization and
    Content-Type.
    """

    prefix: str
    method: str
    path: str
    query: str
    route: Route | None
    captured: tuple[str, ...]
    authorization: bytes | None
    kind: str

    @classmethod
    def read(cls, scope: Scope, prefix: str, router: Router) -> Incoming:
        """The request of an ASGI scope whose path begins with the prefix."""
        path = scope["path"][len(prefix) :]
        route, captured = router.find(scope["method"], path)
        return cls(
            prefix,
            scope["method"],
            path,
            scope["query_string"].decode("latin-1"),
            route,
            captured,
            _header(scope, b"authorization"),
            (_header(scope, b"content-type") or b"").decode("latin-1"),
        )

    @property
    def endpoint(self) -> str:
        """How the log counts it."""
        return self.route.name if self.route else f"{self.method} {UNKNOWN}"

    @property
    def line(self) -> str:
        """How the log shows it."""
        address = f"{self.method} {self.prefix}{self.path}"
        return f"{address}?{self.query}" if self.query else address

    @property
    def struck(self) -> Struck | None:
        """How faults see it; None where nothing answers it."""
        return Struck(self.route, self.path) if self.route else None


class Front:
    """What all requests pass on their way in and all answers on their way out."""

    def __init__(self, faults: FaultPlan, quirks: Quirks, clock: Clock, latency_ms: float) -> None:
        self.log = RequestLog()
        self.faults = faults
        self.quirks = quirks
        self._clock = clock
        self._latency = latency_ms / 1000

    async def serve(
        self,
        request: Incoming,
        receive: Receive,
        send: Send,
        answering: Callable[[Incoming, Raw], tuple[Answer, Strike]],
    ) -> None:
        """Have a request answered, and do to the answer what its faults want."""
        self.log.begin()
        try:
            raw = NO_BODY if request.method == "GET" else await receive_body(receive, request.kind)
            # As it would be at Lever, an answer that is refused has travelled as far as one that isn't.
            if self._latency:
                await asyncio.sleep(self._latency)
            answer, strike = answering(request, raw)
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

    async def _respond(self, send: Send, request: Incoming, answer: Answer, strike: Strike) -> None:
        status, body = answer.status, answer.body
        headers = list(answer.headers)
        if status != 204:
            headers += [] if answer.headers else [JSON]
            headers.append((b"content-length", str(len(body)).encode()))
        if (date := self._date(request, strike)) is not None:
            headers.append((b"date", date.encode("latin-1", "replace")))
        if (time := self.faults.retry_after(request.struck, status)) is not None:
            headers.append((b"retry-after", time.encode("latin-1", "replace")))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if strike.truncate and len(body) > 1:
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            await _close(send)
        else:
            await send({"type": "http.response.body", "body": body})

    def _date(self, request: Incoming, strike: Strike) -> str | None:
        """The Date header: the sandbox's own clock shows there, so that a client can see it differ."""
        if isinstance(strike.date, str):
            return strike.date
        at = self.quirks.dated(request.path, self._clock.read() / 1000 + strike.date)
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

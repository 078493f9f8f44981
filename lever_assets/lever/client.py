"""The Data API over HTTP: asks, waits, retries, and hands out JSON."""

import asyncio
import os
import ssl
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from pydantic import JsonValue
from yarl import URL

from lever_assets.lever import faults, wire
from lever_assets.lever.auth import credentials
from lever_assets.lever.clock import LeverClock
from lever_assets.lever.downloads import Saving
from lever_assets.lever.errors import (
    LeverError,
    MalformedError,
    NotFoundError,
    PermissionMissingError,
    RateLimitedError,
    RequestRejectedError,
    UnavailableError,
)
from lever_assets.lever.holdups import Holdups, Tell, in_silence
from lever_assets.lever.limiter import RateLimiter
from lever_assets.lever.lookups import resolver
from lever_assets.lever.paths import template
from lever_assets.lever.refusals import Refusals
from lever_assets.lever.requests import Answer, Downloaded, Outgoing, RawAnswer
from lever_assets.lever.retry import RetryPolicy
from lever_assets.lever.traffic import Traffic
from lever_assets.lever.walking import MOST_PAGES, EndlessError, Walk
from lever_assets.lever.wire import JsonObject, Page, Params

_PAGE_SIZE = 100  # the most that Lever gives [spec/lever-api.md, Conventions]
_MOST_IN_MEMORY = 100
"""Pages of a list that is held in memory, unless its reader knows better: ten thousand records."""
_MOST_RESTARTS = 2
_REFUSED = (RequestRejectedError, NotFoundError, PermissionMissingError)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HEADERS = httpx.Headers(
    {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "lever-assets"}
)
_FILE_HEADERS = httpx.Headers({"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "lever-assets"})
_CONNECT_SECONDS = 10.0
_FILE_SECONDS = 300.0
"""How long a file may take on its way; Lever takes files of up to 30 MB (spec/lever-api.md, Writes)."""

T = TypeVar("T")
Consume = Callable[[httpx.Response], Awaitable[object]]


class LeverClient:
    """A Lever account, read and written. Use it in `async with`, from one event loop.

    At most `concurrency` requests are under way; each may take `timeout` seconds, and each try, retries
    included, waits its turn at `limiter` (applications through a posting at `apply_limiter` before).
    Redirects are not followed and cookies not kept. Every method raises `LeverError`. `tell` hears in a
    sentence what holds requests up; `trouble` is the last error that a request was tried again after.
    """

    def __init__(
        self,
        *,
        auth: httpx.Auth,
        base_url: str,
        limiter: RateLimiter,
        apply_limiter: RateLimiter | None = None,
        concurrency: int = 16,
        retry: RetryPolicy | None = None,
        timeout: float = 30.0,
        tell: Tell = in_silence,
    ) -> None:
        self.trouble: LeverError | None = None
        self.traffic = Traffic()
        self.clock = LeverClock()
        self.refusals = Refusals()
        self._auth = auth
        self._base, self._host = _checked(base_url)
        self._limiter = limiter
        self._apply_limiter = apply_limiter
        self._slots = asyncio.Semaphore(concurrency)
        self._retry = retry or RetryPolicy()
        self._timeout = timeout
        self._holdups = Holdups(tell)
        connect = min(timeout, _CONNECT_SECONDS)
        self._extensions = {"timeout": httpx.Timeout(timeout, connect=connect, pool=None).as_dict()}
        self._patient = {
            "timeout": httpx.Timeout(max(timeout, _FILE_SECONDS), connect=connect, pool=None).as_dict()
        }
        # aiohttp below httpx: the same request costs a quarter of the CPU. httpx's own client above the
        # transport would add half again, for cookies, redirects and logging that are not wanted here.
        self._transport = self._transport_of(concurrency, keep=True)
        # A write goes over a connection of its own: a kept one may be closing at that very moment, and then
        # nobody could say whether Lever got the request.
        self._writing = self._transport_of(concurrency, keep=False)

    def __repr__(self) -> str:
        return f"LeverClient({self._host!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.aclose()
        await self._writing.aclose()

    def counting(self) -> Self:
        """Return this client with counts of its own; what they count, this one's count too."""
        other = copy(self)
        other.traffic = Traffic(also=self.traffic)
        return other

    async def get(
        self, path: str, params: Params | None = None, *, optional: Collection[str] = ()
    ) -> JsonValue:
        """Return what is under "data" of the answer to GET `path`: an object or a list.

        Those of the parameters that are `optional` are left out if Lever refuses them: see `refusals`.
        """
        ask = partial(self._fetch, path, read=wire.data)
        return await self.refusals.around(ask, path, params or {}, optional)

    async def pages(
        self,
        path: str,
        params: Params | None = None,
        *,
        offset: str | None = None,
        optional: Collection[str] = (),
        most: int = MOST_PAGES,
    ) -> AsyncIterator[Page]:
        """Yield the pages of a list in Lever's order, from `offset` (a `Page.next`) or from the start.

        Each page is asked for when the one before has been taken; empty ones are pages, too. Lists without
        hasNext are one page. When Lever refuses a page in the middle, the list begins anew, twice at most:
        see `Page.first`. A list that does not get anywhere, or has more than `most` pages, raises
        BrokenListError. `optional` as for `get`.
        """
        walk, begun = Walk(offset, most), 0
        while True:
            asked_at = datetime.now(UTC)
            try:
                page = await self._page(path, {"limit": _PAGE_SIZE, **(params or {})}, offset, optional)
            except _REFUSED as error:
                if offset is None:
                    raise
                if begun == _MOST_RESTARTS:
                    raise faults.of_token(error) from None
                walk, offset, begun = Walk(None, most), None, begun + 1
                continue
            yield replace(walk.seen(page), asked_at=asked_at)
            try:
                walk.passed(page)
            except EndlessError as error:
                raise faults.of_endless(str(error), path) from None
            if page.next is None:
                return
            offset = page.next

    async def list_all(
        self,
        path: str,
        params: Params | None = None,
        *,
        optional: Collection[str] = (),
        most: int = _MOST_IN_MEMORY,
    ) -> list[JsonObject]:
        """Return all records of a list that is short enough to be held in memory; as `pages`."""
        records: list[JsonObject] = []
        async for page in self.pages(path, params, optional=optional, most=most):
            if page.first:
                records.clear()
            records.extend(page.records)
        return records

    async def send(self, request: Outgoing) -> Answer:
        """Send a request that writes, and return what Lever answers.

        It is sent again when nothing can have come of it: no connection, or 429. Only a request that is
        `repeatable` is sent again after anything else. When it may have happened although no answer says so,
        OutcomeUnknownError is raised.
        """
        may_have_happened = False

        def may_repeat(error: LeverError) -> bool:
            nonlocal may_have_happened
            doubtful = _is_doubtful(error)
            may_have_happened = may_have_happened or doubtful
            return request.repeatable or not doubtful

        outgoing = request.built(self._base, _HEADERS, self._patient if request.files else self._extensions)
        try:
            return await self._retry.run(
                lambda: self._write(request, outgoing), self._after_failure, may_repeat
            )
        except NotFoundError:
            if not (may_have_happened and request.method == "DELETE"):
                raise
            return Answer(404)  # the try before this one did it
        except (UnavailableError, RateLimitedError, MalformedError) as error:
            if not may_have_happened:
                raise
            doubtful = faults.of_outcome(error, request.method, request.path)
        raise doubtful

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> RawAnswer:
        """Send a request once, as it is, and return whatever Lever answers, errors included.

        `query` is sent as it stands there, but for what can't stand in an address at all. Should the answer
        hold the key, it is blotted out. Raises OutcomeUnknownError if it may have written.
        """
        url = f"{self._base}{path}?{query}" if query else f"{self._base}{path}"
        request = httpx.Request(
            method,
            url,
            content=content,
            headers=httpx.Headers({**_HEADERS, **(headers or {})}),
            extensions=self._extensions,
        )
        doubtful: LeverError | None = None
        try:
            response = await self._ask(request, path, transport=self._writing)
        except UnavailableError as error:
            if method == "GET" or not error.sent:
                raise
            doubtful = faults.of_outcome(error, method, path)
        if doubtful is not None:
            raise doubtful
        return RawAnswer.of(response, credentials(response.request))

    async def download(self, path: str, target: Path, *, limit: int) -> Downloaded:
        """Save the file at `path` as `target`, which is only there when it is complete.

        More than `limit` bytes are refused with RequestRejectedError. Errors as for any other read.
        """

        async def attempt() -> Downloaded:
            request = httpx.Request(
                "GET", f"{self._base}{path}", headers=_FILE_HEADERS, extensions=self._patient
            )
            saved = Saving(target, limit)
            response = await self._ask(request, path, consume=saved.take)
            if not response.is_success:
                raise self._refusal(response, "GET", path)
            if saved.too_large:
                raise RequestRejectedError(
                    f"The file is larger than {limit} bytes (GET {path})", "download it in Lever"
                )
            return Downloaded(saved.size, response.headers.get("content-type"))

        return await self._retry.run(attempt, self._after_failure)

    async def _write(self, request: Outgoing, outgoing: httpx.Request) -> Answer:
        if request.applies and self._apply_limiter is not None:
            await self._apply_limiter.acquire(self._held)
        response = await self._ask(outgoing, request.path, transport=self._writing)
        if not response.is_success:
            raise self._refusal(response, request.method, request.path, request.texts)
        if not response.content:
            return Answer(response.status_code)
        try:
            answer = wire.answer(response.content)
        except wire.WrongShapeError as error:
            unreadable = faults.of_body(error, request.method, request.path)
        else:
            beside = {name: value for name, value in answer.items() if name != "data"}
            return Answer(response.status_code, answer.get("data"), beside)
        raise unreadable

    def _transport_of(self, concurrency: int, *, keep: bool) -> AiohttpTransport:
        transport = AiohttpTransport(
            verify=_trust(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")),
            proxy=_proxy(self._base, self._host),
            client=lambda: _session(transport, concurrency, keep=keep),
        )
        return transport

    async def _page(self, path: str, params: Params, offset: str | None, optional: Collection[str]) -> Page:
        async def ask(some: Params) -> Page:
            return await self._fetch(path, {**some, "offset": offset}, read=wire.page)

        if offset is None:
            return replace(await self.refusals.around(ask, path, params, optional), first=True)
        return await ask(self.refusals.left(path, params, optional))

    async def _fetch(self, path: str, params: Params, *, read: Callable[[JsonObject], T]) -> T:
        """Return what `read` makes of the envelope that the path gives."""
        query = wire.query(params)
        url = f"{self._base}{path}?{query}" if query else f"{self._base}{path}"
        return await self._retry.run(lambda: self._attempt(url, path, read), self._after_failure)

    def _after_failure(self, error: LeverError, wait: float | None) -> None:
        if wait is not None:
            self.trouble = error
            self.traffic.retried(wait)
            self._holdups.waits(wait, error.problem)
        if isinstance(error, RateLimitedError):
            # Who gives up holds the others back for a while only: they are to hear from Lever themselves.
            self._limiter.penalise(wait or min(error.retry_after or 0.0, self._retry.cap))

    def _held(self, seconds: float) -> None:
        self._holdups.waits(seconds, "Lever asked everybody with this key to wait")

    async def _attempt(self, url: str, path: str, read: Callable[[JsonObject], T]) -> T:
        """Ask once; raises the `LeverError` for whatever can't be read."""
        request = httpx.Request("GET", url, headers=_HEADERS, extensions=self._extensions)
        response = await self._ask(request, path)
        if not response.is_success:
            raise self._refusal(response, "GET", path)
        try:
            return read(wire.envelope(response.content))
        except wire.WrongShapeError as error:
            unreadable = faults.of_body(error, "GET", path)
        raise unreadable

    async def _ask(
        self,
        request: httpx.Request,
        path: str,
        *,
        transport: AiohttpTransport | None = None,
        consume: Consume = httpx.Response.aread,
    ) -> httpx.Response:
        """Send a request once, in its turn; raises UnavailableError when there is no answer."""
        fault: LeverError | None = None
        seconds = max(filter(None, request.extensions["timeout"].values()))
        async with self._slots:
            waited = await self._limiter.acquire(self._held)
            self.traffic.sent(template(path), waited)
            try:
                async with asyncio.timeout(seconds):
                    response = await self._exchange(request, transport or self._transport, consume)
            except faults.FAULTS as error:
                fault = faults.of_exception(error, self._host, seconds, request.method, path)
        if fault is not None:
            # Raised out here so that it does not drag along its cause: some of aiohttp's errors hold the
            # request's headers, and with them the key.
            raise fault
        self.traffic.answered(response.status_code, response.num_bytes_downloaded)
        self.clock.hear(response.headers.get("date"))
        return response

    def _refusal(
        self, response: httpx.Response, method: str, path: str, sent: Iterable[str] = ()
    ) -> LeverError:
        return faults.of_status(
            response.status_code,
            response.headers,
            response.content,
            method,
            path,
            secrets=credentials(response.request),
            sent=sent,
        )

    async def _exchange(
        self, request: httpx.Request, transport: AiohttpTransport, consume: Consume
    ) -> httpx.Response:
        """Run the request through the authentication, which may ask for a token in between, as httpx does."""
        flow = self._auth.async_auth_flow(request)
        try:
            request = await anext(flow)
            while True:
                response = await transport.handle_async_request(request)
                try:
                    await (consume(response) if response.is_success else response.aread())
                finally:
                    await response.aclose()
                try:
                    request = await flow.asend(response)
                except StopAsyncIteration:
                    return response
        finally:
            await flow.aclose()


def _is_doubtful(error: LeverError) -> bool:
    """Tell whether a write that ended so may have happened."""
    if isinstance(error, UnavailableError):
        return error.sent
    return isinstance(error, MalformedError)


def _session(transport: AiohttpTransport, concurrency: int, *, keep: bool) -> aiohttp.ClientSession:
    context = transport.ssl_context
    connector = (
        aiohttp.TCPConnector(limit=concurrency, keepalive_timeout=30, ssl=context, resolver=resolver())
        if keep
        else aiohttp.TCPConnector(limit=concurrency, force_close=True, ssl=context, resolver=resolver())
    )
    session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
    # Else aiohttp sends a GET once more when its connection breaks, past the limiter and the counts.
    session._retry_connection = False
    # Else yarl would undo what is encoded: an id of two dots would lead to another record.
    session._build_url = lambda url: URL(url, encoded=True)  # type: ignore[method-assign, assignment]
    return session


@cache
def _trust(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """Return what certificates are checked against, by the variables that choose it; it takes 50 ms."""
    return httpx.create_ssl_context()


def _checked(base_url: str) -> tuple[str, str]:
    """Return the base URL without a closing slash, and its host (with the port) for messages."""
    try:
        url = httpx.URL(base_url.strip().rstrip("/"))
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query or url.fragment:
        raise LeverError(
            "The base URL of the Lever API is not a plain http(s) address",
            "set LEVER_BASE_URL to something like https://api.lever.co/v1",
        )
    return str(url), url.netloc.decode("ascii")


def _proxy(base: str, host: str) -> httpx.Proxy | None:
    """Return the proxy that the environment names for this address; a Lever on this machine needs none."""
    url = httpx.URL(base)
    if url.host in _LOOPBACK or urllib.request.proxy_bypass(host):
        return None
    address = urllib.request.getproxies().get(url.scheme)
    return httpx.Proxy(address) if address else None

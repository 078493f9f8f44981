"""The Data API over HTTP: asks, waits, retries, and hands out JSON."""

import asyncio
import urllib.request
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from pydantic import JsonValue

from lever_assets.lever import faults, wire
from lever_assets.lever.auth import credentials
from lever_assets.lever.clock import LeverClock
from lever_assets.lever.errors import LeverError, RateLimitedError
from lever_assets.lever.limiter import RateLimiter
from lever_assets.lever.paths import template
from lever_assets.lever.retry import RetryPolicy
from lever_assets.lever.traffic import Traffic
from lever_assets.lever.wire import JsonObject, Page, Params

_PAGE_SIZE = 100  # the most that Lever gives [spec/lever-api.md, Conventions]
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HEADERS = httpx.Headers(
    {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "lever-assets"}
)


class LeverClient:
    """A Lever account, read. Use it in `async with`, from one event loop.

    At most `concurrency` requests are under way; each may take `timeout` seconds, and each try, retries
    included, waits its turn at `limiter`. Redirects are not followed and cookies not kept. Every method
    raises `LeverError`.
    """

    def __init__(
        self,
        *,
        auth: httpx.Auth,
        base_url: str,
        limiter: RateLimiter,
        concurrency: int = 16,
        retry: RetryPolicy | None = None,
        timeout: float = 30.0,
    ) -> None:
        self.traffic = Traffic()
        self.clock = LeverClock()
        self._auth = auth
        self._base, self._host = _checked(base_url)
        self._limiter = limiter
        self._slots = asyncio.Semaphore(concurrency)
        self._retry = retry or RetryPolicy()
        self._timeout = timeout
        self._extensions = {"timeout": httpx.Timeout(timeout, pool=None).as_dict()}
        # aiohttp below httpx: the same request costs a quarter of the CPU. httpx's own client above the
        # transport would add half again, for cookies, redirects and logging that are not wanted here.
        self._transport = AiohttpTransport(
            proxy=_proxy(self._base, self._host), client=lambda: self._session(concurrency)
        )

    def __repr__(self) -> str:
        return f"LeverClient({self._host!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.aclose()

    async def get(self, path: str, params: Params | None = None) -> JsonValue:
        """Return what is under "data" of the answer to GET `path`: an object or a list."""
        return (await self._fetch(path, params or {}))["data"]

    async def pages(
        self, path: str, params: Params | None = None, *, offset: str | None = None
    ) -> AsyncIterator[Page]:
        """Yield the pages of a list in Lever's order, from `offset` (a `Page.next`) or from the start.

        Each page is asked for when the one before has been taken. Lists without hasNext are one page. A page
        that names itself as the next raises `MalformedError`.
        """
        while True:
            answer = await self._fetch(path, {"limit": _PAGE_SIZE, **(params or {}), "offset": offset})
            try:
                page = wire.page(answer)
            except wire.WrongShapeError as error:
                raise faults.of_shape(str(error), "GET", path) from None
            if page.next is not None and page.next == offset:
                raise faults.of_shape("a page of the list gives itself as the next", "GET", path)
            yield page
            if page.next is None:
                return
            offset = page.next

    async def list_all(self, path: str, params: Params | None = None) -> list[JsonObject]:
        """Return all records of a list that is short enough to be held in memory."""
        return [record async for page in self.pages(path, params) for record in page.records]

    def _session(self, concurrency: int) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=concurrency, keepalive_timeout=30, ssl=self._transport.ssl_context
        )
        session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        # Else aiohttp sends a GET once more when its connection breaks, past the limiter and the counts.
        session._retry_connection = False
        return session

    async def _fetch(self, path: str, params: Params) -> JsonObject:
        query = wire.query(params)
        url = f"{self._base}{path}?{query}" if query else f"{self._base}{path}"
        return await self._retry.run(lambda: self._attempt(url, path), self._after_failure)

    def _after_failure(self, error: LeverError, wait: float | None) -> None:
        self.traffic.retries += wait is not None
        if isinstance(error, RateLimitedError):
            self._limiter.penalise(wait or min(error.retry_after or 0.0, self._retry.patience))

    async def _attempt(self, url: str, path: str) -> JsonObject:
        """Ask once; raises the `LeverError` for whatever is not an envelope."""
        fault: LeverError | None = None
        async with self._slots:
            waited = await self._limiter.acquire()
            self.traffic.sent(template(path), waited)
            try:
                async with asyncio.timeout(self._timeout):
                    response = await self._exchange(url)
            except faults.FAULTS as error:
                fault = faults.of_exception(error, self._host, self._timeout, "GET", path)
        if fault is not None:
            # Raised out here so that it does not drag along its cause: some of aiohttp's errors hold the
            # request's headers, and with them the key.
            raise fault
        self.traffic.answered(response.status_code, response.num_bytes_downloaded)
        self.clock.hear(response.headers.get("date"))
        if not response.is_success:
            raise faults.of_status(
                response.status_code,
                response.headers,
                response.content,
                "GET",
                path,
                secrets=credentials(response.request),
            )
        try:
            return wire.envelope(response.content)
        except wire.WrongShapeError as error:
            shape = str(error)
        raise faults.of_shape(shape, "GET", path)

    async def _exchange(self, url: str) -> httpx.Response:
        """Run the request through the authentication, which may ask for a token in between, as httpx does."""
        request = httpx.Request("GET", url, headers=_HEADERS, extensions=self._extensions)
        flow = self._auth.async_auth_flow(request)
        try:
            request = await anext(flow)
            while True:
                response = await self._transport.handle_async_request(request)
                try:
                    await response.aread()
                finally:
                    await response.aclose()
                try:
                    request = await flow.asend(response)
                except StopAsyncIteration:
                    return response
        finally:
            await flow.aclose()


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

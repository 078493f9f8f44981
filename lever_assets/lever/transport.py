"""How a request gets to Lever and its answer back: sent once over HTTP, in httpx's words by aiohttp's engine.

The same request costs a quarter of the CPU of httpx's own engine, and half of that again without httpx's
client, which looks for cookies and redirects and logs addresses. What is left to do is here: an address goes
out as it was written, a request once, and nobody waits for a lookup of a host that was given up.
"""

import asyncio
import os
import ssl
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from contextvars import ContextVar
from functools import cache, partial
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from yarl import URL

from lever_assets.lever import breaking
from lever_assets.lever.credentials import LeverAuth
from lever_assets.lever.errors import LeverError
from lever_assets.lever.lookups import resolver
from lever_assets.lever.paths import LOOPBACK

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "lever-assets"}
_CONNECT_SECONDS = 10.0
_KEPT_SECONDS = 30.0
"""So long a connection is kept that nothing goes over: a retry may wait as long."""
_FILE_SECONDS = 300.0
"""How long a file may take on its way; Lever takes files of up to 30 MB (docs/lever-api.md, Writes)."""

_address: ContextVar[httpx.URL | None] = ContextVar("address", default=None)
"""Where the request that is under way goes."""


class Transport:
    """Connections to the API at `base_url`, `connections` at most; raises LeverError for an unusable URL.

    An exchange may take `timeout` seconds.
    """

    def __init__(self, auth: LeverAuth, base_url: str, *, connections: int, timeout: float) -> None:
        self._auth = auth
        self.let_in_by = auth.let_in_by
        self._base = _checked(base_url, self.let_in_by.address)
        self.host = self._base.netloc.decode("ascii")
        within = partial(httpx.Timeout, connect=min(timeout, _CONNECT_SECONDS), pool=None)
        self._usual, self._patient = within(timeout), within(max(timeout, _FILE_SECONDS))
        proxy = _proxy(self._base)
        trusted = _trusted_here() if self._base.scheme == "https" or proxy else _nobody()
        self._kept = _engine(trusted, proxy, connections=connections, keep=True)
        self._anew = _engine(trusted, proxy, connections=connections, keep=False)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._kept.aclose()
        await self._anew.aclose()

    async def send(
        self,
        method: str,
        path: str,
        query: str = "",
        *,
        anew: bool = False,
        patient: bool = False,
        consume: Callable[[httpx.Response], Awaitable[object]] = httpx.Response.aread,
        headers: Mapping[str, str] | None = None,
        **given: Any,
    ) -> httpx.Response:
        """Send a request once, and return what Lever answers, its body read, or taken by `consume` if 2xx.

        `anew`: over a connection of its own. A kept one may be closing at that very moment, and then nobody
        could say whether Lever got the request. `patient`: a file is on its way. `given` is as for httpx's
        `Request`. Raises UnavailableError when there is no answer.
        """
        await self._auth.prepare()
        timeout = self._patient if patient else self._usual
        request = httpx.Request(
            method,
            f"{self._base}{path}?{query}" if query else f"{self._base}{path}",
            headers={**_HEADERS, "Connection": "close" if anew else "keep-alive", **(headers or {})},
            extensions={"timeout": timeout.as_dict()},
            **given,
        )
        try:
            async with (
                asyncio.timeout(timeout.read),
                aclosing(await self._answer(request, self._anew if anew else self._kept)) as response,
            ):
                await (consume(response) if response.is_success else response.aread())
                return response
        except breaking.FAULTS as error:
            fault = breaking.of_exception(
                error, self.host, timeout.read or 0.0, method, path, by=self.let_in_by
            )
        # Raised out here so that it does not drag along its cause: some of aiohttp's errors hold the
        # request's headers, and with them the key.
        raise fault

    async def _answer(self, request: httpx.Request, engine: AiohttpTransport) -> httpx.Response:
        """Return the answer, its body not read, to the last request that the credential makes of one."""
        _address.set(request.url)
        async with aclosing(self._auth.async_auth_flow(request)) as flow:
            asked = await anext(flow)
            while True:
                response = await engine.handle_async_request(asked)
                try:
                    asked = await flow.asend(response)
                except StopAsyncIteration:
                    return response
                except BaseException:
                    await response.aclose()
                    raise
                await response.aread()


@cache
def _checked(base_url: str, given_by: str) -> httpx.URL:
    """Return the base URL, without a closing slash; `given_by` is what says it."""
    try:
        url = httpx.URL(base_url.strip().rstrip("/"))
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query or url.fragment:
        raise LeverError(
            "The base URL of the Lever API is not a plain http(s) address",
            f"set {given_by} to something like https://api.lever.co/v1",
        )
    return url


def _engine(
    trusted: ssl.SSLContext, proxy: httpx.Proxy | None, *, connections: int, keep: bool
) -> AiohttpTransport:
    """Return what has that many connections at most; unless it may `keep` them, each request has its own."""

    def session() -> aiohttp.ClientSession:
        shared = _SHARED.get(asyncio.get_running_loop()) if keep else None
        return aiohttp.ClientSession(
            connector=shared or _connector(trusted, connections, keep=keep),
            connector_owner=shared is None,
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=[_as_it_is_and_once],
        )

    return AiohttpTransport(verify=trusted, proxy=proxy, client=session)


_SHARED: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.TCPConnector] = WeakKeyDictionary()


@asynccontextmanager
async def shared_connections() -> AsyncIterator[None]:
    """Let all clients in this event loop have the connections that are kept in common, until the block ends.

    Who asks is said with each request: connecting to the same host for every account is most of what a small
    question costs.
    """
    loop = asyncio.get_running_loop()
    _SHARED[loop] = _connector(_trusted_here(), 0, keep=True)  # each client has a limit of its own
    try:
        yield
    finally:
        await _SHARED.pop(loop).close()


def _connector(trusted: ssl.SSLContext, limit: int, *, keep: bool) -> aiohttp.TCPConnector:
    return aiohttp.TCPConnector(
        limit=limit,
        ssl=trusted,
        resolver=resolver(),
        force_close=not keep,
        keepalive_timeout=_KEPT_SECONDS if keep else None,
    )


async def _as_it_is_and_once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Undo what aiohttp does on its own.

    It decodes what need not be encoded: an id of two dots would lead to another record. And it sends a GET
    once more when its connection breaks, past the limiter and the counts; not after an error of httpx's.
    """
    request.url = URL(str(_address.get()), encoded=True)
    try:
        return await send(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise httpx.NetworkError(type(error).__name__) from error


def _trusted_here() -> ssl.SSLContext:
    return _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _trusted(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """Return what certificates are checked against, by the variables that choose it; it takes 50 ms."""
    return httpx.create_ssl_context()


def _nobody() -> ssl.SSLContext:
    """Return what trusts no certificate at all, for plain http, which meets none; it takes no time."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _proxy(base_url: httpx.URL) -> httpx.Proxy | None:
    """Return the proxy that the environment names for a URL; a Lever on this machine needs none."""
    if base_url.host in LOOPBACK or urllib.request.proxy_bypass(base_url.netloc.decode("ascii")):
        return None
    address = urllib.request.getproxies().get(base_url.scheme)
    return httpx.Proxy(address) if address else None

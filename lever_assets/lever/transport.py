"""httpx's client over aiohttp's engine: the same request costs a quarter of the CPU of httpx's own.

What neither of them does by itself is here: an address goes out as it was written, a request once, no cookie
is kept, no address logged, and nobody waits for a lookup of a host that was given up.
"""

import logging
import os
import ssl
import urllib.request
from contextvars import ContextVar
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from yarl import URL

from lever_assets.lever.lookups import resolver

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "lever-assets"}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_address: ContextVar[httpx.URL | None] = ContextVar("address", default=None)
"""Where the request that is under way goes."""


def http_client(base_url: httpx.URL, auth: httpx.Auth, *, connections: int, keep: bool) -> httpx.AsyncClient:
    """Return a client of that many connections at most; unless it may `keep` them, each request has its own.

    It goes through the proxy that the environment names for `base_url`; a Lever on this machine needs none.
    """
    trusted = _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=connections, ssl=trusted, resolver=resolver(), force_close=not keep
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=[_as_it_is_and_once],
        )

    return httpx.AsyncClient(
        transport=AiohttpTransport(verify=trusted, proxy=_proxy(base_url), client=session),
        auth=auth,
        headers=_HEADERS if keep else {**_HEADERS, "Connection": "close"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        event_hooks={"request": [_note_address]},
    )


async def _note_address(request: httpx.Request) -> None:
    _address.set(request.url)


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


def _is_of_others(record: logging.LogRecord) -> bool:
    """Tell whether a line of httpx's is not about a request of ours, whose address may name people."""
    return not any(each is _address.get() for each in record.args or () if isinstance(each, httpx.URL))


logging.getLogger("httpx").addFilter(_is_of_others)


@cache
def _trusted(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """Return what certificates are checked against, by the variables that choose it; it takes 50 ms."""
    return httpx.create_ssl_context()


def _proxy(base_url: httpx.URL) -> httpx.Proxy | None:
    if base_url.host in _LOOPBACK or urllib.request.proxy_bypass(base_url.netloc.decode("ascii")):
        return None
    address = urllib.request.getproxies().get(base_url.scheme)
    return httpx.Proxy(address) if address else None

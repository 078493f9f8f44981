"""One exchange with Lever over HTTP: a request goes out in its turn, once; an answer or an error comes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from copy import copy
from functools import partial
from typing import Any, Self

import httpx

from lever_assets.lever import faults
from lever_assets.lever.auth import credentials
from lever_assets.lever.clock import LeverClock
from lever_assets.lever.transport import http_client
from lever_assets.lever.errors import LeverError
from lever_assets.lever.holdups import Holdups
from lever_assets.lever.limiter import RateLimiter
from lever_assets.lever.paths import template
from lever_assets.lever.traffic import Traffic

_CONNECT_SECONDS = 10.0
_FILE_SECONDS = 300.0
"""How long a file may take on its way; Lever takes files of up to 30 MB (spec/lever-api.md, Writes)."""

Consume = Callable[[httpx.Response], Awaitable[object]]


class Exchange:
    """Asks Lever, at most `concurrency` times at once, each time within `timeout` seconds after its turn.

    What it does is counted in `traffic`, and `clock` hears each answer's date.
    """

    def __init__(
        self,
        *,
        auth: httpx.Auth,
        base_url: str,
        limiter: RateLimiter,
        concurrency: int,
        timeout: float,
        holdups: Holdups,
    ) -> None:
        self.traffic = Traffic()
        self.clock = LeverClock()
        self._base = _checked(base_url)
        self.host = self._base.netloc.decode("ascii")
        self._limiter = limiter
        self._holdups = holdups
        self._slots = asyncio.Semaphore(concurrency)
        within = partial(httpx.Timeout, connect=min(timeout, _CONNECT_SECONDS), pool=None)
        self._usual, self._patient = within(timeout), within(max(timeout, _FILE_SECONDS))
        client = partial(http_client, self._base, auth, connections=concurrency)
        self._kept = client(keep=True)
        self._anew = client(keep=False)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._kept.aclose()
        await self._anew.aclose()

    def counting(self) -> Self:
        """Return this with counts of its own; what they count, this one's count too."""
        other = copy(self)
        other.traffic = Traffic(also=self.traffic)
        return other

    async def answer(
        self, method: str, path: str, query: str = "", *, sent: Iterable[str] = (), **given: Any
    ) -> httpx.Response:
        """As `ask`, but raises the LeverError for an answer that is not 2xx; it quotes nothing of `sent`."""
        response = await self.ask(method, path, query, **given)
        if response.is_success:
            return response
        raise faults.of_status(
            response.status_code,
            response.headers,
            response.content,
            method,
            path,
            secrets=credentials(response.request),
            sent=sent,
        )

    async def ask(
        self,
        method: str,
        path: str,
        query: str = "",
        *,
        anew: bool = False,
        patient: bool = False,
        consume: Consume = httpx.Response.aread,
        **given: Any,
    ) -> httpx.Response:
        """Send a request once, and return what Lever answers, its body read, or taken by `consume` if 2xx.

        `anew`: over a connection of its own. A kept one may be closing at that very moment, and then nobody
        could say whether Lever got the request. `patient`: a file is on its way. `given` goes to httpx's
        `build_request`. Raises UnavailableError when there is no answer.
        """
        http = self._anew if anew else self._kept
        timeout = self._patient if patient else self._usual
        url = f"{self._base}{path}?{query}" if query else f"{self._base}{path}"
        request = http.build_request(method, url, timeout=timeout, **given)
        fault: LeverError | None = None
        async with self._slots:
            waited = await self._limiter.acquire(self._holdups.held)
            self.traffic.sent(template(path), waited)
            try:
                async with (
                    asyncio.timeout(timeout.read),
                    aclosing(await http.send(request, stream=True)) as response,
                ):
                    await (consume(response) if response.is_success else response.aread())
            except faults.FAULTS as error:
                fault = faults.of_exception(error, self.host, timeout.read or 0.0, method, path)
        if fault is not None:
            # Raised out here so that it does not drag along its cause: some of aiohttp's errors hold the
            # request's headers, and with them the key.
            raise fault
        self.traffic.answered(response.status_code, response.num_bytes_downloaded)
        self.clock.hear(response.headers.get("date"))
        return response


def _checked(base_url: str) -> httpx.URL:
    """Return the base URL, without a closing slash."""
    try:
        url = httpx.URL(base_url.strip().rstrip("/"))
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query or url.fragment:
        raise LeverError(
            "The base URL of the Lever API is not a plain http(s) address",
            "set LEVER_BASE_URL to something like https://api.lever.co/v1",
        )
    return url

"""Fetching a file from an address that a caller names: from public hosts only, and only so much.

Whoever may start an action could otherwise have this machine look into the network it stands in. Every
address is checked, also those behind a name and behind a redirect, and the connection goes to an address that
was checked.
"""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from lever_assets.actions.fetching.public_addresses import Address, is_public
from lever_assets.backoff import gap_after
from lever_assets.lever.lookups import resolver

LARGEST = 30_000_000
"""Bytes; Lever takes no larger files (docs/lever-api.md, Writes)."""
_MOST_REDIRECTS = 5
_ATTEMPTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class RefusedError(Exception):
    """The address is not fetched, or what it gives is not taken; says why. Trying again does not help."""


class FileUnreachableError(Exception):
    """The file could not be fetched now; says why."""


@dataclass(frozen=True)
class Fetched:
    """What an address gave: its bytes, and their content type (None: it was not told)."""

    data: bytes
    content_type: str | None


@dataclass(frozen=True)
class Fetcher:
    """Fetches files. `allowed` says to which addresses it may connect; `seconds` is for one file, all in all.

    No error names more of an address than its host: a signed link is a secret.
    """

    allowed: Callable[[Address], bool] = is_public
    limit: int = LARGEST
    seconds: float = 60.0
    pause: float = 0.5

    async def fetch(self, url: str) -> Fetched:
        """Return what an address gives; raises RefusedError or FileUnreachableError."""
        start = _parsed(url)
        try:
            async with asyncio.timeout(self.seconds):
                return await self._patiently(start)
        except TimeoutError:
            raise FileUnreachableError(f"{start.host} took longer than {self.seconds:g} seconds") from None

    async def _patiently(self, url: URL) -> Fetched:
        """Try again what may pass: nothing is written, so it does no harm."""
        for attempt in range(1, _ATTEMPTS):
            try:
                return await self._follow(url)
            except FileUnreachableError:
                await asyncio.sleep(gap_after(attempt, 2 * self.pause, certain=0.5))
        return await self._follow(url)

    async def _follow(self, url: URL) -> Fetched:
        connector = aiohttp.TCPConnector(
            resolver=_Checking(self.allowed), socket_factory=self._socket, use_dns_cache=False
        )
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,  # a proxy would connect to whatever it is asked to
            auto_decompress=False,  # a small body could become a huge one
            headers={"Accept-Encoding": "identity", "User-Agent": "lever-assets"},
        ) as client:
            for _ in range(_MOST_REDIRECTS + 1):
                found = await self._ask(client, url)
                if isinstance(found, Fetched):
                    return found
                url = found
        raise RefusedError(f"{url.host} redirects more than {_MOST_REDIRECTS} times")

    def _socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """Make the socket of a connection, if it may go where it is to go: no connection goes past this."""
        family, kind, protocol, _, target = info
        address = str(target[0])
        if not self.allowed(_address(address)):
            raise _NotAllowedError(address)
        return socket.socket(family, kind, protocol)

    async def _ask(self, client: aiohttp.ClientSession, url: URL) -> Fetched | URL:
        """Return what an address gives, or where it redirects to."""
        host = url.host
        try:
            async with client.get(url, allow_redirects=False) as answer:
                if answer.status in _REDIRECTS and "Location" in answer.headers:
                    return _parsed(answer.headers["Location"], url)
                _check_status(answer.status, host)
                if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
                    raise RefusedError(f"{host} gives the file compressed, which was not asked for")
                return Fetched(await self._read(answer, host), _content_type(answer))
        except aiohttp.InvalidURL:
            raise RefusedError("the address can't be read") from None
        except aiohttp.ClientError as error:
            refused = _refused(error)
            if refused is not None:
                raise refused from None
            raise FileUnreachableError(f"{host} can't be reached ({type(error).__name__})") from None
        except (OSError, ValueError) as error:
            raise FileUnreachableError(f"{host} can't be reached ({type(error).__name__})") from None

    async def _read(self, answer: aiohttp.ClientResponse, host: str | None) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in answer.content.iter_chunked(65_536):
            size += len(part)
            if size > self.limit:
                raise RefusedError(f"the file at {host} is larger than {self.limit / 1e6:g} MB")
            parts.append(part)
        return b"".join(parts)


PUBLIC = Fetcher()
"""Fetches from the public internet alone."""


class _Checking(AbstractResolver):
    """Resolves names, and refuses those of which any address is not allowed."""

    def __init__(self, allowed: Callable[[Address], bool]) -> None:
        self._allowed = allowed
        self._resolver = resolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not all(self._allowed(_address(each["host"])) for each in found):
            raise _NotAllowedError(host)
        return found

    async def close(self) -> None:
        await self._resolver.close()


class _NotAllowedError(OSError):
    """An address is not allowed, or one that a name leads to."""


def _parsed(text: str, base: URL | None = None) -> URL:
    """Return an address, read as the client reads it: another reading could be led past a check."""
    try:
        url = URL(text) if base is None else base.join(URL(text))
    except ValueError:
        raise RefusedError("the address can't be read") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise RefusedError("the address does not begin with http:// or https://")
    if url.user is not None or url.password is not None:
        raise RefusedError("the address holds a user name or a password")
    return url


def _address(text: str) -> Address:
    """Return the address that a connection goes to, without the name of its link."""
    return ip_address(text.partition("%")[0])


def _refused(error: BaseException) -> RefusedError | None:
    """Return the refusal that an error comes from: the client wraps what its resolver raises."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _NotAllowedError):
            return _private(str(cause))
        cause = cause.__cause__ or cause.__context__
    return None


def _private(host: str) -> RefusedError:
    return RefusedError(f"{host} is not on the public internet: such addresses are not fetched")


def _check_status(status: int, host: str | None) -> None:
    if status in {408, 425, 429} or status >= 500:
        raise FileUnreachableError(f"{host} answered with HTTP {status}")
    if status != 200:
        raise RefusedError(f"{host} answered with HTTP {status}")


def _content_type(answer: aiohttp.ClientResponse) -> str | None:
    return answer.content_type if "Content-Type" in answer.headers else None

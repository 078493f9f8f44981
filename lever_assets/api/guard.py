"""The door: who may ask at all, looked at before anything else, so that a stranger learns nothing.

Whatever happens behind it is answered in the shape of the unified API, and gets one line in the log, without
query and body: addresses of people are in these.
"""

import logging
import time
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lever_assets.api.errors import ApiError, Code, Family
from lever_assets.api.keys import Keys
from lever_assets.api.limiting import Limit
from lever_assets.settings import Settings
from lever_assets.store import StoreError
from lever_assets.sync.failing import sentence

PREFIX = "/v1"
_OPEN = "/v1/files/"
"""Links to files are signed: who has one needs no key."""

_log = logging.getLogger("lever_assets.api")


class Guard:
    """An ASGI application in front of another one."""

    def __init__(self, app: ASGIApp, keys: Keys, settings: Settings) -> None:
        self._app = app
        self._keys = keys
        self._limit = None if settings.api_rate_limit is None else Limit(settings, settings.api_rate_limit)
        self._networks = [_network(each) for each in settings.api_allow]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, answered, is_whole = time.monotonic(), 0, False

        async def noting(message: Message) -> None:
            nonlocal answered, is_whole
            if message["type"] == "http.response.start":
                answered = message["status"]
            else:
                is_whole = not message.get("more_body")
            await send(message)

        family = Family.of(scope["path"])
        try:
            if _wants_key(scope["path"]):
                await self._see_who_asks(scope)
            await self._app(scope, receive, noting)
        except ApiError as error:
            await error.response(family)(scope, receive, noting)
        except Exception as error:
            if is_whole:
                return  # `unforeseen` has been told already: Starlette raises what it has answered, too
            if answered:
                raise  # half an answer is out: the connection has to break
            await unforeseen(error).response(family)(scope, receive, noting)
        finally:
            _note(scope, answered, time.monotonic() - began)

    async def _see_who_asks(self, scope: Scope) -> None:
        """Raise ApiError for who may not ask; else keep the name of the key for the log."""
        if self._networks and not self._is_allowed(scope):
            raise ApiError(
                Code.IP_NOT_ALLOWED, "Requests from this address are not allowed (LEVER_API_ALLOW)."
            )
        given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        scheme, _, key = given.partition(" ")
        owner = None
        if scheme.lower() == "bearer" and key.strip():
            owner = await run_in_threadpool(self._keys.owner_of, key.strip())
        if owner is None:
            raise ApiError(
                Code.KEY_INVALID,
                "Send `Authorization: Bearer KEY` with a key of this server: `lever-assets api key create "
                "NAME` makes one.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        scope["state"] = {**scope.get("state", {}), "key": owner}
        if self._limit is not None:
            await self._limit.see(key.strip())

    def _is_allowed(self, scope: Scope) -> bool:
        client = scope.get("client")
        if client is None:
            return False
        address = ip_address(client[0].partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in each for each in self._networks)


def _network(written: str) -> IPv4Network | IPv6Network:
    """Return a network; one of IPv4 that is written as IPv6 (::ffff:10.0.0.0/104) is the one of IPv4."""
    found = ip_network(written)
    mapped = getattr(found.network_address, "ipv4_mapped", None)
    unmapped = found.prefixlen - 96
    return found if mapped is None or unmapped < 0 else ip_network((mapped, unmapped))


def _wants_key(path: str) -> bool:
    return (path == PREFIX or path.startswith(f"{PREFIX}/")) and not path.startswith(_OPEN)


def unforeseen(error: Exception) -> ApiError:
    """Log what nobody foresaw, and return what may be said of it: that there is something in the log."""
    place = uuid4().hex[:12]
    if isinstance(error, StoreError):
        _log.error("%s: the database can't be used: %s", place, error)
        return ApiError(
            Code.UNKNOWN_ERROR,
            f"The database can't be used just now; this server's log tells more under {place}.",
        )
    _log.error("%s: %s", place, sentence(error), exc_info=_log.isEnabledFor(logging.DEBUG))
    return ApiError(Code.UNKNOWN_ERROR, f"This was not foreseen; this server's log tells more under {place}.")


def _note(scope: Scope, status: int, seconds: float) -> None:
    route = scope.get("route")
    # As it is declared: in a path there may be a token.
    where = getattr(route, "path", None) or "(nothing of ours)"
    who = scope.get("state", {}).get("key", "-")
    _log.info("%s %s %d %.0f ms %s", scope["method"], where, status or 499, seconds * 1000, who)

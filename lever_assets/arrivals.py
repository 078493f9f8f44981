"""Serving to the open: with uvicorn, and with a limit to how long a request may take to arrive.

uvicorn waits for a request for ever, and `limit_concurrency` would refuse everybody while half-open
connections are many. So each connection gets time, and little of it where many are half open: whoever sends
at once what he has to say is heard within a moment, however many say nothing.
"""

import asyncio
import os
import socket
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

ARRIVAL_SECONDS = 10.0
"""How long a request may take to arrive, from when its connection was made or free again."""
CROWDED_SECONDS = 1.0
"""The same while more are awaited than these, from its peer or in all."""
FROM_ONE_PEER = 32
IN_ALL = 256
AT_MOST = 512
"""As many are awaited: for a further one the oldest that came when it was crowded has to go."""
_LINGER_SECONDS = 2.0
"""How long somebody may go on talking who was refused: who is cut off meanwhile hears no answer."""
_ACCEPTED_AT_ONCE = 128
_FILES = 4096
_BACKLOG = 2048
"""As uvicorn's own."""

_Address = tuple[str, int]
Refusal = Callable[[int], bytes]
"""Gives the JSON that is answered to what is no request: by the status, 400, or 431 for a head too long."""
_GONE: _Address = ("", 0)
"""Of a connection that was cut before anybody looked."""


class Config(uvicorn.Config):
    """How an application is served (no WebSockets): `make` makes it, in the process that serves it.

    `refusal` None: what is no request is answered as uvicorn does.
    """

    def __init__(
        self, make: Callable[[], ASGIApp], *, refusal: Refusal | None = None, **options: Any
    ) -> None:
        self._make = make
        self._refusal = refusal
        given = {
            # Each turn of asyncio's loop reads before it looks at timers: nobody is late because we were.
            "loop": "asyncio",
            # asyncio accepts so many before anybody looks at them, and does not bear to run out of files.
            "backlog": _ACCEPTED_AT_ONCE,
            "ws": "none",
            "lifespan": "off",
            "proxy_headers": False,  # connections are told apart by the address that they really have
            "access_log": False,
            "timeout_graceful_shutdown": 10,
        }
        super().__init__(__name__, **{**given, **options})

    def load(self) -> None:
        """Make the application, and the protocol that awaits requests for it."""
        arrivals = Arrivals()
        self.app = arrivals.marking(self._make())
        told = {"_arrivals": arrivals, "_refusal": staticmethod(self._refusal) if self._refusal else None}
        self.http = type("Protocol", (_Patient,), told)
        super().load()


def server(app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0, **options: Any) -> uvicorn.Server:
    """Return a server of `app` (no WebSockets), not yet started; `options` are those of `Config`."""
    return uvicorn.Server(Config(lambda: app, host=host, port=port, **options))


def take_port(host: str, port: int, *, refuse_others: Callable[[], None]) -> socket.socket:
    """Return a socket that listens at a port of a host, an IPv4 address first; an empty one stands for all.

    Where more than this machine reaches it, `refuse_others` is called, and may raise. Raises OSError, or
    UnicodeError for what can't be a host: `why_not` says it in words.
    """
    found = socket.getaddrinfo(host or "0.0.0.0", port, type=socket.SOCK_STREAM)  # noqa: S104
    family, *_, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    if not _is_loopback(str(address[0])):
        refuse_others()
    return socket.create_server((str(address[0]), port), family=family, backlog=_BACKLOG)


def why_not(error: OSError | UnicodeError) -> str:
    """Return why a port could not be taken."""
    if isinstance(error, socket.gaierror):
        return "there is no such host"
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)


def _is_loopback(address: str) -> bool:
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped.is_loopback
    return found.is_loopback


def allow_connections() -> None:
    """Let this process have as many open files as it may want, as far as the system lets it."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - Windows has none, and no such limit

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY and soft < _FILES:
            most = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class Arrivals:
    """The connections of which a request is awaited, each with the timer that closes it."""

    def __init__(self) -> None:
        self._open: dict[_Address, asyncio.Transport] = {}
        self._timers: dict[_Address, asyncio.TimerHandle] = {}
        self._strict: dict[_Address, asyncio.Transport] = {}
        self._of_peer: Counter[str] = Counter()

    def connected(self, transport: asyncio.Transport) -> None:
        """Begin with a connection."""
        address = _address(transport)
        self._open[address] = transport
        self._await(address)

    def lost(self, transport: asyncio.Transport) -> None:
        """End with a connection."""
        address = _address(transport)
        self._arrived(address)
        self._open.pop(address, None)

    def marking(self, app: ASGIApp) -> ASGIApp:
        """Return the application that marks the requests which arrive for `app`.

        Of one that has a body only the head has to arrive in time: `app` gives the body time of its own,
        and answers when that is over. Where it is crowded, all of it has to.
        """

        async def marked(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            address = scope["client"] or _GONE
            if not _has_body(scope):
                self._arrived(address)
            elif address not in self._strict and address in self._timers:
                self._timers[address].cancel()

            async def received() -> Message:
                message = await receive()
                if not message.get("more_body"):
                    self._arrived(address)
                return message

            try:
                await app(scope, received, send)
            finally:
                self._arrived(address)
                self._await(address, answered=True)

        return marked

    def _await(self, address: _Address, *, answered: bool = False) -> None:
        """Await a request; who was `answered` may keep the connection, however crowded it is.

        uvicorn closes it after five seconds. Otherwise a proxy, or many clients on one machine, would find
        theirs cut just when they use them again.
        """
        transport = self._open.get(address)
        if transport is None or address in self._timers:
            return
        if len(self._timers) >= AT_MOST and self._strict:
            oldest = next(iter(self._strict))
            self._strict[oldest].abort()
            self._arrived(oldest)
        seconds = ARRIVAL_SECONDS
        crowded = self._of_peer[address[0]] >= FROM_ONE_PEER or len(self._timers) >= IN_ALL
        if crowded and not answered:
            seconds = CROWDED_SECONDS
            self._strict[address] = transport
        self._of_peer[address[0]] += 1
        self._timers[address] = asyncio.get_running_loop().call_later(seconds, transport.abort)

    def _arrived(self, address: _Address) -> None:
        timer = self._timers.pop(address, None)
        if timer is None:
            return
        timer.cancel()
        self._strict.pop(address, None)
        self._of_peer[address[0]] -= 1
        if not self._of_peer[address[0]]:
            del self._of_peer[address[0]]


class _Patient(H11Protocol):
    """uvicorn's protocol, which tells `_arrivals` of its connection; h11 limits the head to 64 kB."""

    _arrivals: Arrivals
    _refusal: Refusal | None
    _is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        # asyncio does it for sockets alone that name TCP, and one made to listen by Python names none.
        # Without it the body of an answer waits until the client has acknowledged the head, 40 ms and more.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._arrivals.connected(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrivals.lost(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._is_refused:
            super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        is_at_work = self.cycle is not None and not self.cycle.response_complete
        if self._refusal is None or is_at_work:
            super().send_400_response(msg)
            return
        error = sys.exception()  # h11's: uvicorn calls this where it has caught it
        status = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
        self._refuse(HTTPStatus(status), self._refusal(status))

    def _refuse(self, status: HTTPStatus, told: bytes) -> None:
        """Answer what is no request, and say no more; hear the rest of it for a moment."""
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(told)),
            (b"connection", b"close"),
        ]
        head = h11.Response(status_code=status, headers=headers, reason=status.phrase.encode())
        for event in (head, h11.Data(data=told), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self._is_refused = True
        self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)


def _has_body(scope: Scope) -> bool:
    return any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"])


def _address(transport: asyncio.Transport) -> _Address:
    host, port, *_ = transport.get_extra_info("peername") or _GONE
    return host, port

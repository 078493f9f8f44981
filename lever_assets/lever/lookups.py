"""Looking up the address of a host: nobody who gave up waits for the system's answer.

The system's resolver can't be cancelled, and may take a minute. asyncio waits for the threads that it lends
for such calls, whatever the time-out was; these threads it does not know.
"""

import asyncio
import socket
import threading
import time
from concurrent.futures import Future
from functools import partial
from typing import Any, cast

from aiohttp.resolver import ThreadedResolver

_BELIEVED_SECONDS = 60.0
"""A lookup that takes longer is hung: the next one who asks begins another."""

_Found = list[tuple[Any, ...]]
"""What `socket.getaddrinfo` returns."""


class _Lookups:
    """The lookups of this process that are under way: who asks for the same meanwhile shares the answer."""

    def __init__(self) -> None:
        self._under_way: dict[object, tuple[float, Future[_Found]]] = {}
        self._lock = threading.Lock()

    async def getaddrinfo(self, host: str, port: int, **options: Any) -> _Found:
        """Do what the event loop's method of this name does, but leave no thread that is waited for."""
        asked = (host, port, *sorted(options.items()))
        with self._lock:
            began, found = self._under_way.get(asked, (0.0, None))
            if found is None or time.monotonic() - began > _BELIEVED_SECONDS:
                found = Future()
                found.set_running_or_notify_cancel()  # from now on whoever gives up does not cancel it
                look_up = partial(socket.getaddrinfo, host, port, **options)
                args = (asked, found, look_up)
                threading.Thread(target=self._run, args=args, name="lookup", daemon=True).start()
                # Not before it runs: for one that can't be started the next who ask would wait in vain.
                self._under_way[asked] = time.monotonic(), found
        return await asyncio.wrap_future(found)

    async def getnameinfo(self, address: tuple[Any, ...], flags: int = 0) -> tuple[str, str]:
        """Do what the event loop's method does; asked for numbers alone, it waits for nobody."""
        return socket.getnameinfo(address, flags)

    def _run(self, asked: object, found: "Future[_Found]", look_up: partial[_Found]) -> None:
        try:
            answer = look_up()
        except BaseException as error:  # it is raised where it is waited for
            self._forget(asked, found)
            found.set_exception(error)
        else:
            self._forget(asked, found)
            found.set_result(answer)

    def _forget(self, asked: object, found: "Future[_Found]") -> None:
        with self._lock:
            if self._under_way.get(asked, (0.0, None))[1] is found:
                del self._under_way[asked]


_LOOKUPS = _Lookups()

resolver = partial(ThreadedResolver, cast("asyncio.AbstractEventLoop", _LOOKUPS))
"""Makes a resolver for a connector of aiohttp's."""

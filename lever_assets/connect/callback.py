"""Waiting for the browser on this machine, which Lever sends back with a code, or with a refusal."""

import html
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from time import monotonic
from urllib.parse import urlsplit

from lever_assets.connect.errors import ConnectionTroubleError
from lever_assets.connect.http import is_on_this_machine
from lever_assets.connect.oauth import ConsentError, StrayError

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>lever-assets</title>
<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1rem}}</style>
<h1>{title}</h1><p>{told}</p></html>
"""
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}
_SECONDS_A_REQUEST = 10.0
_LOOK_SECONDS = 0.2
"""How often it is looked whether it has ended."""

Complete = Callable[[str], str]
"""Is given the address that the browser was sent to, and returns a sentence for its page."""


class CallbackError(ConnectionTroubleError):
    """Nobody came back, or nobody can listen where they would; says what to do."""


def is_here(redirect_uri: str) -> bool:
    """Tell whether a callback address leads to this machine, over plain HTTP."""
    return urlsplit(redirect_uri).scheme == "http" and is_on_this_machine(redirect_uri)


class Callback:
    """A callback address on this machine, listened to from now on until `close`.

    Raises CallbackError if that can't be.
    """

    def __init__(self, redirect_uri: str) -> None:
        parts = urlsplit(redirect_uri)
        self._path = parts.path or "/"
        kind = _V6Server if parts.hostname == "::1" else _Server
        try:
            self._server = kind((parts.hostname or "127.0.0.1", parts.port or 80), BaseHTTPRequestHandler)
        except OSError as error:
            raise CallbackError(
                f"nobody can listen at {redirect_uri} ({error.strerror}): free that port, register another "
                "loopback address with your app (LEVER_OAUTH_REDIRECT_URI), or use --no-browser"
            ) from None

    def close(self) -> None:
        """Stop listening."""
        self._server.server_close()

    def wait(self, complete: Complete, *, seconds: float) -> None:
        """Wait for the browser, have `complete` do the rest, and tell on its page how that ended.

        Raises what `complete` raises, and CallbackError when nobody has come after `seconds`. What does not
        belong to this attempt (StrayError) is told so, and waited on.
        """
        ended: list[Exception | None] = []
        self._server.RequestHandlerClass = _handler(self._path, complete, ended)
        self._server.timeout = _LOOK_SECONDS
        end = monotonic() + seconds
        while not ended:
            if monotonic() > end:
                raise CallbackError("nobody came back from Lever: run it again when they can")
            self._server.handle_request()
        if ended[0] is not None:
            raise ended[0]


class _Server(ThreadingHTTPServer):
    """Answers each connection in a thread: browsers open some that they never use."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Say nothing: whoever breaks off is not the one who is waited for."""


class _V6Server(_Server):
    address_family = socket.AF_INET6


def _handler(path: str, complete: Complete, ended: list[Exception | None]) -> type[BaseHTTPRequestHandler]:
    one_at_a_time = Lock()

    class Handler(BaseHTTPRequestHandler):
        timeout = _SECONDS_A_REQUEST

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != path:
                self._tell(404, "Not found", "This is the callback of lever-assets.")
                return
            with one_at_a_time:
                if not ended:
                    self._complete()

        def _complete(self) -> None:
            failed: Exception | None = None
            try:
                told = complete(self.path)
            except StrayError as error:
                self._tell(400, "Not connected", str(error))
                return
            except ConsentError as error:
                failed, told = error, f"{error} Then run the command again."
            except Exception as error:
                failed, told = error, "See the terminal in which you ran the command."
            try:  # first: when it has ended, so may this process
                self._tell(200 if failed is None else 400, "Not connected" if failed else "Connected", told)
            finally:
                ended.append(failed)

        def _tell(self, status: int, title: str, told: str) -> None:
            page = _PAGE.format(title=html.escape(title), told=html.escape(told)).encode()
            self.send_response(status)
            for name, value in _HEADERS.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Say nothing: the address holds the code."""

    return Handler

"""The webserver: Dagster's application behind the check, until a signal says to end."""

import asyncio
import os
import signal
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from secrets import token_urlsafe
from typing import Any

import uvicorn
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster_webserver.app import create_app_from_workspace_process_context
from pydantic import SecretStr
from starlette.types import ASGIApp

from lever_assets.connect.ui_address import telling
from lever_assets.settings import Settings
from lever_assets.ui.guard import Guard
from lever_assets.ui.listening import Place
from lever_assets.ui.log import LOG
from lever_assets.ui.names import Names
from lever_assets.ui.password import Password

_LOOK_SECONDS = 0.5
"""How often we look whether the daemon lives."""
_CONNECTIONS_SECONDS = 3
"""How long open pages hold up the end."""
POLL_MILLISECONDS = 2000
"""How often a page asks for news of assets, as with `dagster dev`."""


class Interrupted:
    """Whether Ctrl-C, SIGTERM or the closing of the terminal has come."""

    is_set = False


@contextmanager
def interrupted() -> Iterator[Interrupted]:
    """Note Ctrl-C, SIGTERM and a closed terminal, instead of being torn out of what starts or ends processes.

    Also where a shell had this process ignore Ctrl-C, as it has what runs in its background.
    """
    found = Interrupted()

    def note(*_: object) -> None:
        found.is_set = True
        warnings.simplefilter("ignore")  # of what ends before us

    before = {each: signal.signal(each, note) for each in ending_signals()}
    try:
        yield found
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def ending_signals() -> list[signal.Signals]:
    """Return the signals that end us; a closed terminal is none where nohup wished so."""
    signals = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signals.append(signal.SIGHUP)
    return signals


def serve_web(
    context: WorkspaceProcessContext,
    settings: Settings,
    place: Place,
    listening: socket.socket,
    ended: Interrupted,
    *,
    look: Callable[[], None] = lambda: None,
) -> None:
    """Serve Dagster's application until a signal comes; print its address when it is there.

    `look` is called again and again, and what it raises ends the serving. While it lasts the address stands
    in the data folder, for commands that have something reloaded.
    """
    token = token_urlsafe()
    told = settings.ui_password
    password = None if told is None else Password(told, SecretStr(token))
    app = create_app_from_workspace_process_context(context, "", POLL_MILLISECONDS, lifespan=_lifespan)
    guarded = Guard(app, Names.of(settings, place.host), password)
    with telling(settings.data_dir, place.url_here, token):
        asyncio.run(_serving(web_server(guarded), listening, place, ended, look))


def web_server(app: ASGIApp, **options: Any) -> uvicorn.Server:
    """Return a server of the UI, not yet started; `options` are uvicorn's."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            proxy_headers=False,  # anybody can send them
            server_header=False,
            timeout_graceful_shutdown=_CONNECTIONS_SECONDS,
            **options,
        )
    )


async def _serving(
    server: uvicorn.Server,
    listening: socket.socket,
    place: Place,
    ended: Interrupted,
    look: Callable[[], None],
) -> None:
    serving = asyncio.create_task(server.serve([listening]))
    told = False
    while not serving.done():
        server.should_exit |= ended.is_set
        await asyncio.wait({serving}, timeout=_LOOK_SECONDS)
        if server.started and not told:
            told = True
            LOG.info("Serving dagster-webserver on %s in process %d", place.url, os.getpid())
            _say_where(place)
        if not server.should_exit:
            try:
                look()
            except BaseException:
                server.should_exit = True
                await serving
                raise
    await serving


def _say_where(place: Place) -> None:
    """Write the address on a line of its own, whatever is logged."""
    with suppress(OSError, ValueError):  # nobody reads it
        print(f"Dagster's UI is there until Ctrl-C:\n{place.url}", flush=True)


@asynccontextmanager
async def _lifespan(_: object) -> Any:
    with suppress(asyncio.CancelledError):  # when uvicorn is ended, as dagster-webserver has it
        yield

"""Dagster's webserver behind the check, its daemon, and the code server that both ask: from start to end.

It is what `dagster dev` starts, but that has no place for a check.
"""

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import dagster as dg
import uvicorn
from dagster._cli.proxy_server_manager import ProxyServerManager
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster._utils.log import configure_loggers
from dagster_webserver.app import create_app_from_workspace_process_context
from dagster_webserver.cli import (
    DEFAULT_DB_STATEMENT_TIMEOUT,
    DEFAULT_POOL_MAX_OVERFLOW,
    DEFAULT_POOL_RECYCLE,
)
from dagster_webserver.version import __version__
from pydantic import SecretStr
from starlette.types import ASGIApp

from lever_assets import private
from lever_assets.connect.ui_address import telling
from lever_assets.orchestration.runless import tell_of_all
from lever_assets.settings import Settings
from lever_assets.ui.guard import Guard
from lever_assets.ui.home import dagster_home, folders_of, shown
from lever_assets.ui.listening import Place, UiError
from lever_assets.ui.names import Names
from lever_assets.ui.password import Password

_LOOK_SECONDS = 0.5
"""How often we look whether the daemon lives."""
_ENDING_SECONDS = 20.0
"""How long the daemon may take to end; it stops its threads first."""
_CONNECTIONS_SECONDS = 3
"""How long open pages hold up the end."""
_POLL_MILLISECONDS = 2000
"""How often a page asks for news of assets, as with `dagster dev`."""

_log = logging.getLogger("dagster-webserver")


def serve(settings: Settings, place: Place, log_level: str = "info", *, with_daemon: bool = True) -> None:
    """Serve the UI of the account and run Dagster's daemon, until Ctrl-C or SIGTERM.

    Without the daemon the UI alone, on the code servers that workspace.yaml names: the daemon runs elsewhere.
    Raises UiError if it can't be served, or if the daemon ended by itself.
    """
    token = token_urlsafe()
    told = settings.ui_password
    password = None if told is None else Password(told, SecretStr(token))
    with (
        place.listen(with_password=password is not None) as listening,
        _interrupted() as interrupted,
        ExitStack() as stack,
    ):
        home = dagster_home(settings)
        # What Dagster's processes are told: their home, and that a code server logs its own errors, in short.
        os.environ.update(DAGSTER_HOME=str(home), DAGSTER_IS_DEV_CLI="1", DAGSTER_verbose="")
        configure_loggers(log_level=log_level.upper())
        instance = _opened(home, stack)
        for folder in (settings.data_dir, *folders_of(instance, home)):
            private.close_to_others(folder)
        if settings.report_to_dagster:
            for doubt in tell_of_all(instance, settings, home):
                _log.warning(doubt)
        _log.info("Launching Dagster services...")
        daemon, target = None, shown()
        if with_daemon:
            try:
                workspace = _code_server(instance, stack)
            except dg.DagsterError:
                if not interrupted.is_set:  # Ctrl-C in a terminal ends the code server as well
                    raise
            if interrupted.is_set:
                return
            daemon = stack.enter_context(_daemon(workspace, log_level))
            target = WorkspaceFileTarget([str(workspace)])
        context = stack.enter_context(
            WorkspaceProcessContext(instance, target, __version__, code_server_log_level="warning")
        )
        instance.optimize_for_webserver(
            DEFAULT_DB_STATEMENT_TIMEOUT, DEFAULT_POOL_RECYCLE, DEFAULT_POOL_MAX_OVERFLOW
        )
        app = create_app_from_workspace_process_context(context, "", _POLL_MILLISECONDS, lifespan=_lifespan)
        guarded = Guard(app, Names.of(settings, place.host), password)
        stack.enter_context(telling(settings.data_dir, place.url_here, token))
        asyncio.run(_serving(web_server(guarded), listening, daemon, place, interrupted))


class _Interrupted:
    is_set = False


@contextmanager
def _interrupted() -> Iterator[_Interrupted]:
    """Note Ctrl-C, SIGTERM and a closed terminal, instead of being torn out of what starts or ends processes.

    Also where a shell had this process ignore Ctrl-C, as it has what runs in its background.
    """
    interrupted = _Interrupted()

    def note(*_: object) -> None:
        interrupted.is_set = True

    signals = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup's wish
        signals.append(signal.SIGHUP)
    before = {each: signal.signal(each, note) for each in signals}
    try:
        yield interrupted
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _opened(home: Path, stack: ExitStack) -> dg.DagsterInstance:
    try:
        return stack.enter_context(dg.DagsterInstance.get())
    except Exception as error:
        why = " ".join(str(error).split())
        raise UiError(f"Dagster can't use its home {home} ({why}): see DAGSTER_HOME") from error


def _code_server(instance: dg.DagsterInstance, stack: ExitStack) -> Path:
    """Start the process that loads the definitions; return a workspace file that leads to it."""
    servers = stack.enter_context(ProxyServerManager(instance, shown(), code_server_log_level="warning"))
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    workspace = Path(folder, "workspace.yaml")
    # JSON is YAML.
    workspace.write_text(json.dumps({"load_from": servers.get_code_server_specs()}), encoding="utf-8")
    return workspace


@contextmanager
def _daemon(workspace: Path, log_level: str) -> "Iterator[subprocess.Popen[bytes]]":
    """Run Dagster's daemon: sensors, schedules and the queue of runs."""
    command = [sys.executable, "-m", "dagster._daemon", "run", "--workspace", str(workspace)]
    command += ["--log-level", log_level, "--code-server-log-level", "warning"]
    # Ctrl-C in a terminal reaches it as well, and would tear it up while it starts: we end it.
    ours = signal.signal(signal.SIGINT, signal.SIG_IGN)
    process = subprocess.Popen(command)  # noqa: S603 - our own words
    signal.signal(signal.SIGINT, ours)
    with process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(_ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


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
    daemon: "subprocess.Popen[bytes] | None",
    place: Place,
    interrupted: _Interrupted,
) -> None:
    """Serve until a signal says to end; raises UiError if the daemon ends before."""
    serving = asyncio.create_task(server.serve([listening]))
    told = False
    while not serving.done():
        server.should_exit |= interrupted.is_set
        await asyncio.wait({serving}, timeout=_LOOK_SECONDS)
        if server.started and not told:
            told = True
            _log.info("Serving dagster-webserver on %s in process %d", place.url, os.getpid())
        if daemon is not None and daemon.poll() is not None and not server.should_exit:
            server.should_exit = True
            await serving
            raise UiError(
                f"Dagster's daemon ended by itself (exit code {daemon.returncode}): see what it wrote above"
            )
    await serving


@asynccontextmanager
async def _lifespan(_: object) -> Any:
    with suppress(asyncio.CancelledError):  # when uvicorn is ended, as dagster-webserver has it
        yield

"""Dagster's webserver behind the check, its daemon, and the code server that both ask: from start to end.

It is what `dagster dev` starts, but that has no place for a check.
"""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dagster as dg
from dagster._cli.proxy_server_manager import ProxyServerManager
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_webserver.cli import (
    DEFAULT_DB_STATEMENT_TIMEOUT,
    DEFAULT_POOL_MAX_OVERFLOW,
    DEFAULT_POOL_RECYCLE,
)
from dagster_webserver.version import __version__

from lever_assets.settings import Settings
from lever_assets.ui import log
from lever_assets.ui.home import shown
from lever_assets.ui.listening import Place, UiError
from lever_assets.ui.outset import begun
from lever_assets.ui.quiet import quiet_code_servers
from lever_assets.ui.web import interrupted, serve_web

_ENDING_SECONDS = 20.0
"""How long the daemon may take to end; it stops its threads first."""


def serve(settings: Settings, place: Place, log_level: str = "info", *, with_daemon: bool = True) -> None:
    """Serve the UI of the account and run Dagster's daemon, until Ctrl-C or SIGTERM.

    Without the daemon the UI alone, on the code servers that workspace.yaml names: the daemon runs elsewhere.
    Raises UiError if it can't be served, or if the daemon ended by itself.
    """
    with (
        place.listen(with_password=settings.ui_password is not None) as listening,
        interrupted() as ended,
        ExitStack() as stack,
    ):
        log.configure(log_level)
        instance = begun(settings, stack)
        log.LOG.info("Launching Dagster services...")
        daemon, target = None, shown()
        if with_daemon:
            try:
                workspace = _code_server(instance, stack)
            except dg.DagsterError:
                if not ended.is_set:  # Ctrl-C in a terminal ends the code server as well
                    raise
            if ended.is_set:
                return
            daemon = stack.enter_context(_daemon(workspace, log_level))
            target = WorkspaceFileTarget([str(workspace)])
        context = stack.enter_context(
            WorkspaceProcessContext(instance, target, __version__, code_server_log_level="warning")
        )
        instance.optimize_for_webserver(
            DEFAULT_DB_STATEMENT_TIMEOUT, DEFAULT_POOL_RECYCLE, DEFAULT_POOL_MAX_OVERFLOW
        )
        serve_web(context, settings, place, listening, ended, look=lambda: _assert_alive(daemon))


def _code_server(instance: dg.DagsterInstance, stack: ExitStack) -> Path:
    """Start the process that loads the definitions; return a workspace file that leads to it."""
    with quiet_code_servers():
        servers = ProxyServerManager(instance, shown(), code_server_log_level="warning")
    stack.enter_context(servers)
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


def _assert_alive(daemon: "subprocess.Popen[bytes] | None") -> None:
    if daemon is not None and daemon.poll() is not None:
        raise UiError(
            f"Dagster's daemon ended by itself (exit code {daemon.returncode}): see what it wrote above"
        )

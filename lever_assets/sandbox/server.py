"""Runs the sandbox: `serve` in the foreground for the command line, `running_sandbox` for tests and demo."""

from __future__ import annotations

import shlex
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from lever_assets.sandbox.account import Account
from lever_assets.sandbox.app import AUTH, VERSION, LeverApi, create_app
from lever_assets.sandbox.callers import Callers
from lever_assets.sandbox.config import SandboxConfig
from lever_assets.sandbox.control import create_control
from lever_assets.sandbox.deliveries import Deliveries
from lever_assets.sandbox.faults import Fault, FaultPlan
from lever_assets.sandbox.front import Front
from lever_assets.sandbox.generator import generate
from lever_assets.sandbox.oauth import Grants
from lever_assets.sandbox.oauth.consent import create_consent
from lever_assets.sandbox.oauth.endpoint import TokenEndpoint
from lever_assets.sandbox.quirks import Quirks
from lever_assets.sandbox.recorded import load_recorded
from lever_assets.sandbox.recruiting.changes import Changes
from lever_assets.sandbox.recruiting.clock import Clock
from lever_assets.sandbox.sandbox import Sandbox
from lever_assets.sandbox.simulation import Simulation
from lever_assets.sandbox.workday import Workday
from lever_assets.sandbox.year import Year

# Up to so many opportunities an account is kept in memory (about 40 MB); larger ones go to disk.
IN_MEMORY = 5_000
START_SECONDS = 30.0
# Of the tables in an account's file; a file of an earlier layout is refused.
LAYOUT = "v3"


@contextmanager
def open_account(config: SandboxConfig) -> Iterator[Account]:
    """The account of a configuration: recorded, found in its database, or generated. Closed at the end."""
    scratch: str | None = None
    path = config.db
    if path is None and config.data is None and config.opportunities > IN_MEMORY:
        scratch = tempfile.mkdtemp(prefix="lever-sandbox-")
        path = Path(scratch) / "account.db"
    account = Account(path)
    try:
        _fill(account, config)
        yield account
    finally:
        account.close()
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)


def _fill(account: Account, config: SandboxConfig) -> None:
    wanted = (
        f"{LAYOUT} data {config.data}"
        if config.data
        else f"{LAYOUT} {config.opportunities} {config.seed} {config.now.isoformat()}"
    )
    found = account.made_of()
    if found == wanted:
        return
    if found is not None or account.count("users"):
        raise ValueError(f"{config.db} holds another account; name another file or remove it")
    if config.data is not None:
        load_recorded(account, config.data)
    else:
        generate(account, opportunities=config.opportunities, seed=config.seed, now=config.opened_at)
    account.finish(wanted)


@contextmanager
def _assembled(config: SandboxConfig, account: Account, url: str) -> Iterator[tuple[Sandbox, ASGIApp]]:
    clock = Clock(int(config.opened_at.timestamp() * 1000))
    webhooks = Deliveries(
        account, clock, retry_delay=config.webhook_retry_delay, timeout=config.webhook_timeout
    )
    quirks = Quirks(config.quirks)
    changes = Changes(account, clock, lambda event: webhooks.announce(quirks.event(event)))
    year = Year(Simulation(changes), config.seed)
    if config.simulated_days:
        clock.set(int(config.opened_at.timestamp() * 1000))
        year.play(config.simulated_days)
    front = Front(FaultPlan(config.faults, config.fault_seed), quirks, clock, config.latency_ms)
    grants = Grants(account, clock, config.oauth, config.environment)
    api = LeverApi(config, changes, front, Callers(config, grants.scopes_of))
    auth_url = f"{url.removesuffix(VERSION)}{AUTH}"
    workday = Workday(changes)
    sandbox = Sandbox(changes, url, config.key, front, workday, year, webhooks, auth_url, grants)
    tokens = TokenEndpoint(AUTH, front, grants, changes)
    try:
        yield sandbox, create_app(api, tokens, create_consent(grants, AUTH, url), create_control(sandbox))
    finally:
        webhooks.close()


def _server(app: ASGIApp) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            log_level="critical",
            lifespan="off",
            server_header=False,
            date_header=False,
            ws="none",
            timeout_graceful_shutdown=1,
        )
    )


def _listen(config: SandboxConfig) -> tuple[socket.socket, str]:
    listening = socket.create_server((config.host, config.port), backlog=2048)
    return listening, f"http://{config.host}:{listening.getsockname()[1]}{VERSION}"


@contextmanager
def running_sandbox(config: SandboxConfig | None = None) -> Iterator[Sandbox]:
    """A sandbox on a loopback port in a thread of this process, for as long as the block lasts."""
    config = config or SandboxConfig()
    with open_account(config) as account:
        listening, url = _listen(config)
        with listening, _assembled(config, account, url) as (sandbox, app):
            server = _server(app)
            thread = threading.Thread(
                target=server.run, args=([listening],), name="lever-sandbox", daemon=True
            )
            thread.start()
            try:
                yield sandbox
            finally:
                server.should_exit = True
                thread.join(START_SECONDS)


def serve(config: SandboxConfig) -> None:
    """Run until interrupted. Prints where to find it and what to export, and nothing else.

    OSError when the address is taken, ValueError when a folder or database can't be used.
    """
    with open_account(config) as account:
        listening, url = _listen(config)
        with listening, _assembled(config, account, url) as (sandbox, app), suppress(KeyboardInterrupt):
            # uvicorn ends its connections and then hands the signal on; the account is still to be put away.
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            sys.stdout.write(announcement(sandbox))
            sys.stdout.flush()
            _server(app).run([listening])


def announcement(sandbox: Sandbox) -> str:
    """What `serve` prints: the address and key, and lines to paste into a shell."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in sandbox.client_settings().items()]
    return "\n".join([f"Lever sandbox at {sandbox.url} with key {sandbox.key}", *exports, ""])


def parse_faults(texts: Iterable[str]) -> tuple[Fault, ...]:
    """The values of `--fault`; ValueError names what is wrong."""
    return tuple(Fault.parse(text) for text in texts)

"""`demo`: a made-up account, synced through Dagster into a database of its own."""

import os
import signal
import socket
import subprocess
import sys
from typing import Annotated

import dagster as dg
import typer

from lever_assets.cli import demo_home
from lever_assets.cli.demo_report import show
from lever_assets.cli.errors import CommandError, in_words
from lever_assets.cli.lazy import command_app
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.settings import Settings

app = command_app()

_HOST = "127.0.0.1"


@app.command()
def demo(
    *,
    opportunities: Annotated[int, typer.Option(min=1, help="Size of the made-up account.")] = 150,
    seed: Annotated[int, typer.Option(help="The same seed gives the same account.")] = 1,
    ui: Annotated[bool, typer.Option("--ui", help="Then open Dagster on it, until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of Dagster's UI.")] = 3000,
) -> None:
    """Sync a made-up account.

    It lands in a database of its own; shows what landed and what to do next.
    """
    if ui:
        _refuse_taken(port)

    with demo_home.occupied(opportunities, seed) as home:
        config = SandboxConfig(opportunities=opportunities, seed=seed, db=home.sandbox, rate=0)
        with running_sandbox(config) as sandbox:
            home.account_is_made()
            environment = home.environment(sandbox.url, sandbox.key, demo_home.today())
            with demo_home.only(environment) as settings:
                typer.echo(
                    f"A made-up Lever account of {opportunities:,} candidates is served at {sandbox.url}."
                )
                typer.echo("Syncing it through Dagster; this takes some seconds …", err=True)
                result = _materialize(settings)

                show(settings, result, sandbox.requests().total)
                if ui:
                    _open_dagster(environment, port)


def _refuse_taken(port: int) -> None:
    try:
        socket.create_server((_HOST, port)).close()
    except OSError as error:
        raise CommandError(
            f"port {port} can't be used ({in_words(error)}): give another --port (or: make demo-ui PORT=3001)"
        ) from None


def _materialize(settings: Settings) -> dg.ExecuteInProcessResult:

    from lever_assets.definitions import build  # noqa: PLC0415 - it reads the settings that are then in force

    with dg.DagsterInstance.get() as instance:
        job = build(settings).resolve_job_def(f"{settings.connection}_full_sync")
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        result = job.execute_in_process(instance=instance, run_config=quiet, raise_on_error=False)
    if not result.success:
        failed = [event for event in result.all_events if event.is_step_failure]
        told = failed[0].step_failure_data.user_failure_data if failed else None
        why = told.description if told and told.description else "see the run in Dagster's UI"
        raise CommandError(f"the demo's sync failed: {why}")
    return result


def _open_dagster(environment: dict[str, str], port: int) -> None:
    """Run the UI in a process of its own, beside the account's, until Ctrl-C or SIGTERM."""
    # A shell starts what is in its background deaf to Ctrl-C.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.default_int_handler)
    command = [sys.executable, "-m", "lever_assets", "ui", "--host", _HOST, "--port", str(port)]
    command += ["--log-level", "warning"]  # not each tick of a sensor
    typer.echo(
        f"\nDagster opens at http://{_HOST}:{port} in a few seconds. Ctrl-C ends it, and the account.\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEVER_", "DAGSTER_"))}
    process = subprocess.Popen(command, env={**kept, **environment})  # noqa: S603 - our own words
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()
        return
    raise CommandError(f"Dagster ended by itself (exit code {code}): see what it wrote above")

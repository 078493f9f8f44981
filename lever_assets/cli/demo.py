"""`demo`: a made-up account, synced through Dagster into a database of its own."""

import os
import signal
import socket
import subprocess
import sys
from typing import Annotated

import dagster as dg
import typer
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.execution.api import execute_run
from dagster._core.remote_origin import RemoteJobOrigin, RemoteRepositoryOrigin

from lever_assets.cli import demo_home
from lever_assets.cli.demo_report import Hints, show, write_page
from lever_assets.cli.errors import CommandError, in_words
from lever_assets.cli.lazy import command_app
from lever_assets.cli.typed import made_by
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets.ui.home import shown

app = command_app()

_HOST = "127.0.0.1"
_MOST_A_DAY = 8.0
"""So many people come a day at most: a year of more takes longer than one waits for."""


@app.command()
def demo(
    *,
    opportunities: Annotated[
        int,
        typer.Option(min=1, help="Candidates of the account a year ago; as many came since, up to 2,920."),
    ] = 150,
    seed: Annotated[int, typer.Option(help="The same seed gives the same account, but for ids.")] = 1,
    ui: Annotated[bool, typer.Option("--ui", help="Then open Dagster on it, until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of Dagster's UI.")] = 3000,
) -> None:
    """Sync a made-up account.

    It lands in a database of its own; shows what landed and what to do next.
    """
    if ui:
        _refuse_taken(port)
    hints = Hints.here()

    with demo_home.occupied(opportunities, seed) as home:
        kept = home.opened
        opened = kept or demo_home.a_year_ago()
        config = SandboxConfig(opportunities=opportunities, seed=seed, now=opened, db=home.sandbox, rate=0)
        with running_sandbox(config) as sandbox:
            if kept is None:
                sandbox.play(demo_home.DAYS, min(opportunities / demo_home.DAYS, _MOST_A_DAY), since=opened)
                home.account_is_made(opened)
            environment = home.environment(sandbox.url, sandbox.key, demo_home.today())
            with demo_home.only(environment) as settings:
                typer.echo(
                    f"A made-up Lever account of {len(sandbox.ids('opportunities')):,} candidates is served "
                    f"at {sandbox.url}."
                )
                typer.echo("Syncing it through Dagster; this takes some seconds …", err=True)
                result = _materialize(settings)

                write_page(settings, home.report)
                show(settings, result, sandbox.requests().total, hints, opens_ui=ui)
                typer.echo(f"\nWhat recruiting teams ask is on one page: {home.report}")
                if ui:
                    _open_dagster(environment, port)
                    typer.echo(hints.goodbye(settings))


def _refuse_taken(port: int) -> None:
    try:
        socket.create_server((_HOST, port)).close()
    except OSError as error:
        told = f"port {port} can't be used ({in_words(error)}): give another --port"
        raise CommandError(f"{told}{made_by('demo-ui PORT=3001')}") from None


def _materialize(settings: Settings) -> dg.JobExecutionResult:
    """Run the full sync in this process, as one of the code location that the UI shows.

    Of a run without such an origin the UI's first page shows nothing.
    """
    from lever_assets.definitions import build  # noqa: PLC0415 - it reads the settings that are then in force

    with dg.DagsterInstance.get() as instance:
        job = build(settings).resolve_job_def(f"{settings.connection}_full_sync")
        run = instance.create_run_for_job(
            job_def=job,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            tags=job.run_tags,
            remote_job_origin=_origin(job.name),
        )
        result = execute_run(InMemoryJob(job), run, instance)
    if not result.success:
        failed = [event for event in result.all_events if event.is_step_failure]
        told = failed[0].step_failure_data.user_failure_data if failed else None
        why = told.description if told and told.description else "see the run in Dagster's UI"
        raise CommandError(f"the demo's sync failed: {why}")
    return result


def _origin(job: str) -> RemoteJobOrigin:
    (location,) = shown().create_origins()
    return RemoteRepositoryOrigin(location, SINGLETON_REPOSITORY_NAME).get_job_origin(job)


def _open_dagster(environment: dict[str, str], port: int) -> None:
    """Run the UI in a process of its own, beside the account's, until Ctrl-C or SIGTERM."""
    # A shell starts what is in its background deaf to Ctrl-C; what nohup starts is to outlive the terminal.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN:
            signal.signal(each, signal.default_int_handler)
    command = [sys.executable, "-m", "lever_assets", "ui", "--host", _HOST, "--port", str(port)]
    command += ["--log-level", "warning"]  # not each tick of a sensor
    typer.echo(
        f"\nDagster opens at http://{_HOST}:{port} in a few seconds. Ctrl-C ends it, and the account.\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEVER_", "DAGSTER_"))}
    # In a session of its own: Ctrl-C would reach each of Dagster's processes, which say "Aborted!" and more.
    process = subprocess.Popen(command, env={**kept, **environment}, start_new_session=True)  # noqa: S603
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        return
    raise CommandError(f"Dagster ended by itself (exit code {code}): see what it wrote above")

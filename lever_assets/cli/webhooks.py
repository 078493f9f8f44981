"""`webhooks setup`, `serve` and `drain`: Lever's events, as they happen."""

from dataclasses import replace
from typing import Annotated

import typer

from lever_assets import private
from lever_assets.arrivals import allow_connections, server
from lever_assets.assessment.ordering import begin as begin_assessments
from lever_assets.cli import output
from lever_assets.cli.accounts import Connection, settings_for
from lever_assets.cli.errors import CommandError
from lever_assets.cli.lazy import command_app
from lever_assets.cli.telling import tell
from lever_assets.cli.telling_dagster import tell_dagster
from lever_assets.connect.known import names
from lever_assets.insight.finishing import bring_up_marts
from lever_assets.lever.wording import counted
from lever_assets.orchestration.untold import note_marts, note_refreshed
from lever_assets.settings import Settings
from lever_assets.store import Store, inbox
from lever_assets.sync.session import Scope, Session, Written
from lever_assets.webhooks.draining import drain as run_drain
from lever_assets.webhooks.receiver import Receiver
from lever_assets.webhooks.setup import set_up, take_down

app = command_app()
_DRAIN = "webhooks drain"
"""What Dagster is told as the command."""


@app.command()
def setup(
    *,
    url: Annotated[str | None, typer.Option(help="Public address of the receiver.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove our subscriptions instead.")] = False,
    connection: Connection = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write the result as one JSON object.")] = False,
) -> None:
    """Subscribe to Lever's events.

    Makes what is missing, keeps the signature tokens encrypted, and says what is left to do by hand. Goes
    through all ten events, and fails at the end if one did.
    """
    with Session.open(settings_for(connection)) as session:
        report = take_down(session, url) if remove else set_up(session, url)
    if as_json:
        output.as_json(report)
    else:
        for what, events in (("made", report.created), ("kept", report.kept), ("removed", report.removed)):
            if events:
                typer.echo(f"{what}: {', '.join(events)}")
        for event, why in report.failed.items():
            output.warn(f"{event}: {why}")
        if not (remove and report.failed):
            typer.echo(report.manual_step or "Nothing of ours is left in Lever.")
    if report.failed:
        raise CommandError(
            f"{len(report.failed)} of the events failed: {', '.join(report.failed)}; run the set-up again."
        )


@app.command()
def serve(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8430,
) -> None:
    """Receive Lever's events, of all connections, until Ctrl-C.

    Put it behind a proxy that speaks HTTPS. What it receives is kept until it is drained.
    """
    settings = Settings.load()
    private.close_to_others(settings.data_dir)
    store = Store.open(settings.tables_url)
    try:
        receiver = Receiver(settings, store).app()
        stored = len(names(settings))
        others = f" and {counted(stored, 'stored connection')}" if stored else ""
        typer.echo(f"Receiving events of the account {settings.connection!r}{others} at http://{host}:{port}")
        try:
            allow_connections()
            server(receiver, host=host, port=port, log_level="warning").run()
        except SystemExit:
            raise CommandError(f"the receiver can't listen on {host}:{port}; is the port taken?") from None
    finally:
        store.close()


@app.command()
def drain(
    *,
    limit: Annotated[int, typer.Option(min=1, help="Most events to handle.")] = 1000,
    parked: Annotated[
        bool, typer.Option("--parked", help="Try those again, too, that failed too often.")
    ] = False,
    connection: Connection = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write the result as one JSON object.")] = False,
) -> None:
    """Bring the database up to the events that were received.

    Reads what they are about from Lever, once. Dagster does so by itself.
    """
    settings, written, marts = settings_for(connection), Written(), False
    with Session.open(settings) as session:
        if parked:
            with session.writing() as tx:
                inbox.unpark(tx)
        begin_assessments(session)
        report = run_drain(replace(session, on_refresh=written.update), limit=limit)
        note_refreshed(session, _DRAIN, written)
        if report.read or report.gone:
            marts = note_marts(session, Scope(delta=True), bring_up_marts(session, wait=0), _DRAIN)
        tell(session.store, session.settings)
    if as_json:
        output.as_json(report)
    else:
        read = f"{counted(report.read, 'opportunity', 'opportunities')} read, {report.gone:,} gone"
        handled = f"{counted(report.handled, 'event')} handled"
        typer.echo(f"{handled}: {read}. {counted(report.requests, 'request')}.")
        if report.failed:
            output.warn(f"{report.failed:,} events failed; the table webhook_inbox says why")
        if report.waiting:
            output.warn(f"{report.waiting:,} events still wait")
        for warning in report.warnings:
            output.warn(warning)
    tell_dagster(settings, anything=bool(written) or marts)
    if report.error:
        raise CommandError(report.error)

"""`ui`: Dagster's UI and daemon on the account."""

from enum import StrEnum
from typing import Annotated

import typer

from lever_assets.cli import output
from lever_assets.cli.errors import CommandError
from lever_assets.cli.lazy import command_app
from lever_assets.settings import Settings
from lever_assets.ui.listening import Place, UiError
from lever_assets.ui.serving import serve
from lever_assets.ui.with_dg import serve_with_dg

app = command_app()


class LogLevel(StrEnum):
    """How much Dagster's processes log."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@app.command()
def ui(
    *,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine's want LEVER_UI_PASSWORD.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", "-p", min=1, max=65535, help="Port to listen on.")] = 3000,
    log_level: Annotated[LogLevel, typer.Option(help="What Dagster's processes log.")] = LogLevel.INFO,
    daemon: Annotated[bool, typer.Option(help="Run Dagster's daemon, too; it may run elsewhere.")] = True,
    with_dg: Annotated[
        bool, typer.Option("--with-dg", help="Run `dg dev` on the project of dg that is here.")
    ] = False,
) -> None:
    """Serve Dagster's UI and run its daemon until Ctrl-C.

    Pages of other web sites can do nothing with it, and it asks for LEVER_UI_PASSWORD if that is set.
    Dagster's home is DAGSTER_HOME, else the working directory if it has a dagster.yaml, else in the data
    folder.
    """
    if with_dg and not daemon:
        raise typer.BadParameter("dg dev has a daemon: give one of --with-dg and --no-daemon")
    settings = Settings.load()
    for doubt in settings.doubts:
        output.warn(doubt)
    try:
        if with_dg:
            serve_with_dg(settings, Place(host, port), log_level.value)
        else:
            serve(settings, Place(host, port), log_level.value, with_daemon=daemon)
    except UiError as error:
        raise CommandError(str(error)) from None

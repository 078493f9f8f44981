"""`report`: what recruiting teams ask, on one page."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from lever_assets.cli import output
from lever_assets.cli.accounts import Connection, settings_for
from lever_assets.cli.errors import CommandError, in_words
from lever_assets.cli.lazy import command_app
from lever_assets.insight.report.writing import write_report
from lever_assets.store.transaction import now
from lever_assets.sync.session import Session

app = command_app()


@app.command()
def report(
    *,
    to: Annotated[Path, typer.Option("--output", metavar="FILE", help="Where the page is written.")] = Path(
        "lever-report.html"
    ),
    opened: Annotated[bool, typer.Option("--open", help="Show it in the browser, too.")] = False,
    connection: Connection = None,
) -> None:
    """Write what recruiting teams ask as a page.

    How far candidates come, how long it takes, where they come from: pictures with their numbers, in one HTML
    file that asks for nothing from elsewhere. It is made of the marts, which each sync keeps up.
    """
    settings = settings_for(connection)
    with Session.open(settings, to_read=True) as session:
        try:
            write_report(session, to, now())
        except OSError as error:
            raise CommandError(f"{to} can't be written: {in_words(error)}") from None
    typer.echo(f"The report is in {to.resolve()}")
    if opened and not webbrowser.open(to.resolve().as_uri()):
        output.warn("there is no browser that this can open; open the file yourself")

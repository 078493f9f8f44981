"""`export`: tables as files."""

from typing import Annotated

import typer

from lever_assets.cli import output
from lever_assets.cli.errors import CommandError, in_words
from lever_assets.cli.lazy import command_app
from lever_assets.frames.exporting import export, folder_of
from lever_assets.frames.files import Format
from lever_assets.frames.reading import tables
from lever_assets.settings import Settings
from lever_assets.unified.catalogue import ALL_MODELS

app = command_app()


@app.command("export")
def export_(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TABLE]...",
            help="Unified tables, raw ones or marts. [default: all unified ones that are kept]",
        ),
    ] = None,
    *,
    format: Annotated[Format, typer.Option("--format", help="The kind of file.")] = Format.CSV,
    to: Annotated[
        str, typer.Option(metavar="DIR", help="A folder, or a file:// URL of one.")
    ] = "lever-export",
    since: Annotated[
        str | None,
        typer.Option(metavar="INSTANT", help="Only rows that changed then or later (ISO 8601, UTC)."),
    ] = None,
    deleted: Annotated[
        bool, typer.Option("--deleted", help="Also rows that are gone in Lever or left out.")
    ] = False,
    connection: Annotated[
        str | None,
        typer.Option(
            "--connection", metavar="NAME", help="The connection; '*' is all. [default: LEVER_CONNECTION]"
        ),
    ] = None,
) -> None:
    """Write tables into files.

    A file for each, TABLE.csv, .jsonl or .parquet, for its owner alone; it is there when it is whole. All are
    as the database was at one instant. What is erased later stays in them: see docs/dataframes.md.
    """
    settings = Settings.load()
    folder = folder_of(to)
    with tables(connection, settings=settings) as opened:
        wanted = names or [each.name for each in ALL_MODELS if opened.exclusion.keeps(each.name)]
        asked = [opened.ask(each, since=since, deleted=deleted) for each in dict.fromkeys(wanted)]
        try:
            with output.following() as say:
                done = [export(opened, each, folder, format, say) for each in asked]
        except OSError as error:
            raise CommandError(f"{folder} can't be written: {in_words(error)}") from None
    for each in done:
        typer.echo(f"{each} in {each.file}")

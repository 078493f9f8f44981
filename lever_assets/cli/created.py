"""`created export` and `import`: the ids of what was created through this connector."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lever_assets.cli.accounts import Connection, settings_for
from lever_assets.cli.errors import CommandError, in_words
from lever_assets.cli.lazy import command_app
from lever_assets.store import Store
from lever_assets.sync.created_files import CreatedFileError, import_created, read_created, write_created

app = command_app()

_STREAM = "-"


@app.command("export")
def export_(
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="Where to; - is standard output.")] = _STREAM,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV, as a FILE.csv gets.")] = False,
    connection: Connection = None,
) -> None:
    """Write the ids of what was created through this connector.

    A line each, as JSON or CSV. With LEVER_ONLY_CREATED a lost database can't be filled again without them.
    """
    settings = settings_for(connection)
    store = Store.open(settings.tables_url)
    wanted_csv = as_csv or file.lower().endswith(".csv")
    try:
        if file == _STREAM:
            write_created(store, settings.connection, sys.stdout, as_csv=wanted_csv)
            return
        with Path(file).open("w", encoding="utf-8", newline="") as written:
            count = write_created(store, settings.connection, written, as_csv=wanted_csv)
    except OSError as error:
        raise CommandError(f"{file} can't be written: {in_words(error)}") from None
    finally:
        store.close()
    typer.echo(f"{count:,} records were created through this connector: see {file}", err=True)


@app.command("import")
def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSON lines or CSV; - is standard input.")],
    connection: Connection = None,
) -> None:
    """Take in the ids of what was created through this connector.

    JSON lines or CSV with a header; each needs model (candidates or applications) and remote_id. What is
    known already stays as it is; of a file with a mistake nothing is taken in. The next sync reads them.
    """
    settings = settings_for(connection)
    try:
        if file == _STREAM:
            records = read_created(sys.stdin)
        else:
            with Path(file).open(encoding="utf-8-sig", newline="") as lines:
                records = read_created(lines)
    except OSError as error:
        raise CommandError(f"{file} can't be read: {in_words(error)}") from None
    except (CreatedFileError, UnicodeError) as error:
        why = error if isinstance(error, CreatedFileError) else "it is no text in UTF-8"
        raise CommandError(f"{file} can't be taken in: {why}") from None
    store = Store.open(settings.tables_url)
    try:
        new = import_created(store, settings.connection, records)
    finally:
        store.close()
    typer.echo(f"{len(records):,} records were read, {new:,} of them new.", err=True)

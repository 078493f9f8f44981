"""`api serve` and `api key`: the unified API over HTTP, and the keys of those who ask it."""

from contextlib import closing
from typing import Annotated

import typer

from lever_assets import private
from lever_assets.api.keys import KeyNameError, create_key, every_key, given_keys, revoke
from lever_assets.api.serving import ServingError, listen
from lever_assets.api.serving import serve as serve_api
from lever_assets.cli import output
from lever_assets.cli.errors import CommandError
from lever_assets.cli.lazy import command_app
from lever_assets.settings import Settings
from lever_assets.store import Store

app = command_app()

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the key is called, such as who has it.")]


@app.command()
def serve(
    *,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine's want a key to be there.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8440,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes to serve it in.")] = 1,
) -> None:
    """Serve the API over all connections until Ctrl-C.

    It is the unified API, as Kombo's clients speak it. Put it behind a proxy that speaks HTTPS.
    """
    settings = Settings.load()
    private.close_to_others(settings.data_dir)
    try:
        with closing(listen(settings, host, port)) as listening:
            where = f"[{host}]" if ":" in host else host
            typer.echo(f"Serving the unified API at http://{where}:{port}/v1", err=True)
            if not given_keys(settings):
                _tell_of_keys(settings)
            serve_api(settings, listening, workers=workers)
    except ServingError as error:
        raise CommandError(str(error)) from None


def _tell_of_keys(settings: Settings) -> None:
    with closing(Store.open(settings.tables_url)) as store:
        if not any(each.revoked_at is None for each in every_key(store)):
            output.warn(
                "there is no key yet, so nobody is answered: `lever-assets api key create NAME` makes one"
            )


@app.command()
def create(name: Name) -> None:
    """Make a key and print it: it is not stored, and can't be shown again."""
    with closing(Store.open(Settings.load().tables_url)) as store:
        try:
            typer.echo(create_key(store, name).get_secret_value())
        except KeyNameError as error:
            raise CommandError(str(error)) from None


@app.command("list")
def list_keys(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write the result as one JSON object.")] = False,
) -> None:
    """List the keys: their names, since when they count, and until when they did."""
    settings = Settings.load()
    with closing(Store.open(settings.tables_url)) as store:
        keys = every_key(store)
    if as_json:
        output.as_json(
            [
                {"name": each.name, "created_at": each.created_at, "revoked_at": each.revoked_at}
                for each in keys
            ]
        )
        return
    if not keys:
        typer.echo("There is no key yet: `lever-assets api key create NAME` makes one.")
        return
    rows = [
        (
            each.name,
            f"{each.created_at:%Y-%m-%d %H:%M}",
            "counts" if each.revoked_at is None else f"revoked {each.revoked_at:%Y-%m-%d %H:%M}",
        )
        for each in keys
    ]
    output.table("Keys of the HTTP API (times in UTC)", ("name", "made", "state"), rows)


@app.command("revoke")
def revoke_key(name: Name) -> None:
    """Let a key count no more, within a second."""
    with closing(Store.open(Settings.load().tables_url)) as store:
        try:
            revoke(store, name)
        except KeyNameError as error:
            raise CommandError(str(error)) from None
    typer.echo(f"The key {name} counts no more.")

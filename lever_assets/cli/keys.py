"""`webhooks key`: apart from the others, since it needs neither an account nor a database."""

import typer

from lever_assets.cli.lazy import command_app
from lever_assets.connect.vault import Vault

app = command_app()


@app.command()
def key() -> None:
    """Make a key for LEVER_SECRET_KEY."""
    typer.echo(Vault.fresh_key())

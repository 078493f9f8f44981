"""`--connection`: which account a command is about."""

from typing import Annotated

import typer

from lever_assets.connect.errors import ConnectionNameError
from lever_assets.connect.known import names
from lever_assets.settings import Settings

Connection = Annotated[
    str | None,
    typer.Option("--connection", metavar="NAME", help="The connection. [default: LEVER_CONNECTION]"),
]


def settings_for(connection: str | None) -> Settings:
    """Return the settings for a connection; raises ConnectionNameError if there is none of that name."""
    settings = Settings.load()
    if connection is None or connection == settings.connection:
        return settings
    known = names(settings)
    if connection not in known:
        listed = ", ".join(sorted({*known, settings.connection}))
        raise ConnectionNameError(
            f"There is no connection {connection!r}: there is {listed}; `lever-assets connect {connection}` "
            "makes one."
        )
    return settings.of(connection)

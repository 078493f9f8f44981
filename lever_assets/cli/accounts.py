"""`--connection`: which account a command is about."""

from typing import Annotated

import typer

from lever_assets.connect.known import settings_of
from lever_assets.settings import Settings

Connection = Annotated[
    str | None,
    typer.Option("--connection", metavar="NAME", help="The connection. [default: LEVER_CONNECTION]"),
]


def settings_for(connection: str | None) -> Settings:
    """Return the settings for a connection; raises ConnectionNameError if there is none of that name."""
    return settings_of(Settings.load(), connection)


def settings_named(name: str | None, command: str) -> Settings:
    """As `settings_for`, for a command that takes the name alone: `command` is what stands before it."""
    how = f"with `lever-assets {command} NAME` or by LEVER_CONNECTION"
    return settings_of(Settings.load(), name, how=how)

"""The command's root: its global options, its families of commands, and what its exit codes mean."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from lever_assets.cli import demo, errors, sandbox, showing, syncing, webhooks

app = typer.Typer(
    name="lever-assets",
    help="A Lever account in SQL, through Dagster.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for family in (syncing, showing, webhooks, sandbox, demo):
    family.register(app)


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - only this option needs it

        typer.echo(f"lever-assets {version('lever-assets')}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    debug: Annotated[bool, typer.Option(help="Show where an error comes from, with its traceback.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Keep a Lever account in your own database, and write back to it."""
    context.obj = {"debug": debug, "version": version}


def _usage(error: typer.TyperException) -> str:
    """Return what is wrong with how the command was called, and where its help is."""
    context = getattr(error, "ctx", None)
    told = error.format_message()
    if context is None or told.startswith("Usage: "):  # the help itself
        return told
    return f"{context.get_usage()}\n{told} (`{context.command_path} --help`)"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command with `arguments` (None: those of the process) and exit.

    Exit code 0: done, 1: it failed, 2: it was called in a wrong way. An error is one line on standard error.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = typer.main.get_command(app)
    try:
        code = command.main(given, prog_name="lever-assets", standalone_mode=False)
    except typer.TyperException as error:  # called in a wrong way
        typer.echo(_usage(error), err=True)
        code = error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("stopped; the next run goes on from here", err=True)
        code = 1
    except Exception as error:
        if "--debug" in given:
            raise
        typer.echo(f"error: {errors.in_one_line(error)}", err=True)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)

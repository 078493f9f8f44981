"""The command's root: its global options, its families of commands, and what its exit codes mean."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from lever_assets import private
from lever_assets.cli import acting, created, demo, errors, output, sandbox, showing, syncing, ui, webhooks

app = typer.Typer(
    name="lever-assets",
    help="A Lever account in SQL, through Dagster.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for family in (syncing, showing, created, acting, webhooks, ui, sandbox, demo):
    family.register(app)

# Typer makes this of Ctrl-C by itself, and says nothing.
_INTERRUPTED = 130


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - only this option needs it

        typer.echo(f"lever-assets {version('lever-assets')}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where an error comes from, with its traceback.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Keep a Lever account in your own database, and write back to it."""
    context.obj = {"debug": debug, "version": version}
    from lever_assets.settings import misspelt  # noqa: PLC0415 - the help needs none

    for name, meant in misspelt().items():
        output.warn(f"{name} is no setting{f'; did you mean {meant}?' if meant else ''}")


def _usage(error: typer.TyperException) -> str:
    """Return what is wrong with how the command was called, and where its help is."""
    context = getattr(error, "ctx", None)
    told = error.format_message()
    if told.startswith("Usage: "):  # the help itself
        return told
    where = context.command_path if context is not None else "lever-assets"
    return f"error: {' '.join(told.split()).removesuffix('.')} (see `{where} --help`)"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command with `arguments` (None: those of the process) and exit.

    Exit code 0: done, 1: it failed, 2: it was called in a wrong way, 130: it was interrupted. An error is one
    line on standard error.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = typer.main.get_command(app)
    try:
        with private.umask():
            code = command.main(given, prog_name="lever-assets", standalone_mode=False)
    except typer.TyperException as error:  # called in a wrong way
        typer.echo(_usage(error), err=True)
        code = error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    except Exception as error:
        if "--debug" in given:
            raise
        typer.echo(f"error: {errors.in_one_line(error)}", err=True)
        code = 1
    if code == _INTERRUPTED:
        typer.echo("stopped; the next sync goes on from here" if "sync" in given else "stopped", err=True)
    sys.exit(code if isinstance(code, int) else 0)

"""The command's root: its global options, its families of commands, and what its exit codes mean."""

import gc
import sys
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from typer.core import TyperCommand, TyperGroup

from lever_assets import private
from lever_assets.cli import streams
from lever_assets.cli.lazy import LazyCommand, family

app = typer.Typer(
    name="lever-assets",
    help="A Lever account in SQL, through Dagster.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
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
    from lever_assets.cli.spelling import warn_of_misspelt  # noqa: PLC0415 - the help does without settings

    warn_of_misspelt()


def _commands() -> Iterator[TyperCommand | TyperGroup]:
    """Yield the commands in their order, made anew: Typer keeps in them how they were called."""
    yield LazyCommand("sync", "lever_assets.cli.syncing", "Bring the database up to Lever.")
    yield LazyCommand("plan", "lever_assets.cli.syncing", "Say what a full sync will cost.")
    yield LazyCommand("replay", "lever_assets.cli.syncing", "Map again what was read before.")
    yield LazyCommand("status", "lever_assets.cli.showing", "Show what is in the database.")
    yield LazyCommand("sql", "lever_assets.cli.querying", "Ask the tables in SQL.")
    yield LazyCommand("export", "lever_assets.cli.exporting", "Write tables into files.")
    yield LazyCommand("report", "lever_assets.cli.reporting", "Write what recruiting teams ask as a page.")
    yield LazyCommand(
        "doctor", "lever_assets.cli.doctor", "Say what a connection needs and whether it is there."
    )
    yield LazyCommand(
        "connect",
        "lever_assets.cli.connecting",
        "Connect a Lever account, with OAuth in the browser or with an API key.",
    )
    yield _connections()
    yield LazyCommand("action", "lever_assets.cli.acting", "Write back to Lever: one of the 13 actions.")
    yield LazyCommand("passthrough", "lever_assets.cli.acting", "Send any request to the Data API.")
    yield LazyCommand("ui", "lever_assets.cli.ui", "Serve Dagster's UI and run its daemon until Ctrl-C.")
    yield LazyCommand("demo", "lever_assets.cli.demo", "Sync a made-up account.")
    yield family(
        "fields",
        "The fields that the account has beyond the columns; without a command they are listed.",
        LazyCommand("list", "lever_assets.cli.fields", "List the fields that the account has."),
        LazyCommand("map", "lever_assets.cli.fields", "Fill a key of your own with a field."),
        LazyCommand("show", "lever_assets.cli.fields", "Switch fields on."),
        LazyCommand("hide", "lever_assets.cli.fields", "Switch fields off."),
        usual="list",
    )
    yield family(
        "created",
        "What was created through this connector.",
        LazyCommand(
            "export",
            "lever_assets.cli.created",
            "Write the ids of what was created through this connector.",
        ),
        LazyCommand(
            "import",
            "lever_assets.cli.created",
            "Take in the ids of what was created through this connector.",
        ),
    )
    yield family(
        "webhooks",
        "Lever's events, as they happen.",
        LazyCommand("setup", "lever_assets.cli.webhooks", "Subscribe to Lever's events."),
        LazyCommand(
            "serve", "lever_assets.cli.webhooks", "Receive Lever's events, of all connections, until Ctrl-C."
        ),
        LazyCommand(
            "drain", "lever_assets.cli.webhooks", "Bring the database up to the events that were received."
        ),
        LazyCommand("key", "lever_assets.cli.keys", "Make a key for LEVER_SECRET_KEY."),
    )
    yield family(
        "notices",
        "Word to URLs of yours when tables changed, or how a connection stands.",
        LazyCommand("list", "lever_assets.cli.notices", "List who is told, and of what."),
        LazyCommand("add", "lever_assets.cli.notices", "Have a URL told, and print its secret."),
        LazyCommand("rotate", "lever_assets.cli.notices", "Make a target's secret anew and print it."),
        LazyCommand("remove", "lever_assets.cli.notices", "Have a target told no more."),
        LazyCommand("test", "lever_assets.cli.notices", "Send a target a notice that tells of nothing."),
        LazyCommand("log", "lever_assets.cli.notices", "Show what was sent, and what became of it."),
    )
    yield family(
        "api",
        "The unified API over HTTP, as Kombo's clients speak it.",
        LazyCommand("serve", "lever_assets.cli.api", "Serve the API over all connections until Ctrl-C."),
        family(
            "key",
            "The keys of those who ask it.",
            LazyCommand("create", "lever_assets.cli.api", "Make a key and print it."),
            LazyCommand("list", "lever_assets.cli.api", "List the keys."),
            LazyCommand("revoke", "lever_assets.cli.api", "Let a key count no more."),
        ),
    )
    yield family(
        "sandbox",
        "A local Lever with made-up or recorded data.",
        LazyCommand(
            "serve",
            "lever_assets.cli.sandbox",
            "Serve a local Lever until Ctrl-C, and print what to set to use it.",
        ),
    )


def _connections() -> TyperGroup:
    module = "lever_assets.cli.connections"
    return family(
        "connections",
        "The Lever accounts that are connected.",
        LazyCommand("list", module, "Show the connections and how they stand."),
        LazyCommand(
            "show",
            "lever_assets.cli.one_connection",
            "Show all that is known of a connection, but no secret.",
        ),
        LazyCommand("test", module, "Ask Lever whether connections work; exit with 1 if one does not."),
        LazyCommand("set", module, "Give a connection settings of its own, such as candidate_cutoff=90d."),
        LazyCommand("rename", module, "Give a connection another name."),
        LazyCommand("enable", module, "Switch a connection on."),
        LazyCommand("disable", module, "Switch a connection off."),
        LazyCommand("remove", module, "Remove a connection with its secrets, and take its webhooks down."),
    )


def program() -> TyperGroup:
    """Return the command with all that is below it."""
    group = typer.main.get_group(app)
    for command in _commands():
        group.add_command(command)
    return group


def _usage(error: typer.TyperException) -> str:
    """Return what is wrong with how the command was called, and where its help is."""
    context = getattr(error, "ctx", None)
    told = error.format_message().replace("Value error, ", "")  # pydantic's, of a choice that there is not
    if told.startswith("Usage: "):  # the help itself
        return told
    where = context.command_path if context is not None else "lever-assets"
    return f"error: {' '.join(told.split()).removesuffix('.')} (see `{where} --help`)"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command with `arguments` (None: those of the process) and exit.

    Exit code 0: done, 1: it failed, 2: it was called in a wrong way, 130: it was interrupted, 141: nobody
    reads on. An error is one line on standard error.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    streams.take_anything()
    gc.disable()  # what is imported stays: looking through it again and again was a fifth of the start
    try:
        with private.umask():
            code = program().main(given, prog_name="lever-assets", standalone_mode=False)
    except typer.TyperException as error:  # called in a wrong way
        typer.echo(_usage(error), err=True)
        code = error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    except (SystemExit, BrokenPipeError) as end:
        code = streams.code_of(end)
    except Exception as error:
        if "--debug" in given:
            raise
        from lever_assets.cli.failing import in_one_line  # noqa: PLC0415 - only when something fails

        typer.echo(f"error: {in_one_line(error)}", err=True)
        code = 1
    finally:
        gc.enable()
    if code == _INTERRUPTED:
        typer.echo("stopped; the next sync goes on from here" if "sync" in given else "stopped", err=True)
    sys.exit(streams.flushed(code if isinstance(code, int) else 0))

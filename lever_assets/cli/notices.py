"""`notices`: who is told of changes, by which secrets, and what became of what was sent."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from lever_assets.cli import output
from lever_assets.cli.accounts import Connection, settings_for
from lever_assets.cli.errors import CommandError
from lever_assets.cli.lazy import command_app
from lever_assets.notices.destinations import PREVIOUS_FOR
from lever_assets.notices.keeping import TargetError
from lever_assets.notices.keeping import add as add_target
from lever_assets.notices.keeping import remove as remove_target
from lever_assets.notices.keeping import rotate as rotate_secret
from lever_assets.notices.trying import try_out
from lever_assets.settings import NoticeType, Settings
from lever_assets.store import Store
from lever_assets.store.outbox import Entry, entries
from lever_assets.sync.targets import Target, targets

app = command_app()

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the target is called.")]
AsJson = Annotated[bool, typer.Option("--json", help="Write the result as one JSON object.")]


@contextmanager
def _opened(settings: Settings) -> Iterator[Store]:
    with closing(Store.open(settings.tables_url)) as store:
        try:
            yield store
        except TargetError as error:
            raise CommandError(str(error)) from None


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List who is told, and of what.

    Targets with names, and the hosts of LEVER_NOTICE_URLS; no secret, and no whole URL.
    """
    settings = Settings.load()
    with _opened(settings) as store, store.reading("") as tx:
        found = targets(tx, settings)
    if as_json:
        output.as_json({"targets": [_shown(each) for each in found]})
    elif not found:
        typer.echo("Nobody is told: `lever-assets notices add NAME URL` has a URL told of changes.")
    else:
        rows = [(_name(each), each.called, _asked_for(each), _made(each)) for each in found]
        output.table("Who is told (times in UTC)", ("name", "where", "of what", "since"), rows)


def _name(target: Target) -> str:
    return "(LEVER_NOTICE_URLS)" if target.stored is None else target.stored.name


def _made(target: Target) -> str:
    if target.stored is None:
        return ""
    rotated = target.stored.rotated_at
    return f"{target.stored.created_at:%Y-%m-%d %H:%M}" + (
        "" if rotated is None else f", secret of {rotated:%Y-%m-%d %H:%M}"
    )


def _asked_for(target: Target) -> str:
    return ", ".join(target.types) + (" (extra models, too)" if target.extra_models else "")


def _shown(target: Target) -> dict[str, Any]:
    row = target.stored
    return {
        "name": None if row is None else row.name,
        "host": target.called if row is None else row.host,
        "types": list(target.types),
        "extra_models": target.extra_models,
        "created_at": None if row is None else row.created_at,
        "rotated_at": None if row is None else row.rotated_at,
    }


@app.command()
def add(
    name: Name,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where notices are sent; kept encrypted.")],
    *,
    types: Annotated[
        str, typer.Option(help="What it is told, with commas between; or all.")
    ] = NoticeType.DATA_CHANGED.value,
    extra_models: Annotated[
        bool, typer.Option("--extra-models", help="Notices may name models beyond Kombo's, too.")
    ] = False,
) -> None:
    """Have a URL told, and print its secret.

    It signs what is sent there, and can't be shown again.
    """
    settings = Settings.load()
    wanted = [each.strip().lower() for each in types.split(",") if each.strip()]
    with _opened(settings) as store:
        secret = add_target(store, settings, name, SecretStr(url), wanted, extra_models=extra_models)
    typer.echo(secret.get_secret_value())


@app.command()
def rotate(name: Name) -> None:
    """Make a target's secret anew and print it.

    It can't be shown again. The one before signs the header X-Kombo-Signature-Previous for seven days.
    """
    settings = Settings.load()
    with _opened(settings) as store:
        secret = rotate_secret(store, settings, name)
    typer.echo(secret.get_secret_value())
    output.remark(
        f"The secret before it signs X-Kombo-Signature-Previous for {PREVIOUS_FOR.days} days from now on."
    )


@app.command()
def remove(name: Name) -> None:
    """Have a target told no more.

    What waits for it, and the log of what was sent to it, go with it.
    """
    with _opened(Settings.load()) as store:
        remove_target(store, name)
    typer.echo(f"{name} is told no more.")


@app.command("test")
def try_(name: Name, *, connection: Connection = None) -> None:
    """Send a target a notice that tells of nothing.

    It is signed. Exits with 1 if it is not taken.
    NAME may also be the host of a URL in LEVER_NOTICE_URLS, as `notices list` shows it.
    """
    settings = settings_for(connection)
    with _opened(settings) as store:
        outcome = try_out(store, settings, name)
    if outcome.error is not None:
        raise CommandError(f"{name} did not take it: {outcome.error}")
    typer.echo(f"{name} took it (HTTP {outcome.status}).")


@app.command()
def log(
    *,
    name: Annotated[
        str | None, typer.Option("--target", metavar="NAME", help="Only what was for this target.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show what was sent, and what became of it.

    Of all connections, the newest first. What a notice said is not shown.
    When one arrives, those of its target that are 30 days old are forgotten.
    """
    settings = Settings.load()
    with _opened(settings) as store, store.reading("") as tx:
        called = {each.target: each for each in targets(tx, settings)}
        wanted = None if name is None else {each for each in called if name in _names(called[each])}
        if wanted == set():
            raise TargetError(f"there is no target {name!r}: see `lever-assets notices list`")
        found = entries(tx, limit, targets=wanted)
    if as_json:
        output.as_json({"notices": [_told(each, called) for each in found]})
    elif not found:
        typer.echo("Nothing was sent yet, and nothing waits.")
    else:
        columns = ("made", "connection", "to", "type", "state", "attempts", "status", "error", "again")
        output.table("Notices (times in UTC)", columns, [_line(each, called) for each in found])


def _names(target: Target) -> set[str]:
    return {target.called} if target.stored is None else {target.stored.name}


def _to(entry: Entry, called: dict[str, Target]) -> str | None:
    target = called.get(entry.target)
    return None if target is None else target.called


def _type(entry: Entry) -> str:
    return entry.type or NoticeType.DATA_CHANGED.value


def _told(entry: Entry, called: dict[str, Target]) -> dict[str, Any]:
    return {
        "id": entry.id,
        "connection": entry.connection or None,
        "target": _to(entry, called),
        "type": _type(entry),
        "state": entry.state.value,
        "attempts": entry.attempts,
        "status": entry.status,
        "error": entry.error,
        "created_at": entry.created_at,
        "due_at": entry.due_at if entry.state == "pending" else None,
        "delivered_at": entry.delivered_at,
    }


def _line(entry: Entry, called: dict[str, Target]) -> tuple[object, ...]:
    return (
        entry.created_at,
        entry.connection,
        _to(entry, called) or "(nobody any more)",
        _type(entry),
        entry.state.value,
        entry.attempts,
        str(entry.status or ""),
        entry.error,
        entry.due_at if entry.state == "pending" else None,
    )

"""`connections`: the Lever accounts that are connected, how they stand, and what can be done with them."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Annotated

import typer
from pydantic import JsonValue

from lever_assets.cli import output
from lever_assets.cli.errors import CommandError
from lever_assets.cli.lazy import command_app
from lever_assets.cli.removing import Removal, ask
from lever_assets.cli.telling import tell, tell_of_removed, tell_reloading
from lever_assets.connect import connections
from lever_assets.connect.dagster_ui import found_ui
from lever_assets.connect.errors import ConnectionTroubleError, DisabledError, NotConnectedError, RemovedError
from lever_assets.connect.known import (
    account_of,
    every_name,
    every_name_and_removed,
    names_and_removed,
    settings_of,
)
from lever_assets.connect.own_settings import OWN, stated
from lever_assets.connect.reloading import reload_dagster
from lever_assets.connect.states import State
from lever_assets.connect.wording import command
from lever_assets.lever import LeverError
from lever_assets.notices.enqueueing import integration_of, take_leave
from lever_assets.orchestration.asked_runs import end as end_runs
from lever_assets.policy.exclusion import Exclusion
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import Store, StoreError
from lever_assets.store.accounts import any_account
from lever_assets.store.reads import counts
from lever_assets.store.transaction import now
from lever_assets.sync.health import all_problems
from lever_assets.sync.session import Session
from lever_assets.sync.standing import standing_of
from lever_assets.sync.status import next_by, status
from lever_assets.webhooks.setup import has_subscriptions, take_down

app = command_app()

_TROUBLE = (LeverError, ConnectionTroubleError, SettingsError, StoreError)
"""What may be wrong with one connection and concerns no other."""


def _can_be_stored(name: str) -> str:
    """Return a name that was given; what is no text (bytes that are not UTF-8) is none that is stored."""
    if not name.isprintable():
        raise CommandError(f"there is no stored connection {name!r}: see `lever-assets connections list`")
    return name


Name = Annotated[str, typer.Argument(metavar="NAME", help="The connection.", callback=_can_be_stored)]
Json = Annotated[bool, typer.Option("--json", help="Write the result as one JSON object.")]


@dataclass(frozen=True)
class _Shown:
    """A connection as it is listed; instants are UTC."""

    connection: str
    kind: str
    environment: str
    state: State
    fresh_at: datetime | None
    next_by: datetime | None
    rows: int
    problems: tuple[str, ...]


@app.command("list")
def list_(as_json: Json = False) -> None:
    """Show the connections and how they stand."""
    settings = Settings.load()
    with closing(Store.open_to_read(settings.tables_url)) as store:
        shown = [_shown_or_why_not(store, settings.of(name)) for name in every_name_and_removed(settings)]
    if as_json:
        output.as_json({"connections": [asdict(each) for each in shown]})
        return
    if settings.api_key is None and not any(each.rows for each in shown) and not names_and_removed(settings):
        typer.echo(str(NotConnectedError()))
        return
    columns = ("connection", "kind", "Lever", "state", "as of (UTC)", "next by (UTC)", "rows", "problems")
    output.table(
        "",
        columns,
        (
            (
                each.connection,
                each.kind,
                each.environment,
                each.state.value,
                each.fresh_at,
                each.next_by,
                each.rows,
                len(each.problems) or None,
            )
            for each in shown
        ),
    )
    for each in shown:
        for problem in each.problems:
            output.warn(f"{each.connection}: {problem}")


def _shown_or_why_not(store: Store, settings: Settings) -> _Shown:
    """Return how a connection stands; one that can't be looked into keeps no other from being listed."""
    try:
        return _shown(store, settings)
    except (ConnectionTroubleError, SettingsError) as error:
        return _Shown(settings.connection, "", "", State.SET_UP_INCOMPLETE, None, None, 0, (str(error),))


def _shown(store: Store, settings: Settings) -> _Shown:
    account, own = account_of(store, settings)
    found = status(store, account.name, Exclusion.of(own))
    standing = standing_of(store, account, own)
    return _Shown(
        account.name,
        account.kind,
        account.environment.value,
        standing.state,
        found.fresh_at,
        next_by(found, own.snapshot_minutes) if standing.state.is_synced else None,
        sum(each.live for each in found.models),
        tuple(all_problems(account, standing, found, now=now())),
    )


@app.command("test")
def try_(
    given: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Only these; all as by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask Lever whether connections work; exit with 1 if one does not.

    One that is switched off counts only where it is named.
    """
    settings = Settings.load()
    wanted = [settings_of(settings, each) for each in given or every_name(settings)]
    found = {each.connection: _tested(each) for each in wanted}
    if as_json:
        output.as_json({"connections": {name: asdict(each) for name, each in found.items()}})
    else:
        for name, each in found.items():
            typer.echo(f"{name}: {each.why or 'works'}")
    if not all(each.works or (each.switched_off and not given) for each in found.values()):
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Tested:
    """Whether a connection works; `why` it does not, in a sentence."""

    works: bool
    why: str | None = None
    switched_off: bool = False


def _tested(settings: Settings) -> _Tested:

    async def ask(session: Session) -> None:
        async with session.client() as lever:
            await lever.get("/stages", {"limit": 1})

    try:
        with Session.open(settings) as session:
            asyncio.run(ask(session))
    except _TROUBLE as error:
        why = " ".join(str(error).split())
        return _Tested(works=False, why=why, switched_off=isinstance(error, DisabledError))
    return _Tested(works=True)


@app.command("set")
def set_(
    name: Name,
    given: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE...", help="Without a value: as in the environment.")
    ],
) -> None:
    """Give a connection settings of its own, such as candidate_cutoff=90d."""
    own = stated(given)
    with _changing(_own_now(name, own)) as (settings, store):
        variables = ", ".join(f"LEVER_{each.upper()}" for each in own)
        _see_that_it_is_stored(store, settings, name, instead=f"set {variables} in the environment")
        connections.set_own(store, settings, name, own)


def _own_now(name: str, own: Mapping[str, JsonValue]) -> str:
    """Return what settings of its own a connection has from now on, and what that does."""
    now = (
        f"{each} as in the environment" if value is None else f"{each}={value}" for each, value in own.items()
    )
    effects: dict[str, list[str]] = {}
    for each in own:
        effects.setdefault(OWN.get(each, ""), []).append(each)
    if len(effects) == 1:
        return f"{name} has {', '.join(now)}. {next(iter(effects))}"
    told = (f"{', '.join(names)}: {does[0].lower()}{does[1:]}" for does, names in effects.items() if does)
    return f"{name} has {', '.join(now)}. {' '.join(told)}"


@app.command()
def rename(name: Name, to: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")]) -> None:
    """Give a connection another name.

    Its rows go with it, and keep their ids; in Dagster its assets are new ones.
    """
    with _changing(f"{name} is called {to} from now on, with its rows, settings and key or tokens.") as (
        settings,
        store,
    ):
        if name == settings.connection and settings.api_key is not None:
            raise CommandError(
                f"LEVER_API_KEY would stand for {name} from then on, beside {to}, and read the same account "
                "again: unset it first"
            )
        connections.rename(store, name, to)
        tell(store, settings.of(to))


@app.command()
def enable(name: Name) -> None:
    """Switch a connection on."""
    at_once = command("sync", name)
    with _changing(f"{name} is switched on: Dagster syncs it by itself, {at_once} does at once.") as (
        settings,
        store,
    ):
        _see_that_it_is_stored(store, settings, name)
        connections.enable(store, name, enabled=True)
        tell(store, settings.of(name))


@app.command()
def disable(name: Name) -> None:
    """Switch a connection off.

    It is not synced and nothing is written to it; what was read stays. A sync that is under way ends.
    """
    with _changing(
        f"{name} is switched off: from now on no sync and no action of it begins. A sync that is under way "
        "ends, and the next one goes on there."
    ) as (settings, store):
        _see_that_it_is_stored(store, settings, name)
        connections.enable(store, name, enabled=False)
        ui = found_ui(settings)
        if ui is not None:
            end_runs(ui, name)
        tell(store, settings.of(name))


@app.command()
def remove(
    *,
    name: Name,
    erase: Annotated[
        bool, typer.Option("--erase", help="Delete all that was read of it, and written through it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove a connection with its secrets, and take its webhooks down.

    Its rows stay, unless they are to be erased; then or later, by the same command with --erase.
    """
    done: list[str] = []
    with _changing(done) as (settings, store):
        _see_that_it_is_stored(store, settings, name)
        with store.reading(name) as tx:
            row, integration = any_account(tx), integration_of(tx)
            rows = sum(each.live for each in counts(tx))
        if row is None:
            raise CommandError(f"there is no stored connection {name!r}: see `lever-assets connections list`")
        removal = Removal(name, rows, row.connected_by, erase=erase, is_connected=row.removed_at is None)
        if not erase and not removal.is_connected:
            raise RemovedError(name, row.connected_by)
        if not yes:
            ask(removal.question)
        connections.remove(
            store,
            name,
            erase=erase,
            before=lambda: removal.taken_down.extend(_take_down_webhooks(settings.of(name))),
            farewell=lambda tx: take_leave(tx, settings, integration),
        )
        done.append(removal.done)
        tell_of_removed(store, settings)


def _take_down_webhooks(settings: Settings) -> Iterable[str]:
    """Remove the subscriptions that we made in Lever, and return their events.

    What can't be is said, and left to be removed there.
    """
    removed: list[str] = []
    try:
        with Session.open(settings) as session:
            if not has_subscriptions(session):
                return ()
            report = take_down(replace(session, account=replace(session.account, is_enabled=True)))
        removed, failed = report.removed, report.failed
    except (LeverError, ConnectionTroubleError, SettingsError) as error:
        failed = {"all": str(error)}
    for event, why in failed.items():
        output.warn(f"webhook {event} stays in Lever, remove it there under Integrations: {why}")
    return removed


@contextmanager
def _changing(so_now: str | list[str]) -> Iterator[tuple[Settings, Store]]:
    """Open the database for a change of the connections, and have Dagster told of it.

    `so_now` is what is so afterwards, in sentences, and is told with what Dagster knows of it; a list is of
    those that are known only then.
    """
    settings = Settings.load()
    with closing(Store.open(settings.tables_url)) as store:
        yield settings, store
    told = so_now if isinstance(so_now, str) else " ".join(so_now)
    tell_reloading(reload_dagster(settings), told)


def _see_that_it_is_stored(
    store: Store, settings: Settings, name: str, *, instead: str = "unset that, and it is gone"
) -> None:
    """Raise CommandError for the environment's own account: there is nothing stored of it to be changed.

    `instead`: what does for that account what is wanted here.
    """
    if name != settings.connection or settings.api_key is None:
        return
    with store.reading(name) as tx:
        if any_account(tx) is None:
            raise CommandError(
                f"the connection {name!r} comes from LEVER_API_KEY and is not stored, so that there is "
                f"nothing to change of it here: {instead}; or store it first with "
                f"`lever-assets connect {name} --api-key`"
            )

"""`connect`: a Lever account under a name, by OAuth in the browser or by an API key."""

import sys
import webbrowser
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated

import typer
from pydantic import SecretStr

from lever_assets.cli import output
from lever_assets.cli.errors import CommandError
from lever_assets.cli.lazy import command_app
from lever_assets.cli.options import taking
from lever_assets.cli.telling import tell, tell_reloading
from lever_assets.connect.callback import Callback, is_here
from lever_assets.connect.connections import (
    EndUser,
    Wanted,
    connect_by_grant,
    connect_by_key,
    wanted_connection,
)
from lever_assets.connect.environments import Environment
from lever_assets.connect.known import account_of
from lever_assets.connect.oauth import App, Authorization, OAuthServer, StrayError
from lever_assets.connect.own_settings import stated
from lever_assets.connect.reloading import reload_dagster
from lever_assets.connect.tokens import Kept
from lever_assets.connect.wording import command
from lever_assets.policy.exclusion import Exclusion
from lever_assets.prerequisites.permissions import to_grant
from lever_assets.settings import Settings
from lever_assets.store import Store

app = command_app()

_MINUTES = 15
"""For somebody to log in at Lever and accept."""
_TRIES = 3
"""So often an address is asked for where somebody can be asked again."""


@dataclass(frozen=True, kw_only=True)
class _Options:
    """How to connect."""

    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The connection; one that exists is reconnected.")
    ]
    api_key: Annotated[
        bool, typer.Option("--api-key", help="Read an API key from the terminal or standard input.")
    ] = False
    environment: Annotated[
        Environment | None,
        typer.Option(help="Which Lever. [default: where LEVER_BASE_URL leads]", show_default=False),
    ] = None
    read_only: Annotated[bool, typer.Option("--read-only", help="Ask for no permission to write.")] = False
    no_browser: Annotated[
        bool,
        typer.Option("--no-browser", help="Take the address that Lever leads back to from the terminal."),
    ] = False
    organization: Annotated[str | None, typer.Option(help="The end user's organisation.")] = None
    email: Annotated[str | None, typer.Option(help="Address of who connects it.")] = None
    origin_id: Annotated[str | None, typer.Option(help="Your own id of the end user.")] = None
    own: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A setting of its own; may be given again."),
    ] = None


@app.command()
@taking(_Options)
def connect(options: _Options) -> None:
    """Connect a Lever account, with OAuth in the browser or with an API key.

    Lever is asked whether it works before anything is kept; what is secret is kept encrypted. Done again with
    the same name it reconnects, with all settings and rows as they are; what is switched off stays so.
    """
    settings = Settings.load()
    with closing(Store.open(settings.tables_url)) as store:
        wanted = wanted_connection(
            store,
            settings,
            options.name,
            environment=options.environment,
            end_user=EndUser(options.organization, options.email, options.origin_id),
            own=stated(options.own or ()),
        )
        where = f"Lever: {wanted.environment.value}, {wanted.addresses.api}"
        if options.api_key:
            typer.echo(where, err=True)
            connect_by_key(store, settings, wanted, _key(), warn=output.warn)
        else:
            typer.echo(where)
            _by_oauth(store, settings, wanted, options)
        tell(store, settings.of(wanted.name))
        account, _ = account_of(store, settings.of(wanted.name))
    typer.echo(f"{wanted.name} is connected.")
    at_once = command("sync", wanted.name)
    following = f"Dagster reads it by itself, {at_once} does at once."
    if not account.is_enabled:
        following = f"It stays switched off: `lever-assets connections enable {wanted.name}` switches it on."
    tell_reloading(reload_dagster(settings), following)


def _key() -> SecretStr:
    """Read a key, never from the arguments: those are seen by everybody on the machine."""
    given = _typed("API key", secret=True)
    if not given:
        raise CommandError("no API key was given: type it when asked, or pipe it to the command")
    if not (given.isascii() and given.isprintable()):
        raise CommandError("what was given is no API key: it holds characters that no key has")
    return SecretStr(given)


def _typed(asked: str, *, secret: bool = False) -> str:
    """Return what is typed, or piped in, without the blanks around it; empty: nothing."""
    if sys.stdin is None:  # closed by whoever started this
        return ""
    if _is_terminal():
        return str(typer.prompt(asked, hide_input=secret, err=True)).strip()
    try:
        return sys.stdin.readline().strip()
    except UnicodeError:
        raise CommandError("what was given is no text in UTF-8") from None


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _by_oauth(store: Store, settings: Settings, wanted: Wanted, options: _Options) -> None:
    app = App.of(settings)
    server = OAuthServer(app, wanted.addresses, wanted.name)
    permissions = to_grant(
        Exclusion.of(wanted.in_force),
        read_only=options.read_only,
        feedback=wanted.in_force.assessment_feedback_template is not None,
        eeo=wanted.in_force.counts_eeo,
    )
    asked = server.ask([name for name, _ in permissions])

    def complete(redirected_to: str) -> str:
        return finish(asked.code_in(redirected_to))

    def finish(code: str) -> str:
        grant = server.exchange(code, asked)
        connect_by_grant(store, settings, wanted, Kept(grant, app), warn=output.warn)
        if grant.refresh_token is None:
            output.warn("Lever gave no refresh token: the connection ends with its access token, soon")
        for name, why in permissions:
            if name not in grant.scopes:
                output.warn(f"Lever did not give {name}. {why}")
        return f"The Lever account is connected as {wanted.name}. You can close this page."

    output.table("Lever will ask whether to allow", ("permission", "what for"), permissions)
    if options.no_browser or not is_here(app.redirect_uri):
        _ask_for(asked)
        finish(_pasted_code(asked))
        return
    callback = Callback(app.redirect_uri)
    with closing(callback):
        _ask_for(asked)
        if _browser_opens(asked.url):
            typer.echo("It was opened in your browser.", err=True)
        callback.wait(complete, seconds=_MINUTES * 60)


def _ask_for(asked: Authorization) -> None:
    typer.echo("\nAs a Super Admin of the Lever account, open this address and accept:\n")
    typer.echo(asked.url)
    typer.echo()
    sys.stdout.flush()


def _pasted_code(asked: Authorization) -> str:
    """Return the code in the address that is pasted; in a terminal a wrong one is asked for again.

    When the command ends, what it would know an answer by goes with it: only another run helps then.
    """
    left = _TRIES if _is_terminal() else 1
    while True:
        given, left = _pasted(), left - 1
        try:
            return asked.code_in(given)
        except StrayError as error:
            if not left:
                raise CommandError(
                    f"{error.problem}: run the command again, open the address that it prints then, and give "
                    f"the whole address to which that leads, {asked.redirect_uri}?…"
                ) from None
            output.warn(str(error))


def _pasted() -> str:
    given = _typed("Then paste the address that your browser was sent to (it need not show anything)")
    if not given:
        raise CommandError("no address came back: open the printed one, accept, and give the one it leads to")
    return given


def _browser_opens(url: str) -> bool:
    """Open an address in a browser with windows; one in the terminal would take it over."""
    try:
        browser = webbrowser.get()
        return not isinstance(browser, webbrowser.GenericBrowser) and browser.open(url)
    except webbrowser.Error:
        return False

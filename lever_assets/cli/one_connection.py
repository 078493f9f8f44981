"""`connections show`: all that is known of one connection, but nothing that is secret."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated

import typer

from lever_assets.cli import output
from lever_assets.cli.lazy import command_app
from lever_assets.connect.known import account_of, addresses_of, settings_of
from lever_assets.connect.wording import is_read_only
from lever_assets.policy.exclusion import Exclusion
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.accounts import StoredAccount, any_account
from lever_assets.store.transaction import now
from lever_assets.sync.health import all_problems
from lever_assets.sync.in_force import as_text
from lever_assets.sync.standing import standing_of
from lever_assets.sync.status import status

app = command_app()


@dataclass(frozen=True)
class _OwnSetting:
    """A setting that a connection has of its own, and what the environment has in its place."""

    name: str
    value: str
    in_environment: str


@dataclass(frozen=True)
class _Connection:
    """What is known of a connection; instants are UTC.

    `kind` is empty for one that was removed. `scopes` are those of its token, None where it has an API key,
    of which Lever does not tell.
    """

    connection: str
    stored: bool
    kind: str
    environment: str
    base_url: str
    auth_url: str
    organization: str | None
    email: str | None
    origin_id: str | None
    created_at: datetime | None
    removed_at: datetime | None
    settings: tuple[_OwnSetting, ...]
    scopes: tuple[str, ...] | None
    read_only: bool | None
    refresh_token_until: datetime | None
    state: str
    permissions_missing: tuple[str, ...]
    problems: tuple[str, ...]


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The connection.")],
    as_json: Annotated[bool, typer.Option("--json", help="Write the result as one JSON object.")] = False,
) -> None:
    """Show all that is known of a connection, but no secret.

    Whose it is, where its Lever is, its own settings, its token's scopes, how it stands. Asks Lever nothing.
    """
    settings = settings_of(Settings.load(), name, removed=True)
    with closing(Store.open_to_read(settings.tables_url)) as store:
        found = _found(store, settings)
    if as_json:
        output.as_json(asdict(found))
        return
    width = max(len(label) for label, _ in _lines(found))
    for label, value in _lines(found):
        typer.echo(f"{label:<{width}}  {output.plain(value)}".rstrip())
    for problem in found.problems:
        output.warn(problem)


def _found(store: Store, settings: Settings) -> _Connection:
    account, own = account_of(store, settings)
    with store.reading(account.name) as tx:
        row = any_account(tx)
    standing = standing_of(store, account, own)
    known = status(store, account.name, Exclusion.of(own))
    scopes = account.scopes
    return _Connection(
        connection=account.name,
        stored=account.is_stored,
        kind=account.kind,
        environment=account.environment.value,
        base_url=account.base_url,
        auth_url=settings.auth_url if row is None else addresses_of(row).auth,
        organization=None if row is None else row.organization_name,
        email=None if row is None else row.email,
        origin_id=None if row is None else row.origin_id,
        created_at=None if row is None else row.created_at,
        removed_at=None if row is None else row.removed_at,
        settings=() if row is None else tuple(_own_settings(row, own, settings)),
        scopes=None if scopes is None else tuple(sorted(scopes)),
        read_only=None if scopes is None else is_read_only(scopes),
        refresh_token_until=account.refresh_token_until,
        state=standing.state.value,
        permissions_missing=standing.lacking,
        problems=tuple(all_problems(account, standing, known, now=now())),
    )


def _own_settings(row: StoredAccount, own: Settings, environment: Settings) -> Iterator[_OwnSetting]:
    at = now()
    for name in sorted(row.settings):
        yield _OwnSetting(name, as_text(own, name, at), as_text(environment, name, at))


def _lines(found: _Connection) -> Iterator[tuple[str, object]]:
    """Yield what is shown, a label and a value each; what is not known is left out."""
    lines: Iterable[tuple[str, object]] = (
        ("connection", found.connection if found.stored else f"{found.connection} (of the environment)"),
        ("state", found.state),
        ("kind", found.kind or None),
        ("Lever", found.environment),
        ("base URL", found.base_url),
        ("OAuth server", found.auth_url if found.scopes is not None else None),
        ("organisation", found.organization),
        ("e-mail", found.email),
        ("origin id", found.origin_id),
        ("created (UTC)", found.created_at),
        ("removed (UTC)", found.removed_at),
        ("refresh token until (UTC)", found.refresh_token_until),
        ("scopes", None if found.scopes is None else " ".join(found.scopes)),
        ("read-only", found.read_only),
        ("permissions missing", " ".join(found.permissions_missing) or None),
    )
    yield from ((label, value) for label, value in lines if value is not None)
    for each in found.settings:
        differs = each.value != each.in_environment
        beside = f"  (environment: {each.in_environment})" if differs else "  (as in the environment)"
        yield each.name, f"{each.value}{beside}"

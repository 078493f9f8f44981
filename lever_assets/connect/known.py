"""The accounts that there are: those that were made by `connect`, and the environment's own."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import JsonValue, SecretStr, TypeAdapter, ValidationError

from lever_assets import private
from lever_assets.connect.account import Account, Credential
from lever_assets.connect.environments import ADDRESSES, Addresses, Environment
from lever_assets.connect.errors import ConnectionNameError, RemovedError
from lever_assets.connect.oauth import App
from lever_assets.connect.own_settings import with_own
from lever_assets.connect.tokens import OAUTH, StoredTokens, details_of
from lever_assets.connect.vault import Vault
from lever_assets.connect.wording import by_stored_key, by_stored_token
from lever_assets.lever import ApiKeyAuth, BearerAuth
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import Store, StoreError
from lever_assets.store.accounts import (
    StoredAccount,
    any_account,
    is_taken,
    stored_accounts,
)
from lever_assets.store.secrets import Sealed, secrets
from lever_assets.store.transaction import Transaction
from lever_assets.store.urls import database_url, sqlite_file

API_KEY = "api_key"
"""The name that a connection's key is stored under."""
_COPY = "connections.json"
_PATIENCE = 5.0
"""Seconds that locks of others are waited for."""


def account_of(store: Store, settings: Settings) -> tuple[Account, Settings]:
    """Return the account that `settings.connection` names, and its settings: its own over the given ones.

    A stored one goes before the environment's of the same name, and so does one that was removed and whose
    rows were kept: whose key the environment has nobody knows, and rows of two accounts must not be mixed.
    Raises SettingsError when its own settings can't be used, ConnectionNameError when the environment's has
    the name that ids of another are made of. Its credential is opened when a client is asked for.
    """
    with store.reading(settings.connection) as tx:
        return account_in(tx, store, settings)


def account_in(tx: Transaction, store: Store, settings: Settings) -> tuple[Account, Settings]:
    """As `account_of`, in a transaction on the account's rows."""
    row = any_account(tx)
    if row is None:
        if is_taken(tx, settings.connection):
            raise ConnectionNameError(
                f"{settings.connection!r} was the name of a connection that is called otherwise now, and its "
                "ids are made of it: unset LEVER_API_KEY, or set LEVER_CONNECTION to another name."
            )
        return Account.default(settings), settings
    return _account(store, settings, row, secrets(tx, "")), _settings(settings, row)


def addresses_of(row: StoredAccount) -> Addresses:
    """Return where a stored account's Lever is; raises SettingsError for a damaged row."""
    known = ADDRESSES.get(environment_of(row))
    return known or Addresses(row.base_url or "", row.auth_url or "")


def tokens_of(store: Store, settings: Settings, row: StoredAccount) -> StoredTokens:
    """Return where the access tokens of an OAuth connection come from."""
    app = App.of(settings) if settings.oauth_client_id and settings.oauth_client_secret else None
    return StoredTokens(store, row.connection, Vault.of(settings), addresses_of(row), app)


def _account(store: Store, settings: Settings, row: StoredAccount, sealed: Mapping[str, Sealed]) -> Account:
    def by_key() -> Credential:
        key = SecretStr(Vault.of(settings).open(sealed[API_KEY].secret))
        return Credential(ApiKeyAuth(key, by_stored_key(row.connection)), key)

    def by_tokens() -> Credential:
        known_by = SecretStr(f"{addresses_of(row).api} {row.named_at_first}")
        words = by_stored_token(row.connection, details.scopes if details else ())
        return Credential(BearerAuth(tokens_of(store, settings, row), words), known_by)

    details = details_of(sealed[OAUTH]) if row.kind == OAUTH and OAUTH in sealed else None
    credential = {API_KEY: by_key, OAUTH: by_tokens}[row.kind] if row.kind in sealed else None
    return Account(
        name=row.connection,
        base_url=addresses_of(row).api,
        credential=credential,
        named_at_first=row.named_at_first,
        environment=environment_of(row),
        scopes=None if details is None else frozenset(details.scopes),
        refresh_token_until=None if details is None else details.refresh_token_until,
        is_enabled=row.enabled,
        is_stored=True,
        is_removed=row.removed_at is not None,
        connected_by=row.connected_by,
        has_key=row.removed_at is not None and settings.api_key is not None,
    )


def environment_of(row: StoredAccount) -> Environment:
    """Return which Lever a stored account's is; raises SettingsError for a damaged row."""
    try:
        return Environment(row.environment)
    except ValueError:
        raise _damaged(row.connection, f"its environment is {row.environment[:40]!r}") from None


def _damaged(name: str, why: str) -> SettingsError:
    return SettingsError(
        f"The row of the connection {name!r} in the table accounts was changed by hand: {why}. Put it right, "
        "or restore a backup."
    )


def _settings(settings: Settings, row: StoredAccount) -> Settings:
    return _own(settings, row.connection, row.settings)


def _own(settings: Settings, name: str, own: Mapping[str, JsonValue]) -> Settings:
    if not isinstance(own, Mapping):
        raise _damaged(name, "its settings are no JSON object")
    return with_own(settings.model_copy(update={"connection": name, "api_key": None}), own)


@dataclass(frozen=True)
class Listed:
    """The settings of every account that is switched on; what is not as it should be, in sentences."""

    accounts: tuple[Settings, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Brief:
    """What of a stored account has to be known to show it, or not to, if it was removed."""

    name: str
    enabled: bool
    settings: Mapping[str, JsonValue]
    removed: bool = False


_BRIEFS = TypeAdapter(list[_Brief])


def listed(settings: Settings) -> Listed:
    """Return the accounts that there are, by one look into the database; nothing is made there.

    When it can't be reached, they are as in the copy of the last look, in the data folder. The environment's
    own is among them when it has a key, or when there is no other; not under the name of a removed one.
    """
    copy = settings.data_dir / _COPY
    warnings: list[str] = []
    try:
        found = _stored(settings)
    except StoreError as error:
        found = _copied(copy)
        warnings.append(f"The connections are shown as they were when the database was there last: {error}")
    else:
        _keep_copy(copy, found)
    removed = [each.name for each in found if each.removed]
    stored = [each.name for each in found if not each.removed]
    own = [settings] if _has_its_own(settings, stored, removed) else []
    for each in found:
        if each.enabled and not each.removed:
            try:
                own.append(_own(settings, each.name, each.settings))
            except SettingsError as error:
                warnings.append(f"{error} It is shown with the environment's.")
                own.append(_own(settings, each.name, {}))
    return Listed(tuple(own), tuple(warnings))


def settings_of(
    settings: Settings,
    connection: str | None,
    *,
    removed: bool = False,
    how: str = "with --connection NAME or by LEVER_CONNECTION",
) -> Settings:
    """Return the settings for a connection by its name.

    None is the environment's own; where that has no key, the only one that there is. `removed`: it may be one
    that was removed and whose rows were kept, for which else RemovedError is raised. Raises
    ConnectionNameError if there is none of that name, or it has to be said which is meant (`how` tells the
    way to); StoreError if that can't be told.
    """
    if settings.api_key is not None and connection in {None, settings.connection}:
        taken = _Names.known_to(settings).removed
        if not removed and settings.connection in taken:
            raise RemovedError(settings.connection, taken[settings.connection], has_key=True)
        return settings
    found = _Names.of(settings) if connection != settings.connection else _Names.known_to(settings)
    if connection is None:
        if len(found.stored) > 1 and settings.connection not in found.stored:
            raise ConnectionNameError(
                f"There are several connections, {', '.join(found.stored)}: say which one is meant, {how}."
            )
        is_own = not found.stored or settings.connection in found.stored
        connection = settings.connection if is_own else found.stored[0]
    if connection in found.removed and not removed:
        raise RemovedError(connection, found.removed[connection])
    if connection not in {settings.connection, *found.stored, *found.removed}:
        own = [] if settings.api_key is None else [settings.connection]
        listed = ", ".join(sorted({*found.stored, *own})) or "none"
        raise ConnectionNameError(
            f"There is no connection {connection[:60]!r}: there is {listed}; `lever-assets connect NAME` "
            "makes one."
        )
    return settings if connection == settings.connection else settings.of(connection)


def every_name(settings: Settings) -> list[str]:
    """Return the names of all connections as `listed` knows them, those that are switched off included."""
    return _Names.of(settings).connected(settings)


def every_name_and_removed(settings: Settings) -> list[str]:
    """As `every_name`, and after them those that were removed and whose rows were kept.

    With them the environment's own account is there only if it has a key.
    """
    found = _Names.of(settings)
    is_any = found.stored or settings.api_key is not None or not found.removed
    return [*(found.connected(settings) if is_any else ()), *found.removed]


def own_name(settings: Settings) -> set[str]:
    """Return the name of the environment's own account if it has a key, and so is there, else nothing."""
    return {settings.connection} if settings.api_key is not None else set()


def _has_its_own(settings: Settings, stored: Sequence[str], removed: Collection[str]) -> bool:
    """Tell whether the environment's account is one beside those that are stored, or were removed."""
    is_taken_by = settings.connection in stored or settings.connection in removed
    return not is_taken_by and (settings.api_key is not None or not stored)


def names(settings: Settings) -> list[str]:
    """Return the names of the stored connections, those that are switched off included; raises StoreError."""
    return list(_Names.of(settings).stored)


def names_and_removed(settings: Settings) -> list[str]:
    """As `names`, and after them those that were removed and whose rows were kept; by one look."""
    found = _Names.of(settings)
    return [*found.stored, *found.removed]


@dataclass(frozen=True)
class _Names:
    """The names of the stored connections, and of those that were removed and whose rows were kept.

    Of these with their kind, None where that is not known.
    """

    stored: tuple[str, ...] = ()
    removed: Mapping[str, str | None] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Look into the database; raises StoreError."""
        found = _rows(settings)
        return cls(
            tuple(each.connection for each in found if each.removed_at is None),
            {each.connection: each.connected_by for each in found if each.removed_at is not None},
        )

    @classmethod
    def known_to(cls, settings: Settings) -> Self:
        """As `of`; none from a database that is not to be reached: whoever uses it is told so."""
        try:
            return cls.of(settings)
        except StoreError:
            return cls()

    def connected(self, settings: Settings) -> list[str]:
        """Return the names of all that are connected, the environment's own first."""
        has_its_own = _has_its_own(settings, self.stored, self.removed)
        return [settings.connection, *self.stored] if has_its_own else [*self.stored]


def has_database(settings: Settings) -> bool:
    """Tell whether there may be a database: SQLite's is made when it is opened to be written."""
    file = sqlite_file(database_url(settings.tables_url))
    return file is None or file.exists()


def _stored(settings: Settings) -> list[_Brief]:
    return [
        _Brief(each.connection, each.enabled, each.settings, each.removed_at is not None)
        for each in _rows(settings)
    ]


def _rows(settings: Settings) -> list[StoredAccount]:
    if not has_database(settings):
        return []
    store = Store.open(settings.tables_url, migrate=False, lock_wait=_PATIENCE)
    with closing(store), store.reading("") as tx:
        return stored_accounts(tx)


def _keep_copy(copy: Path, found: Sequence[_Brief]) -> None:
    text = _BRIEFS.dump_json(list(found))
    with suppress(OSError):  # it serves only when the database does not
        if (copy.read_bytes() if copy.exists() else b"[]") != text:
            private.make_folder(copy.parent)
            private.replace(copy, text)


def _copied(copy: Path) -> list[_Brief]:
    try:
        return _BRIEFS.validate_json(copy.read_bytes())
    except (OSError, ValidationError):
        return []

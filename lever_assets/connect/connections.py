"""Making, changing and removing connections: what `connect` and `connections` do, without a terminal."""

import asyncio
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from pydantic import JsonValue, SecretStr

from lever_assets.connect.account import Account, Credential
from lever_assets.connect.environments import ADDRESSES, Addresses, Environment, environment_at
from lever_assets.connect.errors import ConnectionNameError, RemovedError, WrongAccountError
from lever_assets.connect.first_sync import FIRST_SYNC
from lever_assets.connect.known import API_KEY, addresses_of, environment_of, every_name
from lever_assets.connect.oauth import Grant
from lever_assets.connect.own_settings import with_own
from lever_assets.connect.permissions import forgive
from lever_assets.connect.states import REFUSED
from lever_assets.connect.tokens import OAUTH, Kept, keep_grant
from lever_assets.connect.vault import Vault
from lever_assets.connect.wording import KEY_JUST_GIVEN, TOKEN_JUST_GIVEN
from lever_assets.lever import ApiKeyAuth, BearerAuth, NotFoundError, PermissionMissingError
from lever_assets.lever.resources import BY_NAME
from lever_assets.policy.exclusion import Exclusion
from lever_assets.settings import NoticeType, Settings, SettingsError
from lever_assets.store import BusyError, Store, ledger
from lever_assets.store.accounts import (
    StoredAccount,
    any_account,
    drop_rows,
    has_rows,
    hold_any,
    is_taken,
    keep_account,
    mark_removed,
    named_at_first,
    rename_rows,
)
from lever_assets.store.erased_files import TABLES
from lever_assets.store.raw import has_any, is_empty
from lever_assets.store.secrets import Sealed, drop_secret, has_secrets, put_secret, secrets
from lever_assets.store.transaction import NOBODY, Transaction, now
from lever_assets.unified.models import JsonObject

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_ENDINGS = ("_raw", "_full")
"""With them a name's groups and jobs in Dagster could be those of another."""
_RESERVED = frozenset({"lever_webhooks", "lever_erasure"})
_TELLING = ("users", "archive_reasons", "stages")
"""Short lists by which an account is known again: of other accounts all ids are others."""
_UUID = 36
"""Characters of an id; the stages that are built in have names for ids, the same everywhere."""
_LOCK_SECONDS = 30.0


@dataclass(frozen=True)
class EndUser:
    """Whose Lever it is: the organisation, the address of who connected it, the product's own id of them."""

    organization_name: str | None = None
    email: str | None = field(default=None, repr=False)
    origin_id: str | None = None


@dataclass(frozen=True)
class Wanted:
    """A connection as it is to be: which Lever, whose, and with which settings of its own given anew.

    `in_force` are all settings that it will have, with those of its own that it has already. `is_new`: there
    must be none of its name yet.
    """

    name: str
    environment: Environment
    addresses: Addresses
    in_force: Settings
    end_user: EndUser = field(default_factory=EndUser)
    settings: Mapping[str, JsonValue] = field(default_factory=dict)
    is_new: bool = False


def wanted_connection(
    store: Store,
    settings: Settings,
    name: str,
    *,
    environment: Environment | None = None,
    end_user: EndUser | None = None,
    own: Mapping[str, JsonValue] | None = None,
) -> Wanted:
    """Return the connection of a name as it is to be; without an `environment` it is where it was.

    A new one is then where the settings point to. One that was removed and whose rows were kept is as it was.
    Raises ConnectionNameError for a name that can't be one, SettingsError for settings that can't.
    """
    check_name(name)
    with store.reading(name) as tx:
        before = any_account(tx)
        if before is None:
            _check_free(tx, name)
    own = own or {}
    in_force = _in_force(settings.of(name), _merged({} if before is None else before.settings, own))
    if environment is None and before is not None and addresses_of(before).api:
        environment, addresses = environment_of(before), addresses_of(before)
    else:
        environment = environment or environment_at(settings.base_url)
        addresses = ADDRESSES.get(environment) or Addresses(settings.base_url, settings.auth_url)
    return Wanted(name, environment, addresses, in_force, end_user or EndUser(), own)


def _merged(before: Mapping[str, JsonValue], own: Mapping[str, JsonValue]) -> JsonObject:
    """Return a connection's own settings with some given anew; None takes one away."""
    return {name: value for name, value in {**before, **own}.items() if value is not None}


def _in_force(settings: Settings, own: Mapping[str, JsonValue]) -> Settings:
    """Return the settings of a connection; raises SettingsError for its own if they can't be used."""
    found = with_own(settings, own)
    Exclusion.of(found)
    return found


def check_name(name: str) -> None:
    """Raise ConnectionNameError for what can't be the name of a connection."""
    if _NAME.fullmatch(name) is None:
        raise ConnectionNameError(
            f"{name!r} can't be the name of a connection: write letters, digits and _, a letter first, "
            "40 at most."
        )
    if name.endswith(_ENDINGS) or name in _RESERVED:
        raise ConnectionNameError(
            f"{name!r} can't be the name of a connection: what belongs to it in Dagster could not be told "
            "from another's. Choose another name."
        )


def _check_free(tx: Transaction, name: str) -> None:
    """Raise ConnectionNameError for a name of which ids of another connection are made."""
    if is_taken(tx, name):
        raise ConnectionNameError(
            f"{name!r} was the name of a connection that is called otherwise now, or was when it was "
            "removed, and its ids are made of it: choose another name."
        )


def _nobody(_: str) -> None:
    """Say it to nobody."""


def connect_by_key(
    store: Store, settings: Settings, wanted: Wanted, key: SecretStr, *, warn: Callable[[str], None] = _nobody
) -> StoredAccount:
    """Make a connection by an API key, or give an existing one this key.

    Lever is asked first: raises LeverError when the key is not good, or Lever does not say, and
    WrongAccountError when it is another account's. `warn` is told of an account that is read already.
    """
    vault = vault_for(store, settings)
    _check_account(store, settings, wanted, Credential(ApiKeyAuth(key, KEY_JUST_GIVEN), key), warn)
    with store.writing(wanted.name) as tx:
        row = _keep(tx, wanted, API_KEY)
        _begin_anew(tx)
        put_secret(tx, API_KEY, Sealed(vault.seal(key.get_secret_value()), {}))
        drop_secret(tx, OAUTH)
    return row


def connect_by_grant(
    store: Store, settings: Settings, wanted: Wanted, kept: Kept, *, warn: Callable[[str], None] = _nobody
) -> StoredAccount:
    """Make a connection by a grant, or give an existing one this grant; raises as `connect_by_key`."""
    vault = vault_for(store, settings)
    auth = BearerAuth(_Fresh(kept.grant), TOKEN_JUST_GIVEN)
    _check_account(store, settings, wanted, Credential(auth, kept.grant.access_token), warn)
    with store.exclusive(f"{wanted.name} token", _LOCK_SECONDS), store.writing(wanted.name) as tx:
        row = _keep(tx, wanted, OAUTH)
        _begin_anew(tx)
        keep_grant(tx, vault, kept)
        drop_secret(tx, API_KEY)
    return row


def _begin_anew(tx: Transaction) -> None:
    """Forget what Lever, or a sync, was refused before, and that waits for a while therefore."""
    REFUSED.forget(tx)
    FIRST_SYNC.forget(tx)
    forgive(tx)


def vault_for(store: Store, settings: Settings) -> Vault:
    """Return what seals secrets; a key is made only where nothing was sealed with one that is missing now."""
    if settings.secret_key is None and not settings.secret_key_file.exists():
        with store.reading("") as tx:
            sealed = has_secrets(tx)
        if sealed:
            raise SettingsError(
                "This database holds secrets that were encrypted with a key which is not here: set "
                f"LEVER_SECRET_KEY to it, or put its file back as {settings.secret_key_file}. If it is lost, "
                "set LEVER_SECRET_KEY to a new one, and connect every account again."
            )
    return Vault.made_for(settings)


class _Fresh:
    """The token of a grant that was given a moment ago."""

    def __init__(self, grant: Grant) -> None:
        self._grant = grant

    async def current(self) -> SecretStr:
        return self._grant.access_token

    async def instead_of(self, refused: SecretStr) -> SecretStr:
        return refused


def _check_account(
    store: Store,
    settings: Settings,
    wanted: Wanted,
    credential: Credential,
    warn: Callable[[str], None],
) -> None:
    """Ask Lever with a credential before it is kept, and whether it is the account that was read before.

    One that another connection reads is not refused: somebody may mean it so.
    """
    account = Account(
        name=wanted.name,
        named_at_first=wanted.name,
        base_url=wanted.addresses.api,
        credential=lambda: credential,
    )
    listed = asyncio.run(_listed(account, settings))
    with store.reading(wanted.name) as tx:
        told = [name for name, ids in listed.items() if ids and not is_empty(tx, name)]
        known = [name for name in told if has_any(tx, name, listed[name])]
    if told and not known:
        raise WrongAccountError(
            f"This is another Lever account than the one that {wanted.name!r} has in the database: none of "
            f"its {' or '.join(told)} is known there. Connect it under another name; or remove the "
            f"connection with its rows first: `lever-assets connections remove {wanted.name} --erase`."
        )
    for other in every_name(settings):
        if other != wanted.name and _has_read(store, other, listed):
            warn(
                f"this Lever account is read already, as {other}: from now on it is read twice, and each of "
                "its records is there twice; if that is not meant, take it back with "
                f"`lever-assets connections remove {wanted.name}`"
            )


def _has_read(store: Store, name: str, listed: Mapping[str, Collection[str]]) -> bool:
    """Tell whether what a connection has read is of the account that listed these ids, by resource."""
    with store.reading(name) as tx:
        return any(ids and has_any(tx, resource, ids) for resource, ids in listed.items())


async def _listed(account: Account, settings: Settings) -> dict[str, list[str]]:
    """Return ids of what tells accounts apart, by resource; none of what is not for this credential."""
    found: dict[str, list[str]] = {}
    async with account.client(settings) as lever:
        for name in _TELLING:
            try:
                data = await lever.get(BY_NAME[name].path, {**dict(BY_NAME[name].params), "limit": 100})
            except (PermissionMissingError, NotFoundError):
                continue
            listed = data if isinstance(data, list) else []
            ids = [str(each.get("id")) for each in listed if isinstance(each, dict)]
            found[name] = [each for each in ids if len(each) == _UUID]
    return found


def _keep(tx: Transaction, wanted: Wanted, kind: str) -> StoredAccount:
    """Write the row of a connection; of one that is there, or was removed, what is not given stays.

    One that is switched off stays so; one that was removed is connected anew, and so is switched on.
    """
    before = hold_any(tx)
    given, user = wanted.end_user, EndUser()
    if before is not None and wanted.is_new:
        raise ConnectionNameError(f"Somebody has made a connection {wanted.name!r} meanwhile: try again.")
    if before is not None:
        user = EndUser(before.organization_name, before.email, before.origin_id)
    else:
        _check_free(tx, wanted.name)
    row = StoredAccount(
        connection=wanted.name,
        named_at_first=named_at_first(tx),
        kind=kind,
        environment=wanted.environment.value,
        base_url=wanted.addresses.api,
        auth_url=wanted.addresses.auth,
        enabled=before is None or before.removed_at is not None or before.enabled,
        organization_name=given.organization_name or user.organization_name,
        email=given.email or user.email,
        origin_id=given.origin_id or user.origin_id,
        settings=_merged(before.settings if before else {}, wanted.settings),
        created_at=tx.instant if before is None else before.created_at,
        updated_at=tx.instant,
    )
    keep_account(tx, row)
    return row


def enable(store: Store, name: str, *, enabled: bool) -> None:
    """Switch a connection on or off; raises ConnectionNameError if there is none of that name."""
    with store.writing(name) as tx:
        keep_account(tx, replace(_there(tx), enabled=enabled))


def set_own(store: Store, settings: Settings, name: str, own: Mapping[str, JsonValue]) -> None:
    """Give a connection settings of its own; a value of None takes one away. Raises SettingsError."""
    with store.writing(name) as tx:
        row = _there(tx)
        merged = _merged(row.settings, own)
        _in_force(settings.of(name), merged)
        keep_account(tx, replace(row, settings=merged))


def cut_off(store: Store, name: str) -> None:
    """Delete the key or tokens of a connection and switch it off, at once, also while it syncs.

    Raises ConnectionNameError if there is none of that name, BusyError while its token is being renewed.
    """
    with store.exclusive(f"{name} token", _LOCK_SECONDS), store.writing(name) as tx:
        keep_account(tx, replace(_there(tx), enabled=False))
        for each in secrets(tx, ""):
            drop_secret(tx, each)


def rename(store: Store, name: str, to: str) -> None:
    """Give a connection another name, and its rows with it; their ids stay.

    Raises BusyError while it syncs, ConnectionNameError when the name is another's, or was.
    """
    check_name(to)
    with (
        store.exclusive(name, _LOCK_SECONDS),
        store.exclusive(f"{name} token", _LOCK_SECONDS),
        store.writing(name) as tx,
    ):
        _see_that_nothing_is_written(tx)
        if is_taken(tx, to) or has_rows(tx, to):
            raise ConnectionNameError(f"There is, or was, a connection {to!r}: choose another name.")
        rename_rows(tx, to)


def remove(
    store: Store,
    name: str,
    *,
    erase: bool,
    before: Callable[[], None] = lambda: None,
    farewell: Callable[[Transaction], object] = lambda _: None,
) -> None:
    """Remove a connection and its secrets, and, with `erase`, all that was read of it and written through it.

    Without, its row is kept with the others: they are erased by the connection's own settings when it is time
    for that, or by calling this again with `erase`. `before` is called when nobody syncs it any more and its
    key or tokens are good yet; `farewell` writes what is to be kept of the removal, in the same transaction;
    neither of one that was removed already. Raises BusyError while it syncs, RemovedError when it was removed
    and is not to be erased.
    """
    with store.exclusive(name, _LOCK_SECONDS):
        with store.reading(name) as tx:
            row = any_account(tx)
        is_connected = row is not None and row.removed_at is None
        if is_connected:
            before()
        with store.exclusive(f"{name} token", _LOCK_SECONDS), store.writing(name) as tx:
            _see_that_nothing_is_written(tx, or_removed=erase and not is_connected)
            for each in secrets(tx, ""):
                drop_secret(tx, each)
            if erase:
                drop_rows(tx, but_waiting=(NoticeType.DELETED,))
            else:
                mark_removed(tx)
            if is_connected:
                farewell(tx)
        if erase:
            _compact(store)


def _compact(store: Store) -> None:
    """Leave no copy in the database's file of what was erased; if that has to wait, a sync sees to it."""
    moment = now()
    if store.compact():
        with store.writing(NOBODY) as tx:
            TABLES.compacted.keep(tx, moment)


def _see_that_nothing_is_written(tx: Transaction, *, or_removed: bool = False) -> None:
    """Raise BusyError while an action is under way: what it has done is to be kept under the same name.

    One that begins from now on waits for this transaction, and then sees the connection's row as it is.
    Raises ConnectionNameError if there is no such connection, RemovedError if it was removed, unless
    `or_removed`.
    """
    _is_there(tx, hold_any(tx), or_removed=or_removed)
    if ledger.is_busy(tx):
        raise BusyError(
            f"an action of the connection {tx.account!r} is under way", "try again when it is done"
        )


def _there(tx: Transaction) -> StoredAccount:
    """Return the row, which nobody else changes until the end: it is written anew as a whole."""
    return _is_there(tx, hold_any(tx))


def _is_there(tx: Transaction, row: StoredAccount | None, *, or_removed: bool = False) -> StoredAccount:
    if row is None:
        raise ConnectionNameError(
            f"There is no stored connection {tx.account!r}: `lever-assets connections list` shows which "
            "there are."
        )
    if row.removed_at is not None and not or_removed:
        raise RemovedError(tx.account, row.connected_by)
    return row

"""Targets with names of their own: added, given another secret, removed. Secrets are shown once."""

import re
from collections.abc import Sequence
from secrets import token_hex, token_urlsafe

from pydantic import SecretStr

from lever_assets.connect.connections import vault_for
from lever_assets.setting_types import is_web_address
from lever_assets.settings import NoticeType, Settings, notice_types
from lever_assets.store import Store
from lever_assets.store.targets import (
    StoredTarget,
    add_target,
    change_secrets,
    drop_target,
    stored_target,
)
from lever_assets.store.transaction import NOBODY, Transaction
from lever_assets.sync.in_force import host_of

_NAME = re.compile(r"[\w.-]{1,60}")


class TargetError(Exception):
    """There is no target of that name, or none can be made so; says why and what to do."""


def add(
    store: Store,
    settings: Settings,
    name: str,
    url: SecretStr,
    types: Sequence[str] = (NoticeType.DATA_CHANGED.value,),
    *,
    extra_models: bool = False,
) -> SecretStr:
    """Have a URL told of these types from now on; return the secret that signs what is sent there.

    `extra_models`: notices of changed data may name models beyond Kombo's. Raises TargetError, StoreError,
    and SettingsError where nothing can be sealed.
    """
    if _NAME.fullmatch(name) is None:
        raise TargetError(f"{name[:60]!r} can't be a name: write letters, digits and . _ -, 60 at most")
    if not is_web_address(url.get_secret_value()):
        raise TargetError("that is not a web address such as https://example.com/changed")
    try:
        notice_types(tuple(types))
    except ValueError as error:
        raise TargetError(f"of types of notices: {error}") from None
    vault, secret = vault_for(store, settings), token_urlsafe(32)
    with store.writing(NOBODY) as tx:
        target = StoredTarget(
            name=name,
            target=token_hex(12),
            host=host_of(url.get_secret_value()),
            url=vault.seal(url.get_secret_value()),
            secret=vault.seal(secret),
            types=tuple(types),
            extra_models=extra_models,
            created_at=tx.instant,
        )
        if not add_target(tx, target):
            raise TargetError(f"there is a target {name!r}: choose another name, or remove it first")
    return SecretStr(secret)


def rotate(store: Store, settings: Settings, name: str) -> SecretStr:
    """Make the secret of a target anew and return it.

    The one that it had signs a header of its own for `destinations.PREVIOUS_FOR`. Raises TargetError,
    StoreError, and SettingsError where nothing can be sealed.
    """
    vault, secret = vault_for(store, settings), token_urlsafe(32)
    with store.writing(NOBODY) as tx:
        change_secrets(tx, name, vault.seal(secret), _there(tx, name).secret)
    return SecretStr(secret)


def remove(store: Store, name: str) -> None:
    """Have a target told no more; what waits for it, and the log of what was sent to it, go with it.

    Raises TargetError, StoreError.
    """
    with store.writing(NOBODY) as tx:
        drop_target(tx, _there(tx, name))


def _there(tx: Transaction, name: str) -> StoredTarget:
    found = stored_target(tx, name)
    if found is None:
        raise TargetError(f"there is no target {name[:60]!r}: see `lever-assets notices list`")
    return found

"""The keys that clients present: made once, kept as hashes, compared in constant time."""

import hashlib
import hmac
import re
from secrets import token_urlsafe

from pydantic import SecretStr

from lever_assets.api.reloading import Reloading
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.api_keys import StoredKey, add_key, revoke_key, stored_keys

_NAME = re.compile(r"[\w .@-]{1,60}")
_RELOAD_SECONDS = 1.0
"""So long a key that was made or revoked elsewhere may be unknown here."""
_FROM_ENVIRONMENT = "LEVER_API_TOKEN"


class KeyNameError(Exception):
    """There is no key of that name, or none can have it; says why and what to do."""


def create_key(store: Store, name: str) -> SecretStr:
    """Make a key and return it: it can't be shown again. Raises KeyNameError, StoreError."""
    if _NAME.fullmatch(name) is None:
        raise KeyNameError(
            f"{name[:60]!r} can't be the name of a key: write letters, digits, blanks and . _ @ -, 60 at most"
        )
    key = f"lak_{token_urlsafe(32)}"  # 256 bits: a hash of it needs no salt, and no delay
    with store.writing("") as tx:
        if not add_key(tx, name, _hash(key)):
            raise KeyNameError(f"there is, or was, a key {name!r}: choose another name")
    return SecretStr(key)


def revoke(store: Store, name: str) -> None:
    """Let a key count no more, within a second everywhere. Raises KeyNameError, StoreError."""
    with store.writing("") as tx:
        if not revoke_key(tx, name):
            raise KeyNameError(f"there is no key {name[:60]!r} that counts: see `lever-assets api key list`")


def every_key(store: Store) -> list[StoredKey]:
    """Return the stored keys, by age, revoked ones too. Raises StoreError."""
    with store.reading("") as tx:
        return stored_keys(tx)


def given_keys(settings: Settings) -> list[str]:
    """Return the keys that the environment gives."""
    given = (settings.api_token, settings.api_tokens)
    texts = [each.get_secret_value() for each in given if each is not None]
    return [key for text in texts for key in re.split(r"[\s,]+", text) if key]


class Keys:
    """Whose key one is. Safe to use from several threads; the database is asked once a second at most."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._given = [(_FROM_ENVIRONMENT, _hash(key)) for key in given_keys(settings)]
        self._stored: list[tuple[str, str]] = []
        self._reloading = Reloading(self._load)

    def owner_of(self, key: str) -> str | None:
        """Return the name of a key; None: it is nobody's. Raises StoreError."""
        self._reloading.within(_RELOAD_SECONDS)
        asked, owner = _hash(key), None
        for name, known in (*self._given, *self._stored):  # all of them: how long it takes tells nothing
            if hmac.compare_digest(known, asked):
                owner = name
        return owner

    def _load(self) -> None:
        known = every_key(self._store)
        self._stored = [(each.name, each.hash) for each in known if each.revoked_at is None]


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()

"""The keys that the events of a connection are signed with, as they are stored."""

import threading
import time

from lever_assets.connect.vault import Vault
from lever_assets.store import Store
from lever_assets.store.secrets import WEBHOOKS, secrets

_RELOAD_SECONDS = 1.0


class Keyring:
    """The key of each event of a connection. Safe to use from several threads."""

    def __init__(self, store: Store, account: str, vault: Vault) -> None:
        self._store = store
        self._account = account
        self._vault = vault
        self._keys: dict[str, str] = {}
        self._sealed: dict[str, str] = {}
        self._loaded = float("-inf")
        self._loading = threading.Lock()

    def key_of(self, event: str) -> str | None:
        """Return the key of an event as it was when the keys were loaded last."""
        return self._keys.get(event)

    def load(self) -> None:
        """Load the keys, unless that was a moment ago: forged events must not keep the database busy.

        Raises StoreError, or SettingsError if they can't be read with this LEVER_SECRET_KEY.
        """
        self._load_unless_since(time.monotonic() - _RELOAD_SECONDS)

    def renew(self) -> None:
        """Load the keys as they are now, so that one which was replaced or removed counts no more.

        Those who come at once share one look at the database. Raises as `load` does.
        """
        self._load_unless_since(time.monotonic())

    def _load_unless_since(self, moment: float) -> None:
        with self._loading:
            if self._loaded >= moment:
                return
            began = time.monotonic()
            with self._store.reading(self._account) as tx:
                found = secrets(tx, WEBHOOKS)
            sealed = {name.removeprefix(WEBHOOKS): each.secret for name, each in found.items()}
            if sealed != self._sealed:
                self._keys = {event: self._vault.open(secret) for event, secret in sealed.items()}
                self._sealed = sealed
            self._loaded = began

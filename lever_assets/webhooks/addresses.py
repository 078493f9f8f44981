"""Where Lever sends the events of each connection, and whose those are that arrive there.

The environment's own account has the receiver's address itself, a stored connection one below it that ends
with the name that it was made with: a new name, another key or token leave its subscriptions as they are.
"""

import threading
import time
from urllib.parse import urlsplit, urlunsplit

from lever_assets.connect.account import Account
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.accounts import Whereabouts, whereabouts

_RELOAD_SECONDS = 1.0


def address_of(account: Account, receiver: str) -> str:
    """Return the address for an account's events, from the public address of the receiver."""
    if not account.is_stored:
        return receiver
    parts = urlsplit(receiver)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{account.named_at_first}"))


class Addresses:
    """Whose events arrive at a path; a new connection is known after a second. Safe to use from threads."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._default = settings.connection
        self._base = None if settings.webhook_url is None else urlsplit(settings.webhook_url).path.strip("/")
        self._known: dict[str, Whereabouts] = {}
        self._loaded = float("-inf")
        self._loading = threading.Lock()

    @property
    def connections(self) -> frozenset[str]:
        """The connections that events may arrive for, as they were known last."""
        return frozenset({self._default, *(each.connection for each in self._known.values())})

    def whose(self, path: str) -> str | None:
        """Return the connection whose events arrive at a path; None: nobody's, or they are switched off.

        Any path that names no connection is the environment's own account's, since a proxy may have changed
        it, but not one right below the receiver's address. Looks into the database once a second at most,
        whoever asks; raises StoreError.
        """
        self._load()
        asked = path.strip("/")
        above, _, last = asked.rpartition("/")
        if asked not in {"", self._base}:
            if last in self._known:
                return self._open(last)
            if above == self._base:
                return None
        return self._open(self._default)

    def _open(self, name: str) -> str | None:
        known = self._known.get(name)
        if known is None:
            return name
        return known.connection if known.enabled else None

    def _load(self) -> None:
        with self._loading:
            began = time.monotonic()
            if began - self._loaded < _RELOAD_SECONDS:
                return
            with self._store.reading("") as tx:
                self._known = {each.named_at_first: each for each in whereabouts(tx)}
            self._loaded = began

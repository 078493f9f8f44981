"""The tokens of an OAuth connection as they are stored: read, renewed before they end, and written first.

However many processes and machines share a connection, one of them renews at a time: refresh tokens rotate,
and each is good once (docs/lever-api.md, Access). The others find the new pair when it is their turn.
"""

import asyncio
import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, SecretStr

from lever_assets.backoff import gap_after
from lever_assets.connect.environments import Addresses
from lever_assets.connect.oauth import A_YEAR, App, Grant, OAuthServer
from lever_assets.connect.vault import Vault
from lever_assets.lever import AuthenticationError, MalformedError, UnavailableError
from lever_assets.store import Store
from lever_assets.store.errors import BusyError
from lever_assets.store.secrets import Sealed, hold_secret, put_secret, secrets
from lever_assets.store.store import make_engine
from lever_assets.store.transaction import Transaction, now

OAUTH = "oauth"
"""The name that a connection's tokens are stored under."""
_EARLY = timedelta(minutes=5)
"""So long before it ends an access token is renewed; one of a short life in its last fifth."""
_LAST_PART = 5
_WAIT_SECONDS = 180.0
"""For somebody else who renews: longer than all tries take."""
_PASSING = (UnavailableError, MalformedError)
"""The server is out of order, or something else answered in its place: its next answer may be another."""
_TRIES = 4
_REST_SECONDS = 30.0
_FIRST_GAP = timedelta(seconds=1)
_LONGEST_GAP = timedelta(seconds=8)

_log = logging.getLogger(__name__)


class _Stored(BaseModel):
    """What is sealed: everything that is secret of a grant, and of the app that it was given to."""

    model_config = ConfigDict(hide_input_in_errors=True)

    access_token: str
    refresh_token: str | None
    client_id: str
    client_secret: str
    redirect_uri: str


class Details(BaseModel):
    """What is stored beside it in clear: nothing of it is secret. Instants are UTC."""

    issued_at: datetime
    expires_at: datetime
    scopes: tuple[str, ...]
    refresh_token_since: datetime

    @property
    def refresh_token_until(self) -> datetime:
        """When nothing renews the access token any more (UTC)."""
        return self.refresh_token_since + A_YEAR


@dataclass(frozen=True)
class Kept:
    """A grant and the app that it was given to: a newer app can't renew it."""

    grant: Grant
    app: App


def details_of(sealed: Sealed) -> Details:
    """Return what is known of a stored grant without its key."""
    return Details.model_validate(sealed.details)


def keep_grant(tx: Transaction, vault: Vault, kept: Kept) -> None:
    """Store a grant, sealed, over the one before."""
    grant, app = kept.grant, kept.app
    refresh = grant.refresh_token
    sealed = _Stored(
        access_token=grant.access_token.get_secret_value(),
        refresh_token=None if refresh is None else refresh.get_secret_value(),
        client_id=app.client_id,
        client_secret=app.client_secret.get_secret_value(),
        redirect_uri=app.redirect_uri,
    )
    details = Details(
        issued_at=grant.issued_at,
        expires_at=grant.expires_at,
        scopes=tuple(sorted(grant.scopes)),
        refresh_token_since=grant.refresh_token_since,
    )
    text = json.dumps(sealed.model_dump())
    put_secret(tx, OAUTH, Sealed(vault.seal(text), details.model_dump(mode="json")))


def kept_grant(tx: Transaction, vault: Vault) -> Kept | None:
    """Return the stored grant; None: there is none. Raises SettingsError if it can't be opened."""
    sealed = secrets(tx, OAUTH).get(OAUTH)
    if sealed is None:
        return None
    secret = _Stored.model_validate_json(vault.open(sealed.secret))
    known = details_of(sealed)
    refresh = None if secret.refresh_token is None else SecretStr(secret.refresh_token)
    grant = Grant(
        SecretStr(secret.access_token),
        refresh,
        known.issued_at,
        known.expires_at,
        frozenset(known.scopes),
        known.refresh_token_since,
    )
    return Kept(grant, App(secret.client_id, SecretStr(secret.client_secret), secret.redirect_uri))


@dataclass(frozen=True)
class _Renewed:
    """What Lever gave in place of a stored grant."""

    before: Grant
    kept: Kept


class StoredTokens:
    """The access tokens of a connection (`lever.Tokens`). Safe to use from several threads and loops.

    `app` is the environment's: where it is the one that the grant was given to, its secret counts, since that
    may have been replaced since.
    """

    def __init__(
        self, store: Store, account: str, vault: Vault, addresses: Addresses, app: App | None
    ) -> None:
        self._store = store
        self._account = account
        self._vault = vault
        self._addresses = addresses
        self._app = app
        self._known: Kept | None = None
        self._unsaved: _Renewed | None = None
        self._rest_until = 0.0
        self._one_at_a_time = threading.Lock()

    def __repr__(self) -> str:
        return f"StoredTokens({self._account!r})"

    async def current(self) -> SecretStr:
        """Return a token that is good for some time yet, renewed if need be; raises LeverError."""
        known = self._known
        if known is not None and self._unsaved is None and not self._must_renew(known.grant):
            return known.grant.access_token
        return await asyncio.to_thread(self._good, None)

    async def instead_of(self, refused: SecretStr) -> SecretStr:
        """Return another token than a refused one: the one that was stored meanwhile, or a new one."""
        return await asyncio.to_thread(self._good, refused)

    def renewed(self, refused: SecretStr | None = None) -> Grant:
        """Return a grant whose access token is good and not the refused one; raises LeverError."""
        with self._one_at_a_time:
            self._known = self._usable(refused) or self._renew(refused)
            return self._known.grant

    def grant(self) -> Grant | None:
        """Return what is stored, whether or not it is good; None: there is nothing."""
        with self._store.reading(self._account) as tx:
            kept = kept_grant(tx, self._vault)
        return None if kept is None else kept.grant

    def _must_renew(self, grant: Grant) -> bool:
        """Tell whether a grant is to be renewed now; not for a while after the server was out of order."""
        return _is_due(grant) and (time.monotonic() >= self._rest_until or now() >= grant.expires_at)

    def _good(self, refused: SecretStr | None) -> SecretStr:
        # In a thread: whoever stops waiting for it stops nothing that would be lost half-way.
        return self.renewed(refused).access_token

    def _usable(self, refused: SecretStr | None) -> Kept | None:
        """Return the stored grant if nothing has to be done for it."""
        if self._unsaved is not None:
            return None
        with self._store.reading(self._account) as tx:
            kept = kept_grant(tx, self._vault)
        if kept is None:
            raise AuthenticationError(
                f"The connection {self._account!r} has no token",
                f"run `lever-assets connect {self._account}`",
            )
        return None if _is_due(kept.grant) or kept.grant.access_token == refused else kept

    def _renew(self, refused: SecretStr | None) -> Kept:
        with self._turn():
            self._save()  # what an earlier try could not
            kept = self._usable(refused)  # somebody else may have been quicker
            if kept is not None:
                return kept
            before = self._hold()
            app = self._app if self._app and self._app.client_id == before.app.client_id else before.app
            try:
                after = Kept(self._asked(OAuthServer(app, self._addresses, self._account), before.grant), app)
            except _PASSING:
                if before.grant.access_token == refused or now() >= before.grant.expires_at:
                    raise
                self._rest_until = time.monotonic() + _REST_SECONDS
                return before
            self._unsaved = _Renewed(before.grant, after)
            self._save()
            return after

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Be the only one to renew; raises UnavailableError when somebody else has been at it for long."""
        with ExitStack() as held:
            try:
                held.enter_context(self._store.exclusive(f"{self._account} token", _WAIT_SECONDS))
            except BusyError:
                raise UnavailableError(
                    f"Somebody else has been renewing the connection {self._account!r} for "
                    f"{_WAIT_SECONDS:g} s",
                    "it is tried again",
                ) from None
            yield

    def _hold(self) -> Kept:
        """Return what is stored, having seen that it can be written over: a renewal may end it."""
        with closing(self._patient()) as store, store.writing(self._account) as tx:
            hold_secret(tx, OAUTH)
            kept = kept_grant(tx, self._vault)
        assert kept is not None  # noqa: S101 - `_usable` has just read it
        return kept

    def _asked(self, server: OAuthServer, grant: Grant) -> Grant:
        for attempt in range(1, _TRIES):
            try:
                return server.renew(grant)
            except _PASSING as error:
                _log.warning("The connection %r could not be renewed: %s", self._account, error)
                time.sleep(gap_after(attempt, _FIRST_GAP, _LONGEST_GAP).total_seconds())
        return server.renew(grant)

    def _save(self) -> None:
        """Store a new grant before anybody uses it; until that succeeds this process remembers it.

        Where the one before is stored no more, somebody has connected anew, or removed the connection.
        """
        renewed = self._unsaved
        if renewed is None:
            return
        with closing(self._patient()) as store, store.writing(self._account) as tx:
            stored = kept_grant(tx, self._vault)
            if stored is not None and stored.grant == renewed.before:
                keep_grant(tx, self._vault, renewed.kept)
        self._unsaved = None

    def _patient(self) -> Store:
        """Return the database for writing tokens, which are lost for good when that fails.

        It waits for other writers however hurried a tick is, and no lock of a sync counts that was lost.
        """
        return Store(make_engine(self._store.engine.url))


def _is_due(grant: Grant) -> bool:
    """Tell whether an access token is to be renewed."""
    return now() >= grant.expires_at - min(_EARLY, (grant.expires_at - grant.issued_at) / _LAST_PART)

"""Links by which an end user connects their Lever account in a page of ours, without a terminal.

Who has a link's token may use it, once, until its time is over. So the token is stored nowhere; what its page
has to know from one request to the next is in the link's row.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from itertools import count
from secrets import token_urlsafe

from pydantic import SecretStr

from lever_assets.connect.connections import (
    EndUser,
    Wanted,
    check_name,
    connect_by_grant,
    connect_by_key,
    vault_for,
    wanted_connection,
)
from lever_assets.connect.environments import Environment
from lever_assets.connect.errors import ConnectionNameError, ConnectionTroubleError, WrongAccountError
from lever_assets.connect.oauth import App, Authorization, ConsentError, OAuthServer, StrayError
from lever_assets.connect.tokens import Kept
from lever_assets.lever import AuthenticationError, LeverError
from lever_assets.settings import Settings, SettingsError
from lever_assets.store import Store
from lever_assets.store.accounts import any_account, has_rows, is_taken
from lever_assets.store.connect_links import (
    StoredLink,
    add_link,
    change_link,
    end_link,
    forget_past_links,
    link_asking,
    link_of,
    link_to_activate,
)
from lever_assets.store.transaction import NOBODY, Transaction

MOST_ATTEMPTS = 20
"""So often somebody may try with one link: nobody can try keys of others by it."""
_ACTIVATION = timedelta(minutes=10)
_LOCK_SECONDS = 30.0
_LONGEST_STEM = 30
_NAMELESS = "account"


class Purpose(StrEnum):
    """What a link is for."""

    CONNECT = "connect"
    RELINK = "relink"
    SETUP = "setup"


class LinkType(StrEnum):
    """Where a link is opened: in a frame of the product at once, or from an e-mail some day."""

    EMBEDDED = "EMBEDDED"
    MAGIC_LINK = "MAGIC_LINK"

    @property
    def lasts(self) -> timedelta:
        """How long it is good: as long as the unified API's."""
        return timedelta(hours=1) if self is LinkType.EMBEDDED else timedelta(days=365)


class Language(StrEnum):
    """The languages of the page."""

    EN = "en"
    DE = "de"
    FR = "fr"
    IT = "it"
    ES = "es"


class Failure(StrEnum):
    """Why an account was not connected."""

    KEY_REFUSED = "key_refused"
    WRONG_ACCOUNT = "wrong_account"
    DENIED = "denied"
    STRAY = "stray"
    LEVER_AWAY = "lever_away"
    NOT_READY = "not_ready"
    TOO_MANY = "too_many"

    @property
    def is_final(self) -> bool:
        """Whether somebody has to do something elsewhere before another try can succeed."""
        return self in {Failure.WRONG_ACCOUNT, Failure.DENIED, Failure.TOO_MANY}


class UnknownLinkError(Exception):
    """There is no such link, or no such activation token."""


class PastLinkError(Exception):
    """The link was used, was given up, or its time is over (`expired`)."""

    def __init__(self, language: Language, *, expired: bool) -> None:
        super().__init__("The link is over.")
        self.language = language
        self.expired = expired


class FlowError(Exception):
    """The account was not connected; `told` is the sentence of what was wrong, for the log."""

    def __init__(self, failure: Failure, told: str, link: "Link | None" = None) -> None:
        super().__init__(told)
        self.failure = failure
        self.link = link


@dataclass(frozen=True)
class Link:
    """A link that is good; `connection` is the one that it is for, or has made ("": none yet).

    `failure`: why the last try failed.
    """

    id: str
    purpose: Purpose
    language: Language
    connection: str
    environment: Environment | None
    field_mapping: bool
    end_user: EndUser = field(repr=False)
    is_connected: bool = False
    failure: Failure | None = None


def make_link(
    store: Store,
    purpose: Purpose,
    link_type: LinkType,
    language: Language,
    *,
    connection: str = NOBODY,
    environment: Environment | None = None,
    end_user: EndUser | None = None,
    field_mapping: bool = False,
) -> SecretStr:
    """Make a link and return its token, which can't be shown again; raises StoreError."""
    token = token_urlsafe(32)  # 256 bits: a hash of it needs no salt, and no delay
    user = end_user or EndUser()
    with store.writing(NOBODY) as tx:
        forget_past_links(tx)
        link = StoredLink(
            id=_hash(token),
            connection=connection,
            purpose=purpose.value,
            language=language.value,
            environment=None if environment is None else environment.value,
            field_mapping=field_mapping,
            organization_name=user.organization_name,
            email=user.email,
            origin_id=user.origin_id,
            created_at=tx.instant,
            expires_at=tx.instant + link_type.lasts,
        )
        add_link(tx, link)
    return SecretStr(token)


def look_up(store: Store, token: str) -> Link:
    """Return the link of a token; raises UnknownLinkError, PastLinkError, StoreError."""
    with store.reading(NOBODY) as tx:
        return _seen(_good(tx, _hash(token)))


def by_key(store: Store, settings: Settings, token: str, key: str) -> Link:
    """Connect the account of an API key by a link; raises FlowError, and as `look_up`."""

    def connect(wanted: Wanted, _: StoredLink) -> None:
        if not (key and key.isascii() and key.isprintable()):
            raise AuthenticationError("What was given is no API key", "copy it from Lever once more")
        connect_by_key(store, settings, wanted, SecretStr(key))

    return _connect(store, settings, _hash(token), connect)


def ask_consent(store: Store, settings: Settings, token: str, app: App, scopes: Collection[str]) -> str:
    """Return the address at which somebody lets us in; the one asked for before is good no more.

    Raises FlowError, and as `look_up`.
    """
    link = look_up(store, token)
    try:
        wanted = _wanted(store, settings, link, link.connection or _NAMELESS)
        sealed = vault_for(store, settings)
    except SettingsError as error:
        raise FlowError(Failure.NOT_READY, str(error), link) from None
    asked = OAuthServer(app, wanted.addresses).ask(scopes)
    with store.writing(NOBODY) as tx:
        _good(tx, link.id, hold=True)
        change_link(
            tx, link.id, consent=_hash(asked.state), verifier=sealed.seal(asked.verifier), failure=None
        )
    return asked.url


def by_consent(
    store: Store, settings: Settings, address: str, state: str, *, app: App, scopes: Collection[str]
) -> Link:
    """Connect the account that Lever let us into, by the address that the browser was sent back to.

    Raises FlowError, UnknownLinkError where no link asked for it, and as `look_up`.
    """
    with store.reading(NOBODY) as tx:
        found = link_asking(tx, _hash(state))
    if found is None or found.verifier is None:
        raise UnknownLinkError

    def connect(wanted: Wanted, link: StoredLink) -> None:
        if link.consent != _hash(state) or link.verifier is None:
            raise StrayError("What came back does not belong to the last attempt", "sign in once more")
        verifier = vault_for(store, settings).open(link.verifier)
        server = OAuthServer(app, wanted.addresses, wanted.name)
        asked = Authorization("", app.redirect_uri, frozenset(scopes), state, verifier)
        try:
            grant = server.exchange(asked.code_in(address), asked)
        finally:
            with store.writing(NOBODY) as tx:  # a code is good once, whatever came of it
                change_link(tx, link.id, consent=None, verifier=None)
        connect_by_grant(store, settings, wanted, Kept(grant, app))

    return _connect(store, settings, found.id, connect)


def finish(store: Store, token: str) -> SecretStr:
    """End a link by which an account is connected, or set up; return an activation token.

    With that, once and within ten minutes, the product learns which connection it is. Raises as `look_up`.
    """
    activation = token_urlsafe(32)
    with store.writing(NOBODY) as tx:
        link = _good(tx, _hash(token), hold=True)
        if link.connected_at is None and link.purpose != Purpose.SETUP:
            raise UnknownLinkError
        until = tx.instant + _ACTIVATION
        end_link(tx, link.id, activation=_hash(activation), activation_until=until)
    return SecretStr(activation)


def activate(store: Store, activation: str) -> str:
    """Return the name of the connection that an activation token is for; it is good once.

    Raises UnknownLinkError, StoreError.
    """
    with store.writing(NOBODY) as tx:
        link = link_to_activate(tx, _hash(activation))
        if link is None or link.activation_until is None or link.activation_until <= tx.instant:
            raise UnknownLinkError
        change_link(tx, link.id, activation=None, activation_until=None)
        return link.connection


def _connect(
    store: Store, settings: Settings, link_id: str, connect: Callable[[Wanted, StoredLink], None]
) -> Link:
    """Try to connect by a link, alone; keep what came of it."""
    with store.exclusive(f"link {link_id[:24]}", _LOCK_SECONDS):
        link = _begun(store, settings, link_id)
        try:
            connect(_wanted(store, settings, _seen(link), link.connection), link)
        except (LeverError, ConnectionTroubleError, SettingsError) as error:
            failure = _failure(error)
            with store.writing(NOBODY) as tx:
                change_link(tx, link.id, failure=failure.value)
            raise FlowError(failure, " ".join(str(error).split()), _seen(link)) from None
        with store.writing(NOBODY) as tx:
            # Whose it is, the connection has now.
            change_link(
                tx,
                link.id,
                connected_at=tx.instant,
                failure=None,
                organization_name=None,
                email=None,
                origin_id=None,
            )
            return _seen(_good(tx, link.id))


def _begun(store: Store, settings: Settings, link_id: str) -> StoredLink:
    """Return the link for another try, with the name of its connection; raises FlowError after too many."""
    with _naming(store), store.writing(NOBODY) as tx:
        link = _good(tx, link_id, hold=True)
        if link.connected_at is not None:
            raise PastLinkError(Language(link.language), expired=False)
        is_over = link.attempts >= MOST_ATTEMPTS
        if is_over:
            end_link(tx, link.id, failure=Failure.TOO_MANY.value)
        else:
            name = link.connection
            if not name or _is_anothers(tx, link):
                name = _free_name(tx, settings, link.organization_name or "")
            change_link(tx, link.id, attempts=link.attempts + 1, failure=None, connection=name)
            link = _good(tx, link_id)
    if is_over:
        raise FlowError(Failure.TOO_MANY, "somebody has tried too often with one link", _seen(link))
    return link


@contextmanager
def _naming(store: Store) -> Iterator[None]:
    """Be the only one who chooses a name: two who choose at once would choose the same."""
    with store.exclusive("choosing a name", _LOCK_SECONDS):
        yield


def _free_name(tx: Transaction, settings: Settings, organization: str) -> str:
    """Return a name that no connection has or had, from the organisation's."""
    ascii_only = unicodedata.normalize("NFKD", organization).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "_", ascii_only.lower()).strip("_")[:_LONGEST_STEM].strip("_")
    if not stem or not stem[0].isalpha():
        stem = f"{_NAMELESS}_{stem}".strip("_")
    tried = (stem if number == 1 else f"{stem}_{number}" for number in count(1))
    return next(each for each in tried if _is_free(tx, settings, each))


def _is_anothers(tx: Transaction, link: StoredLink) -> bool:
    """Tell whether somebody else has taken the name that was chosen for a new connection since."""
    return link.purpose == Purpose.CONNECT and any_account(tx.of(link.connection)) is not None


def _is_free(tx: Transaction, settings: Settings, name: str) -> bool:
    try:
        check_name(name)
    except ConnectionNameError:
        return False
    is_used = name == settings.connection or is_taken(tx, name) or has_rows(tx, name)
    return not is_used


def _wanted(store: Store, settings: Settings, link: Link, name: str) -> Wanted:
    wanted = wanted_connection(store, settings, name, environment=link.environment, end_user=link.end_user)
    return replace(wanted, is_new=link.purpose is Purpose.CONNECT)


def _good(tx: Transaction, link_id: str, *, hold: bool = False) -> StoredLink:
    """Return a link that may be used now; raises UnknownLinkError, PastLinkError."""
    link = link_of(tx, link_id, hold=hold)
    if link is None:
        raise UnknownLinkError
    expired = link.expires_at <= tx.instant
    if expired or link.ended_at is not None or _is_removed(tx, link):
        raise PastLinkError(Language(link.language), expired=expired)
    return link


def _is_removed(tx: Transaction, link: StoredLink) -> bool:
    row = any_account(tx.of(link.connection)) if link.connection else None
    return row is not None and row.removed_at is not None


def _seen(link: StoredLink) -> Link:
    return Link(
        id=link.id,
        purpose=Purpose(link.purpose),
        language=Language(link.language),
        connection=link.connection,
        environment=None if link.environment is None else Environment(link.environment),
        field_mapping=link.field_mapping,
        end_user=EndUser(link.organization_name, link.email, link.origin_id),
        is_connected=link.connected_at is not None,
        failure=None if link.failure is None else Failure(link.failure),
    )


def _failure(error: Exception) -> Failure:
    match error:
        case WrongAccountError():
            return Failure.WRONG_ACCOUNT
        case StrayError():
            return Failure.STRAY
        case ConsentError():
            return Failure.DENIED
        case AuthenticationError():
            return Failure.KEY_REFUSED
        case LeverError():
            return Failure.LEVER_AWAY
        case _:
            return Failure.NOT_READY


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()

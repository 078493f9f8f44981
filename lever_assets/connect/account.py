"""A Lever account under a name of the user's, and how to reach it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import SecretStr

from lever_assets.connect.environments import Environment, environment_at
from lever_assets.connect.errors import DisabledError, NotConnectedError, RemovedError
from lever_assets.connect.wording import (
    KEY_OF_ENVIRONMENT,
    by_given_key,
    command,
    command_of_given,
    kept_address,
    set_by,
    setting,
    setting_of_given,
)
from lever_assets.lever import ApiKeyAuth, LeverAuth, LeverClient, RateLimiter, RetryPolicy
from lever_assets.lever.limiter import allowance_name
from lever_assets.lever.traffic import Tell
from lever_assets.settings import GivenSettings, Settings
from lever_assets.store.allowances import shared_pace

_APPLY_RATE = 2.0
"""Applications through a posting, a second (docs/lever-api.md, Access)."""


@dataclass(frozen=True)
class Credential:
    """What an account is reached with, and what its allowance of requests is known by, here and elsewhere."""

    auth: LeverAuth
    allowance: SecretStr


@dataclass(frozen=True, kw_only=True)
class Account:
    """One Lever account: its name here, the API's base URL, and what opens its credential, if it has one.

    `named_at_first` is the name that ids are made of. `scopes` are those of its token (None: it has a key,
    whose permissions Lever does not tell). After `refresh_token_until` (UTC) nothing renews
    its token. `is_stored`: it was made by `connect`. `is_removed`: it was removed, and its rows were kept.
    `connected_by`: its kind as it is stored, if it is known.
    `has_key`: so it was although the environment has a key for an account of its name. `is_given`: code
    gives it.
    """

    name: str
    base_url: str
    credential: Callable[[], Credential] | None = field(default=None, repr=False)
    named_at_first: str
    environment: Environment = Environment.CUSTOM
    scopes: frozenset[str] | None = None
    refresh_token_until: datetime | None = None
    is_enabled: bool = True
    is_stored: bool = False
    is_removed: bool = False
    connected_by: str | None = None
    has_key: bool = False
    is_given: bool = False

    @property
    def kind(self) -> str:
        """How it is let in, as users see it; empty for one that was removed."""
        if self.is_removed:
            return ""
        return "api_key" if self.scopes is None else "oauth"

    @classmethod
    def default(cls, settings: Settings) -> "Account":
        """Return the account that the environment describes, or code that gives one."""
        key, is_given = settings.api_key, isinstance(settings, GivenSettings)
        by = by_given_key(settings.connection) if is_given else KEY_OF_ENVIRONMENT
        return cls(
            name=settings.connection,
            named_at_first=settings.connection,
            base_url=settings.base_url,
            environment=environment_at(settings.base_url),
            credential=None if key is None else lambda: Credential(ApiKeyAuth(key, by), key),
            is_given=is_given,
        )

    def refuse_if_removed(self) -> None:
        """Raise RemovedError for one that was removed."""
        if self.is_removed:
            raise RemovedError(self.name, self.connected_by, has_key=self.has_key)

    def command(self, words: str) -> str:
        """Return a command for this account, as messages have it; `words` is what follows our name."""
        if self.is_given:
            return command_of_given(words, self.name)
        return command(words, self._stored_as)

    def setting(self, name: str) -> str:
        """Return what a setting of this account is called in messages; `name` as in `Settings`."""
        return setting_of_given(name, self.name) if self.is_given else setting(name, self._stored_as)

    def set_by(self, name: str) -> str:
        """Return where a setting of this account is set, as messages have it."""
        return setting_of_given(name, self.name) if self.is_given else set_by(name, self._stored_as)

    @property
    def address(self) -> str:
        """What says where its Lever is, as messages have it."""
        return kept_address(self.name, self.scopes) if self.is_stored else self.setting("base_url")

    @property
    def not_connected(self) -> NotConnectedError:
        """The error for want of a key or token."""
        return NotConnectedError(
            self.name if self.is_stored or self.is_given else None, is_given=self.is_given
        )

    @property
    def _stored_as(self) -> str | None:
        return self.name if self.is_stored else None

    def client(
        self,
        settings: Settings,
        *,
        tell: Tell | None = None,
        urgent: bool = False,
        patience: float | None = None,
    ) -> LeverClient:
        """Return a client of this account, not yet open; the requests of one that is `urgent` go ahead.

        No request waits more than `patience` seconds in all to be sent again, or until Lever takes requests
        again at all (None: as `RetryPolicy` has it).

        All clients of one key share one allowance of requests: with PostgreSQL on all machines that use the
        database, with SQLite in all processes of this machine and user that use the data folder. Raises
        NotConnectedError without a key or token, DisabledError for one that is switched off, RemovedError for
        one that was removed, and SettingsError when what is stored can't be opened.
        """
        self.refuse_if_removed()
        if not self.is_enabled:
            raise DisabledError(self.name)
        if self.credential is None:
            raise self.not_connected
        credential = self.credential()
        known_by = credential.allowance
        applying = min(_APPLY_RATE, settings.rate_limit)
        return LeverClient(
            auth=credential.auth,
            base_url=self.base_url,
            limiter=_limiter(known_by, settings, settings.rate_limit, settings.rate_burst, urgent=urgent),
            apply_limiter=_limiter(known_by, settings, applying, 1, allowance="apply"),
            concurrency=settings.concurrency,
            retry=None if patience is None else RetryPolicy(patience=patience, sits_out_holds=False),
            timeout=settings.timeout_seconds,
            tell=tell,
        )


def _limiter(
    key: SecretStr, settings: Settings, rate: float, burst: int, *, allowance: str = "", urgent: bool = False
) -> RateLimiter:
    name = allowance_name(key, allowance)
    pace = shared_pace(settings.tables_url, name, settings.data_dir / "rate")
    return RateLimiter(rate, burst, pace, urgent=urgent)

"""A Lever account under a name of the user's, and how to reach it."""

from dataclasses import dataclass

from pydantic import SecretStr

from lever_assets.lever import ApiKeyAuth, LeverClient, RateLimiter
from lever_assets.lever.limiter import allowance_name
from lever_assets.lever.traffic import Tell
from lever_assets.settings import Settings
from lever_assets.store.allowances import shared_pace

_APPLY_RATE = 2.0
"""Applications through a posting, a second (docs/lever-api.md, Access)."""


class NotConnectedError(Exception):
    """No Lever account is configured; says how to connect, or to try the demo."""

    def __init__(self) -> None:
        super().__init__(
            "No Lever account is connected: set LEVER_API_KEY to an API key of your account "
            "(in Lever: Settings > Integrations and API > API credentials), or try `lever-assets demo`."
        )


@dataclass(frozen=True)
class Account:
    """One Lever account: its name here, its API key (None: not connected) and the API's base URL."""

    name: str
    api_key: SecretStr | None
    base_url: str

    @classmethod
    def default(cls, settings: Settings) -> "Account":
        """Return the account that the environment describes."""
        return cls(name=settings.connection, api_key=settings.api_key, base_url=settings.base_url)

    def client(self, settings: Settings, *, tell: Tell | None = None) -> LeverClient:
        """Return a client of this account, not yet open; raises `NotConnectedError` without a key.

        All clients of one key share one allowance of requests: with PostgreSQL on all machines that use the
        database, with SQLite in all processes of this machine and user that use the data folder.
        """
        if self.api_key is None:
            raise NotConnectedError
        return LeverClient(
            auth=ApiKeyAuth(self.api_key),
            base_url=self.base_url,
            limiter=self._limiter(self.api_key, settings, settings.rate_limit, settings.rate_burst),
            apply_limiter=self._limiter(
                self.api_key, settings, min(_APPLY_RATE, settings.rate_limit), 1, "apply"
            ),
            concurrency=settings.concurrency,
            timeout=settings.timeout_seconds,
            tell=tell,
        )

    @staticmethod
    def _limiter(
        key: SecretStr, settings: Settings, rate: float, burst: int, allowance: str = ""
    ) -> RateLimiter:
        name = allowance_name(key, allowance)
        return RateLimiter(rate, burst, shared_pace(settings.tables_url, name, settings.data_dir / "rate"))

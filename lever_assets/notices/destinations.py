"""Where notices go, and what signs them: what is sealed of a target is opened just before it is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import SecretStr

from lever_assets.connect.vault import Vault
from lever_assets.notices.wording import PREVIOUS_SIGNATURE_HEADER, SIGNATURE_HEADER, signature
from lever_assets.settings import Settings, SettingsError
from lever_assets.store.targets import StoredTarget
from lever_assets.sync.targets import Target

PREVIOUS_FOR = timedelta(days=7)
"""So long after a rotation the secret before it signs, too."""
LOCKED = "its URL is encrypted with a key that is not here: see LEVER_SECRET_KEY"


@dataclass(frozen=True)
class Destination:
    """A URL, and the secrets that sign what is sent there; `previous` is the one before a rotation."""

    url: SecretStr
    secret: SecretStr | None = None
    previous: SecretStr | None = None

    def headers(self, body: bytes) -> dict[str, str]:
        """Return the headers that go with a body."""
        headers = {"Content-Type": "application/json", "User-Agent": "lever-assets"}
        for name, secret in ((SIGNATURE_HEADER, self.secret), (PREVIOUS_SIGNATURE_HEADER, self.previous)):
            if secret is not None:
                headers[name] = signature(secret.get_secret_value(), body)
        return headers


def destinations(
    settings: Settings, targets: Sequence[Target], now: datetime
) -> dict[str, Destination | None]:
    """Return the destination of each target, by what stands for it; None where the key for it is missing."""
    return {each.target: destination(settings, each, now) for each in targets}


def destination(settings: Settings, target: Target, now: datetime) -> Destination | None:
    """Return the destination of a target; None where the key that it was sealed with is missing."""
    if target.stored is None:
        return Destination(SecretStr(target.url or ""), settings.notice_secret)
    try:
        return _opened(Vault.of(settings), target.stored, now)
    except SettingsError:
        return None


def _opened(vault: Vault, row: StoredTarget, now: datetime) -> Destination:
    is_recent = row.rotated_at is not None and now - row.rotated_at < PREVIOUS_FOR
    previous = SecretStr(vault.open(row.previous)) if row.previous is not None and is_recent else None
    return Destination(SecretStr(vault.open(row.url)), SecretStr(vault.open(row.secret)), previous)

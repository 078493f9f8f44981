"""Secrets that have to be stored: encrypted with a key that is not in the database."""

from contextlib import suppress

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from lever_assets.settings import SettingsError


class Vault:
    """Encrypts and decrypts with `LEVER_SECRET_KEY`, a Fernet key (AES-128 with HMAC-SHA256).

    Of several, with spaces or commas between, the first encrypts and each decrypts: put a new key in front.
    """

    def __init__(self, key: SecretStr | None) -> None:
        if key is None:
            raise SettingsError(
                "Secrets are stored only encrypted: set LEVER_SECRET_KEY to a key from "
                "`lever-assets webhooks key`, and keep it apart from the database."
            )
        try:
            keys = key.get_secret_value().replace(",", " ").split()
            self._fernet = MultiFernet([Fernet(each) for each in keys])
        except ValueError:
            raise SettingsError(
                "LEVER_SECRET_KEY is not a key: make one with `lever-assets webhooks key`."
            ) from None

    def __repr__(self) -> str:
        return "Vault()"

    @staticmethod
    def fresh_key() -> str:
        """Return a new key."""
        return Fernet.generate_key().decode()

    def seal(self, secret: str) -> str:
        """Return the secret encrypted, as text."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return a sealed secret; raises SettingsError if it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise SettingsError(
                "A stored secret can't be read with this LEVER_SECRET_KEY: set the key that it was stored "
                "with, or run `lever-assets webhooks setup` to get new ones."
            ) from None

    def can_open(self, sealed: str) -> bool:
        """Tell whether a sealed secret can be read."""
        with suppress(SettingsError):
            self.open(sealed)
            return True
        return False

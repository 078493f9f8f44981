"""Secrets that have to be stored: encrypted with a key that is not in the database."""

from cryptography.fernet import Fernet, InvalidToken
from pydantic import SecretStr

from lever_assets.settings import SettingsError


class Vault:
    """Encrypts and decrypts with `LEVER_SECRET_KEY`, a Fernet key (AES-128 with HMAC-SHA256)."""

    def __init__(self, key: SecretStr | None) -> None:
        if key is None:
            raise SettingsError(
                "Secrets are stored only encrypted: set LEVER_SECRET_KEY to a key from "
                "`lever-assets webhooks key`, and keep it apart from the database."
            )
        try:
            self._fernet = Fernet(key.get_secret_value())
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
                "with, or run `lever-assets webhooks setup --remove` and set up anew."
            ) from None

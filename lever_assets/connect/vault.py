"""Secrets that have to be stored: encrypted with a key that is not in the database."""

from contextlib import suppress
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from lever_assets import private
from lever_assets.settings import Settings, SettingsError


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
        from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 - 8 MB that few processes need

        try:
            keys = key.get_secret_value().replace(",", " ").split()
            self._fernet = MultiFernet([Fernet(each) for each in keys])
        except ValueError:
            raise SettingsError(
                "LEVER_SECRET_KEY is not a key, or, where it is not set, what is in the file secret.key of "
                "the data folder: put back the one that secrets were stored with; `lever-assets webhooks "
                "key` makes a new one."
            ) from None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the vault of `LEVER_SECRET_KEY`, else of the key file in the data folder."""
        return cls(settings.secret_key or _kept(settings.secret_key_file))

    @classmethod
    def made_for(cls, settings: Settings) -> Self:
        """As `of`, but where there is no key yet, one is made and kept in the key file."""
        if settings.secret_key is None:
            _make(settings.secret_key_file)
        return cls.of(settings)

    def __repr__(self) -> str:
        return "Vault()"

    @staticmethod
    def fresh_key() -> str:
        """Return a new key."""
        from cryptography.fernet import Fernet  # noqa: PLC0415 - as above

        return Fernet.generate_key().decode()

    def seal(self, secret: str) -> str:
        """Return the secret encrypted, as text."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return a sealed secret; raises SettingsError if it was sealed with another key."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - as above

        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise SettingsError(
                "A stored secret can't be read with this key (LEVER_SECRET_KEY, else the file secret.key in "
                "the data folder): give the key that it was stored with; or make new secrets, with "
                "`lever-assets connect NAME` for a connection, with `lever-assets webhooks setup` for "
                "webhooks."
            ) from None

    def can_open(self, sealed: str) -> bool:
        """Tell whether a sealed secret can be read."""
        with suppress(SettingsError):
            self.open(sealed)
            return True
        return False


def _kept(file: Path) -> SecretStr | None:
    """Return the key in the key file; None: there is no such file."""
    try:
        return SecretStr(file.read_text("ascii"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeError):
        raise SettingsError(
            f"The key file {file} can't be read: give this user the right to, or put it back from a backup; "
            "without it what was encrypted with it is lost."
        ) from None


def _make(file: Path) -> None:
    """Make the key file unless it is there; of several who do so at once one succeeds, the others take it."""
    try:
        private.make_folder(file.parent)
        private.make(file, Vault.fresh_key())
    except OSError as error:
        raise SettingsError(
            f"The key file {file} can't be written ({error.strerror}): set LEVER_SECRET_KEY to a key from "
            "`lever-assets webhooks key`, or give this user the right to write there."
        ) from None

"""Links to files: what they lead to is sealed in them, so that they tell nothing and nobody makes one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import orjson

from lever_assets.actions.engine.work import FileLink
from lever_assets.api.connection import Connection
from lever_assets.api.errors import ApiError, invalid
from lever_assets.connect.vault import Vault
from lever_assets.settings import Settings, SettingsError
from lever_assets.store.transaction import now

PATH = "/v1/files/"
_VALID_FOR = timedelta(days=7)
_KIND = "file"
"""So begins what is sealed: with the same key other things are sealed, too."""
_LISTS = frozenset({"files", "resumes"})
_LONGEST = 2000


@dataclass(frozen=True)
class LinkedFile:
    """A file in Lever: of which integration (its id) and opportunity, in which list, and its id."""

    integration: str
    opportunity: str
    listed: str
    id: str


class Links:
    """Makes links to files and reads them, with LEVER_SECRET_KEY or the key file of the data folder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _vault(self) -> Vault:
        return Vault.made_for(self._settings)

    def of(self, address: str) -> Callable[[Connection], FileLink]:
        """Return what makes the links to a connection's files, below an address of this server."""

        def of_connection(connection: Connection) -> FileLink:
            return lambda *file: f"{address}{self._path(connection, *file)}"

        return of_connection

    def _path(self, connection: Connection, opportunity: str, listed: str, file_id: str) -> str:
        """Return the path of a link to a file, good for seven days; raises SettingsError without a key."""
        until = int((now() + _VALID_FOR).timestamp())
        told = [_KIND, connection.id, opportunity, listed, file_id, until]
        return f"{PATH}{self._vault.seal(orjson.dumps(told).decode()).rstrip('=')}"

    def read(self, sealed: str) -> LinkedFile:
        """Return what a link leads to; raises ApiError: 404 for one that is not ours, 403 for an old one."""
        match self._opened(sealed):
            case [str(kind), str(integration), str(opportunity), str(listed), str(file_id), int(until)] if (
                kind == _KIND and listed in _LISTS
            ):
                expires = datetime.fromtimestamp(until, UTC)
            case _:
                raise no_file()
        if expires <= now():
            raise invalid("This link has expired: list the attachments again for a new one.", 403)
        return LinkedFile(integration, opportunity, listed, file_id)

    def _opened(self, sealed: str) -> object:
        """Return what is sealed; None for what is not ours."""
        if len(sealed) > _LONGEST:
            return None
        try:
            return orjson.loads(self._vault.open(f"{sealed}{'=' * (-len(sealed) % 4)}"))
        except (SettingsError, ValueError):
            return None


def no_file() -> ApiError:
    """Return the error for a link that leads to nothing."""
    return invalid("There is no such file.", 404)

"""What the life of a connection is told by: a database with one, a Lever, and a URL that listens."""

from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr

from lever_assets.connect.connections import EndUser, connect_by_key, wanted_connection
from lever_assets.notices.delivering import deliver
from lever_assets.notices.enqueueing import enqueue
from lever_assets.sandbox import Sandbox
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.sync.session import Session
from lever_assets.unified.ids import integration_id
from lever_assets_tests.notices.hooks import Hook

ACME = integration_id("acme")
END_USER = {"organization_name": "Acme Ltd", "creator_email": "ada@acme.example", "origin_id": "42"}
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass
class Place:
    """A database with the connection acme, and the URL that is told of it."""

    store: Store
    settings: Settings
    sandbox: Sandbox
    hook: Hook

    def connect(self, name: str = "acme", **user: str) -> None:
        wanted = wanted_connection(self.store, self.settings, name, end_user=EndUser(**user))
        connect_by_key(self.store, self.settings, wanted, SecretStr(self.sandbox.key))

    def told(self, name: str = "acme") -> list[dict[str, Any]]:
        """Return what is told from now on, by the notices that arrive."""
        before = len(self.hook.notices)
        enqueue(self.store, self.settings.of(name))
        deliver(self.store, self.settings.of(name))
        return self.hook.notices[before:]

    def session(self, name: str = "acme") -> Any:
        return Session.open(self.settings.of(name))


def types(notices: list[dict[str, Any]]) -> list[str]:
    return [each["type"] for each in notices]

"""A server behind which end users connect accounts of a local Lever, and what they do on its page."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from kombo import Kombo
from pydantic import BaseModel, SecretStr

from lever_assets.api.shapes.envelope import Success
from lever_assets.sandbox import OAuthConfig, Sandbox, SandboxConfig, running_sandbox
from lever_assets.store import Store
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.actions.recruiting import Recruiting
from lever_assets_tests.api.served import Served, served
from lever_assets_tests.web import WEB

KEY_OF_LEVER = "sandbox-key"


@dataclass(frozen=True)
class Linking:
    """A server with no account of its own, and the Lever that its users have."""

    api: Served
    sandbox: Sandbox
    store: Store

    def client(self) -> Kombo:
        """Return Kombo's client, which has no integration yet."""
        return self.api.client(integration_id=None)

    def link(self, **given: Any) -> str:
        """Return a link to connect by."""
        asked = {
            "end_user_email": "it@acme.example",
            "end_user_organization_name": "Acme Inc.",
            "end_user_origin_id": "42",
            "integration_category": "ATS",
        }
        with self.client() as kombo:
            return str(kombo.connect.create_connection_link(**{**asked, **given}).data.link)

    def connected(self, **given: Any) -> str:
        """Connect an account with its key, by a link; return the integration's id."""
        return self.activated(submit(self.link(**given), step="key", api_key=KEY_OF_LEVER))

    def activated(self, page: httpx.Response) -> str:
        """Return the id of the integration that the last page of the flow tells of."""
        with self.client() as kombo:
            return str(kombo.connect.get_integration_by_token(token=activation_on(page)).data.id)

    def name(self, integration: str) -> str:
        """Return what an integration is called on the command line."""
        listed = self.api.data("GET", "/v1/integrations", integration=None)["results"]
        return next(str(each["name"]) for each in listed if each["id"] == integration)

    def synced(self, integration: str) -> str:
        """Read an integration's account; return its name."""
        name = self.name(integration)
        with Session.open(self.api.settings.of(name)) as session:
            settle()  # the first one begins by itself
            sync(session, Scope())
        return name


@contextmanager
def linking(database: str, folder: Path, **settings: Any) -> Iterator[Linking]:
    """Serve the API over a Lever, with `opportunities`; no account of it is connected yet."""
    count = settings.pop("opportunities", 6)
    with running_sandbox(SandboxConfig(opportunities=count, rate=0, oauth=OAuthConfig())) as sandbox:
        account = Recruiting(sandbox, folder, database)
        config = sandbox.oauth.config
        given: dict[str, Any] = {
            "api_key": None,
            "auth_url": sandbox.auth_url,
            "oauth_client_id": config.client_id,
            "oauth_client_secret": SecretStr(config.client_secret),
        }
        with served(account, **{**given, **settings}) as api:
            store = Store.open(api.settings.tables_url)
            try:
                yield Linking(api, sandbox, store)
            finally:
                settle()
                store.close()


def settle() -> None:
    """Wait for what goes on behind the answers: first syncs, too."""
    for what in ("telling of a connection", "sync"):
        for each in threading.enumerate():
            if each.name == what:
                each.join(60)


def submit(link: str, **fields: str) -> httpx.Response:
    """Send a form of the page."""
    return WEB.post(link, data=fields)


def activation_on(page: httpx.Response) -> str:
    """Return the activation token that a page hands over."""
    found = re.search(r'data-activation="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def below(link: str, path: str) -> str:
    """Return the address of something below the page of a link."""
    return link.replace("/connect?", f"/connect/{path}?")


def fits(shape: type[BaseModel], answer: httpx.Response) -> None:
    """See that an answer has the shape that the description of the API tells."""
    assert answer.status_code == 200, answer.text
    Success[shape].model_validate_json(answer.content)  # type: ignore[valid-type] # it is a class of pydantic's

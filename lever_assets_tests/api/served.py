"""A synced account behind the API, served on a real port, and Kombo's own client that asks it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from kombo import Kombo

from lever_assets.api.app import make_app
from lever_assets.api.asking import Parts
from lever_assets.api.serving import refusal
from lever_assets.arrivals import server
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.unified.ids import integration_id
from lever_assets_tests.actions.recruiting import Recruiting
from lever_assets_tests.web import WEB

KEY = "a-key-for-tests"


@dataclass(frozen=True)
class Served:
    """An API that is served, over an account."""

    account: Recruiting
    settings: Settings
    url: str

    @property
    def integration(self) -> str:
        """The id of the account's integration."""
        return integration_id(self.settings.connection)

    def client(self, **options: Any) -> Kombo:
        """Return Kombo's client, which waits long enough for a busy machine."""
        given = {"api_key": KEY, "integration_id": self.integration, "timeout_ms": 60_000}
        return Kombo(server_url=f"{self.url}/v1", **{**given, **options})

    def ask(self, method: str, path: str, *, key: str | None = KEY, **options: Any) -> httpx.Response:
        """Ask without a client; `integration` None sends no header."""
        integration = options.pop("integration", self.integration)
        headers = {**options.pop("headers", {})}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        if integration is not None:
            headers["X-Integration-Id"] = integration
        return WEB.request(method, f"{self.url}{path}", headers=headers, **options)

    def error(self, method: str, path: str, status: int, **options: Any) -> dict[str, Any]:
        """Ask for what is refused; return the error, which has its four keys."""
        answer = self.ask(method, path, **options)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"].startswith("application/json")
        told = answer.json()
        assert told["status"] == "error"
        assert set(told) == {"status", "error"}
        assert set(told["error"]) == {"code", "title", "message", "log_url"}
        error: dict[str, Any] = told["error"]
        return error

    def data(self, method: str, path: str, **options: Any) -> Any:
        """Ask for what succeeds; return its data."""
        answer = self.ask(method, path, **options)
        assert answer.status_code == 200, answer.text
        assert answer.json()["status"] == "success"
        return answer.json()["data"]


@contextmanager
def served(account: Recruiting, **settings: Any) -> Iterator[Served]:
    """Serve the API over an account as long as the block lasts."""
    given = account.settings(**{"api_token": KEY, **settings})
    store = Store.open(given.tables_url)
    serving = server(make_app(Parts.of(given, store)), log_level="critical", refusal=refusal)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serving.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield Served(account, given, f"http://127.0.0.1:{listening.getsockname()[1]}")
        finally:
            serving.should_exit = True
            thread.join(30)
            store.close()

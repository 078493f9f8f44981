"""A sandbox, a receiver that listens, and a database that both lead to."""

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from lever_assets.arrivals import server
from lever_assets.connect.vault import Vault
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store import Store
from lever_assets.sync.session import Session
from lever_assets.webhooks.receiver import Receiver
from lever_assets.webhooks.setup import set_up
from lever_assets_tests.hasty import retry_hastily
from lever_assets_tests.sync.tables import Account, empty_database

KEY = Vault.fresh_key()


@dataclass(frozen=True)
class Listening:
    """An account whose events are received at `url`."""

    account: Account
    url: str

    @property
    def sandbox(self) -> Sandbox:
        return self.account.sandbox

    @contextmanager
    def session(self, **changes: Any) -> Iterator[Session]:
        """Open a session that has the key to the secrets."""
        with self.account.session(secret_key=SecretStr(KEY), webhook_url=self.url, **changes) as session:
            yield session


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    retry_hastily(monkeypatch)


LEVER = SandboxConfig(opportunities=80, seed=5, rate=0, webhook_retry_delay=0.01)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An account whose webhooks are tried again at once."""
    with running_sandbox(LEVER) as running:
        yield running


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database into which the account was synced as it is before a test touches it."""
    folder = tmp_path_factory.mktemp("synced")
    with running_sandbox(LEVER) as untouched:
        Account(untouched, folder, empty_database(folder)).sync()
    return folder / "another.db"


@pytest.fixture
def listening(
    sandbox: Sandbox, tmp_path: Path, sqlite_place: Path, sqlite_database: str, synced: Path
) -> Iterator[Listening]:
    """A synced account, subscribed to all events."""
    shutil.copy(synced, sqlite_place)
    with subscribed(Account(sandbox, tmp_path, sqlite_database)) as here:
        yield here


@contextmanager
def subscribed(account: Account) -> Iterator[Listening]:
    """Receive all events of an account."""
    with receiving(account) as url:
        here = Listening(account, url)
        with here.session() as session:
            set_up(session)
        yield here


@contextmanager
def receiving(account: Account, **changes: Any) -> Iterator[str]:
    """Run a receiver on a free port and yield its address."""
    store = Store.open(account.database)
    app = Receiver(account.settings(secret_key=SecretStr(KEY), **changes), store).app()
    serving = server(app, log_level="critical")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serving.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/lever"
        finally:
            serving.should_exit = True
            thread.join(10)
            store.close()

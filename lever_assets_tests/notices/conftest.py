"""Hooks that listen, and the days that pass between two tries."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from lever_assets.connect.vault import Vault
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets.store import Store, transaction
from lever_assets.store.transaction import now
from lever_assets_tests.hasty import retry_hastily
from lever_assets_tests.notices.hooks import Hook, listening
from lever_assets_tests.notices.place import Place

Later = Callable[[timedelta], None]
Configure = Callable[..., Settings]


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as hook:
        yield hook


@pytest.fixture
def configure(hook: Hook) -> Configure:
    """Settings that lead notices to the hook."""

    def make(urls: str | None = None, **changes: Any) -> Settings:
        return Settings(notice_urls=urls or hook.url, notice_secret="test-secret", **changes)

    return make


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """Lets time pass for the outbox."""
    passed = timedelta()

    def move(by: timedelta) -> None:
        nonlocal passed
        passed += by
        monkeypatch.setattr(transaction, "now", lambda: now() + passed)

    return move


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=6, seed=7, rate=0)) as running:
        yield running


@pytest.fixture
def here(
    database_url: str, tmp_path: Path, hook: Hook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    retry_hastily(monkeypatch)
    sandbox.set_faults()
    sandbox.set_quirks()
    store = Store.open(database_url)
    settings = Settings(
        base_url=sandbox.url,
        data_dir=tmp_path,
        database_url=SecretStr(database_url),
        rate_limit=0,
        secret_key=SecretStr(Vault.fresh_key()),
        notice_urls=hook.url,
        notice_types=("all",),
    )
    place = Place(store, settings, sandbox, hook)
    place.connect(organization_name="Acme Ltd", email="ada@acme.example", origin_id="42")
    yield place
    store.close()

"""Hooks that listen, and the days that pass between two tries."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from lever_assets.settings import Settings
from lever_assets.store import transaction
from lever_assets.store.transaction import now
from lever_assets_tests.notices.hooks import Hook, listening

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

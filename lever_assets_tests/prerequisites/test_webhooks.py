"""Lever's events: subscribed to, and switched on as far as what arrives tells."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from lever_assets.connect.vault import Vault
from lever_assets.prerequisites.examining import examine
from lever_assets.prerequisites.findings import Report, Verdict
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.store import inbox
from lever_assets.store.transaction import now
from lever_assets.webhooks.setup import set_up
from lever_assets_tests.prerequisites.found import one
from lever_assets_tests.sync.tables import Account

SET_UP, SWITCHED_ON = "webhooks set up", "webhooks switched on"
URL = "http://127.0.0.1:1/lever"
KEY = Vault.fresh_key()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """An account that the test may change."""
    with running_sandbox(SandboxConfig(opportunities=1, rate=0)) as running:
        yield running


def report(account: Account, **changes: Any) -> Report:
    known = {"webhook_url": URL, "secret_key": SecretStr(KEY), **changes}
    return examine(account.settings(**known))


def subscribe(account: Account) -> None:
    with account.session(webhook_url=URL, secret_key=SecretStr(KEY)) as session:
        assert not set_up(session).failed


def test_without_an_address_they_are_not_needed(account: Account) -> None:
    found = report(account, webhook_url=None)

    assert {one(found, each).verdict for each in (SET_UP, SWITCHED_ON)} == {Verdict.NOT_NEEDED}
    assert one(found, "webhooks:read:admin").verdict is Verdict.NOT_NEEDED


def test_with_an_address_each_event_has_to_be_subscribed_to(account: Account, sandbox: Sandbox) -> None:
    before = one(report(account), SET_UP)
    assert before.blocks
    assert "lever-assets webhooks setup" in before.remedy

    subscribe(account)
    sandbox.reset_requests()
    found = report(account)
    assert [each for each in sandbox.requests().recent if "webhooks" in each] == [
        "GET /v1/webhooks?limit=100"
    ]
    assert one(found, SET_UP).verdict is Verdict.FINE
    assert one(found, "webhooks:read:admin").verdict is Verdict.FINE
    assert one(found, "webhooks:write:admin").verdict is Verdict.CANT_TELL
    assert found.missing == ()

    taken = sandbox.ids("webhooks")[0]
    event = (sandbox.get("webhooks", taken) or {})["event"]
    sandbox.delete("webhooks", taken)
    after = one(report(account), SET_UP)
    assert after.blocks
    assert event in after.detail

    elsewhere = one(report(account, webhook_url="http://127.0.0.1:2/lever"), SET_UP)
    assert elsewhere.blocks
    assert "another address" in elsewhere.detail


@pytest.mark.parametrize("key", [None, SecretStr(Vault.fresh_key()), SecretStr("no key")])
def test_the_key_that_the_tokens_were_sealed_with_is_needed(account: Account, key: SecretStr | None) -> None:
    subscribe(account)
    found = one(report(account, secret_key=key), SET_UP)

    assert found.blocks
    assert "LEVER_SECRET_KEY" in f"{found.detail} {found.remedy}"


def test_that_they_are_switched_on_is_told_from_what_arrived(
    sandbox: Sandbox, tmp_path: Path, database_url: str
) -> None:
    account = Account(sandbox, tmp_path, database_url)
    subscribe(account)
    none = one(report(account), SWITCHED_ON)
    assert none.verdict is Verdict.CANT_TELL
    assert none.detail.startswith("No event has arrived")
    assert "Settings > Integrations and API > Webhooks" in none.remedy

    for days, verdict in ((30, Verdict.CANT_TELL), (1, Verdict.FINE)):
        at = now() - timedelta(days=days)
        with account.session() as session, session.writing(at=at) as tx:
            assert inbox.receive(tx, inbox.InboxEvent(f"{days}", "contactUpdated", f"token {days}", at, {}))
        found = one(report(account), SWITCHED_ON)
        assert found.verdict is verdict
        assert f"{at:%Y-%m-%d %H:%M} UTC" in found.detail

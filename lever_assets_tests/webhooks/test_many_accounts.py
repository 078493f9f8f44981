"""One receiver takes the events of all connections, each at its own address."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import event as sqlalchemy_events

from lever_assets.connect.connections import connect_by_key, enable, remove, rename, wanted_connection
from lever_assets.connect.vault import Vault
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.settings import Settings
from lever_assets.store import Store, inbox, raw
from lever_assets.store.secrets import secrets
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets.webhooks import addresses, keyring
from lever_assets.webhooks.draining import drain
from lever_assets.webhooks.events import EVENTS
from lever_assets.webhooks.setup import set_up, take_down
from lever_assets.webhooks.signatures import signature
from lever_assets_tests.sync.tables import Account
from lever_assets_tests.web import WEB
from lever_assets_tests.webhooks.conftest import KEY, receiving

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def others() -> Iterator[Sandbox]:
    """Somebody else's account."""
    with running_sandbox(SandboxConfig(opportunities=6, seed=11, rate=0, webhook_retry_delay=0.01)) as other:
        yield other


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=6, seed=5, rate=0, webhook_retry_delay=0.01)) as mine:
        yield mine


@dataclass(frozen=True)
class Place:
    """The environment's account `lever`, the connection `acme` of another one, and the receiver of both."""

    account: Account
    others: Sandbox
    url: str
    store: Store

    @property
    def settings(self) -> Settings:
        return self.account.settings(secret_key=SecretStr(KEY), webhook_url=self.url)

    def session(self, name: str) -> Any:
        return Session.open(self.settings.of(name))

    def event(self, account: str, number: int, **changes: Any) -> dict[str, Any]:
        """Return an event as Lever signs it for an account."""
        body = {
            "id": f"event-{number}",
            "event": "candidateStageChange",
            "triggeredAt": int(time.time() * 1000),
            "token": f"token-{number}",
            "data": {"opportunityId": f"o{number}"},
            **changes,
        }
        with self.store.reading(account) as tx:
            [sealed] = secrets(tx, "webhook:candidateStageChange").values()
        key = Vault(SecretStr(KEY)).open(sealed.secret)
        return {**body, "signature": signature(key, body["token"], body["triggeredAt"])}

    def post(self, below: str, body: Any) -> int:
        return WEB.post(f"{self.url}{below}", json=body, timeout=10).status_code

    def inbox(self, account: str) -> list[str]:
        with self.store.reading(account) as tx:
            return [each.id for each in inbox.due(tx, limit=100)]


@pytest.fixture
def here(
    sandbox: Sandbox,
    others: Sandbox,
    tmp_path: Path,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Place]:
    monkeypatch.setattr(addresses, "_RELOAD_SECONDS", 0.0)
    monkeypatch.setattr(keyring, "_RELOAD_SECONDS", 0.0)
    account = Account(sandbox, tmp_path, database_url)
    store = Store.open(database_url)
    with receiving(account, webhook_url="http://127.0.0.1/lever") as url:
        place = Place(account, others, url, store)
        elsewhere = account.settings(secret_key=SecretStr(KEY), base_url=others.url)
        wanted = wanted_connection(store, elsewhere, "acme")
        connect_by_key(store, elsewhere, wanted, SecretStr(others.key))
        for name in ("lever", "acme"):
            with place.session(name) as session:
                assert set_up(session).failed == {}
        yield place
    store.close()


def subscribed(sandbox: Sandbox) -> set[str]:
    return {str((sandbox.get("webhooks", each) or {})["url"]) for each in sandbox.ids("webhooks")}


def test_events_of_two_accounts_arrive_each_in_its_inbox_and_are_drained(here: Place) -> None:
    assert subscribed(here.account.sandbox) == {here.url}
    assert subscribed(here.others) == {f"{here.url}/acme"}
    both = (("lever", here.account.sandbox), ("acme", here.others))
    for name, sandbox in both:
        with here.session(name) as session:
            sync(session, Scope())
        one = sandbox.ids("opportunities")[0]
        sandbox.edit("opportunities", one, {"headline": f"Of {name}"})
        assert sandbox.wait_for_webhooks()
        assert {each.status for each in sandbox.deliveries()} == {200}
        assert len(here.inbox(name)) == 1
    for name in ("lever", "acme"):
        with here.session(name) as session:
            report = drain(session)
        assert (report.handled, report.read, report.error) == (1, 1, None)
    for name, sandbox in both:
        with here.store.reading(name) as tx:
            [stored] = raw.read(tx, "opportunities", [sandbox.ids("opportunities")[0]])
        assert stored.data["headline"] == f"Of {name}"


@ON_SQLITE
def test_what_is_signed_for_another_or_not_at_all_is_refused(here: Place) -> None:
    mine, theirs = here.event("lever", 1), here.event("acme", 2)
    assert [here.post("/acme", mine), here.post("", theirs)] == [401, 401]
    assert here.post("/acme", {**theirs, "signature": "0" * 64}) == 401
    assert (here.inbox("lever"), here.inbox("acme")) == ([], [])
    assert [here.post("", mine), here.post("/acme/", theirs)] == [200, 200]
    assert (here.inbox("lever"), here.inbox("acme")) == (["event-1"], ["event-2"])


@ON_SQLITE
def test_names_that_are_unknown_or_switched_off_are_not_found(here: Place) -> None:
    body = here.event("acme", 1)
    for below in ("/nobody", "/acme2", "/Acme", "/acme/nobody/x/..%2f", "/%00"):
        assert here.post(below, body) in {401, 404}
    answer = WEB.post(f"{here.url}/nobody", json=body)
    enable(here.store, "acme", enabled=False)
    again = WEB.post(f"{here.url}/acme", json=body)
    assert answer.status_code == again.status_code == 404
    assert answer.json() == again.json()
    assert here.inbox("acme") == []
    enable(here.store, "acme", enabled=True)
    assert here.post("/acme", body) == 200


def test_a_new_name_another_key_and_a_second_set_up_leave_the_subscriptions(here: Place) -> None:
    before = here.others.ids("webhooks")
    rename(here.store, "acme", "acme_ltd")
    assert here.post("/acme", here.event("acme_ltd", 1)) == 200
    assert here.post("/acme_ltd", here.event("acme_ltd", 2)) == 404
    elsewhere = here.account.settings(secret_key=SecretStr(KEY), base_url=here.others.url)
    wanted = wanted_connection(here.store, elsewhere, "acme_ltd")
    connect_by_key(here.store, elsewhere, wanted, SecretStr(here.others.key))
    with here.session("acme_ltd") as session:
        assert len(set_up(session).kept) == len(EVENTS)
    assert here.others.ids("webhooks") == before
    assert here.post("/acme", here.event("acme_ltd", 3)) == 200
    assert here.inbox("acme_ltd") == ["event-1", "event-3"]


@ON_SQLITE
def test_an_account_of_the_environments_that_is_stored_later_is_reached_as_before(here: Place) -> None:
    settings = here.settings
    wanted = wanted_connection(here.store, settings, "lever")
    connect_by_key(here.store, settings, wanted, SecretStr(here.account.sandbox.key))
    assert here.post("", here.event("lever", 1)) == 200
    with here.session("lever") as session:
        report = set_up(session)
    assert (len(report.created), len(report.removed), report.failed) == (len(EVENTS), len(EVENTS), {})
    assert subscribed(here.account.sandbox) == {f"{here.url}/lever"}
    assert [here.post(below, here.event("lever", 2)) for below in ("", "/lever")] == [200, 200]
    assert here.inbox("lever") == ["event-1", "event-2"]


@ON_SQLITE
@pytest.mark.parametrize("erase", [True, False], ids=["erased", "kept"])
def test_those_of_one_that_is_removed_are_taken_down_and_its_address_is_nobodys(
    here: Place, erase: bool
) -> None:
    body = here.event("acme", 1)
    with here.session("acme") as session:
        take_down(session)
    remove(here.store, "acme", erase=erase)
    assert here.others.ids("webhooks") == []
    assert len(here.account.sandbox.ids("webhooks")) == len(EVENTS)
    assert here.post("/acme", body) == 404


@ON_SQLITE
def test_strangers_do_not_keep_the_database_busy(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_RELOAD_SECONDS", 60.0)
    monkeypatch.setattr(keyring, "_RELOAD_SECONDS", 60.0)
    body = here.event("acme", 1)
    forged = {**body, "signature": "0" * 64}
    assert here.post("/acme", forged) == 401
    asked: list[str] = []
    receivers = Store.open(here.account.database).engine  # engines of one URL are one
    sqlalchemy_events.listen(receivers, "before_cursor_execute", lambda *args: asked.append(args[2]))
    for number in range(20):
        assert here.post(f"/nobody{number}", forged) == 404
        assert here.post("/acme", forged) == 401
    assert asked == []
    assert here.post("/acme", body) == 200
    assert asked

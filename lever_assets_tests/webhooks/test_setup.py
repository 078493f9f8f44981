"""The subscriptions in Lever: made once, kept, made anew when their token is lost, removed."""

import secrets
from pathlib import Path
from typing import Any

import pytest

from lever_assets.connect.vault import Vault
from lever_assets.lever import LeverError
from lever_assets.sandbox import Fault, Sandbox
from lever_assets.settings import SettingsError
from lever_assets.store.secrets import drop_secret
from lever_assets.webhooks.events import EVENTS
from lever_assets.webhooks.setup import SetupReport, set_up, take_down
from lever_assets_tests.sync.tables import Account
from lever_assets_tests.webhooks.conftest import KEY

URL = "https://example.com/lever"


@pytest.fixture
def account(sandbox: Sandbox, tmp_path: Path, sqlite_database: str) -> Account:
    return Account(sandbox, tmp_path, sqlite_database)


def configured(account: Account, url: str | None = URL, **changes: Any) -> SetupReport:
    known: dict[str, Any] = {"secret_key": KEY, "webhook_url": url}
    with account.session(**{**known, **changes}) as session:
        return set_up(session)


def subscribed(sandbox: Sandbox) -> list[tuple[str, str]]:
    found = [sandbox.get("webhooks", each) or {} for each in sandbox.ids("webhooks")]
    return sorted((each["event"], each["url"]) for each in found)


def test_all_ten_events_are_subscribed_to_once(account: Account) -> None:
    first = configured(account)
    assert sorted(first.created) == sorted(EVENTS)
    assert "Switch webhooks on once in Lever" in first.manual_step
    assert subscribed(account.sandbox) == sorted((event, URL) for event in EVENTS)
    account.sandbox.reset_requests()
    again = configured(account)
    assert again.created == []
    assert sorted(again.kept) == sorted(EVENTS)
    assert account.sandbox.requests().total == 1


def test_one_whose_token_was_lost_is_made_anew(account: Account) -> None:
    configured(account)
    with account.session() as session, session.writing() as tx:
        drop_secret(tx, "webhook:candidateHired")
    report = configured(account)
    assert report.created == report.removed == ["candidateHired"]
    assert subscribed(account.sandbox) == sorted((event, URL) for event in EVENTS)


def test_one_whose_token_can_not_be_read_is_made_anew(account: Account) -> None:
    configured(account)
    other = Vault.fresh_key()
    report = configured(account, secret_key=other)
    assert sorted(report.created) == sorted(report.removed) == sorted(EVENTS)
    both = configured(account, secret_key=f"{Vault.fresh_key()},{other}")
    assert sorted(both.kept) == sorted(EVENTS)


def test_one_that_lever_has_no_more_is_made_anew(account: Account) -> None:
    configured(account)
    gone = next(
        each
        for each in account.sandbox.ids("webhooks")
        if (account.sandbox.get("webhooks", each) or {})["event"] == "contactUpdated"
    )
    account.sandbox.delete("webhooks", gone)
    report = configured(account)
    assert report.created == ["contactUpdated"]
    assert report.removed == []


def test_a_set_up_that_was_cut_off_is_completed(account: Account) -> None:
    account.sandbox.set_faults("500=0.3,method=POST,when=after")
    for _ in range(30):
        try:
            configured(account)
        except LeverError:
            continue
        break
    account.sandbox.set_faults()
    configured(account)
    assert subscribed(account.sandbox) == sorted((event, URL) for event in EVENTS)


def test_without_an_address_ours_are_removed_all_the_same(account: Account) -> None:
    configured(account)
    with account.session(webhook_url=None) as session:
        assert sorted(take_down(session).removed) == sorted(EVENTS)
    assert account.sandbox.ids("webhooks") == []


def test_a_new_address_replaces_the_old_one(account: Account) -> None:
    configured(account)
    other = "https://elsewhere.example.com/lever"
    configured(account, other)
    assert subscribed(account.sandbox) == sorted((event, other) for event in EVENTS)


def test_what_others_subscribed_to_stays(account: Account) -> None:
    theirs = account.sandbox.create(
        "webhooks", {"event": "candidateHired", "url": "https://other.example.com", "configuration": {}}
    )
    configured(account)
    with account.session(webhook_url=URL) as session:
        removed = take_down(session)
    assert sorted(removed.removed) == sorted(EVENTS)
    assert account.sandbox.ids("webhooks") == [theirs["id"]]


TROUBLES = {
    "refused": {"name": "400"},
    "not allowed": {"name": "403"},
    "not authenticated": {"name": "401"},
    "not found": {"name": "404"},
    "too many": {"name": "429-storm"},
    "out of order": {"name": "500", "when": "after"},
    "cut off": {"name": "reset", "when": "before"},
    "half a body": {"name": "truncate"},
    "no JSON": {"name": "html"},
    "a block page": {"name": "html-403"},
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
def test_all_events_are_gone_through_whatever_one_of_them_answers(
    account: Account, trouble: dict[str, Any]
) -> None:
    # A storm of five is what the client gives up on.
    fault = {"rate": 1, "from": 4, "times": 1, **trouble}
    account.sandbox.set_faults(Fault.model_validate({**fault, "endpoint": "POST /webhooks"}))
    report = configured(account)

    events = list(EVENTS)
    assert list(report.failed) == [events[3]] or trouble["name"] == "429-storm"
    assert sorted({*report.created, *report.failed}) == sorted(EVENTS)
    assert all(why.endswith(".") for why in report.failed.values())

    account.sandbox.set_faults()
    again = configured(account)
    assert again.failed == {}
    assert again.created == list(report.failed)
    assert subscribed(account.sandbox) == sorted((event, URL) for event in EVENTS)


def test_one_without_a_token_does_not_keep_the_others_from_being_made(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = iter([None])
    with monkeypatch.context() as forgetful:
        known = secrets.token_hex
        forgetful.setattr(secrets, "token_hex", lambda size: next(tokens, known(size)))
        report = configured(account)

    (failed,) = report.failed
    assert "no signature token" in report.failed[failed]
    assert len(report.created) == 9
    assert configured(account).created == [failed]
    assert subscribed(account.sandbox) == sorted((event, URL) for event in EVENTS)


def asked(sandbox: Sandbox) -> list[str]:
    """Return the methods of the requests, the first reading left out."""
    return [each.split(" ")[0] for each in sandbox.requests().recent][1:]


def test_the_new_one_is_made_before_the_old_one_goes(account: Account) -> None:
    configured(account)
    account.sandbox.reset_requests()
    configured(account, secret_key=Vault.fresh_key())

    assert asked(account.sandbox) == ["POST", "DELETE"] * 10


def test_the_old_one_stays_where_no_new_one_can_be_made(account: Account) -> None:
    configured(account)
    before = account.sandbox.ids("webhooks")
    account.sandbox.set_faults(Fault(name="400", endpoint="POST /webhooks", rate=1))
    report = configured(account, secret_key=Vault.fresh_key())

    assert sorted(report.failed) == sorted(EVENTS)
    assert all("--remove" in why for why in report.failed.values())
    assert report.removed == []
    assert account.sandbox.ids("webhooks") == before


def test_an_old_one_that_can_not_be_removed_is_told_and_goes_the_next_time(account: Account) -> None:
    configured(account)
    account.sandbox.set_faults(Fault(name="403", endpoint="DELETE /webhooks/:id", times=1))
    new = Vault.fresh_key()
    report = configured(account, secret_key=new)

    (event,) = report.failed
    assert "old subscription is still there" in report.failed[event]
    assert sorted(report.created) == sorted(EVENTS)
    again = configured(account, secret_key=new)
    assert (again.removed, again.failed, len(again.kept)) == ([event], {}, 10)
    assert subscribed(account.sandbox) == sorted((event, URL) for event in EVENTS)


def test_all_of_ours_are_removed_that_can_be(account: Account) -> None:
    configured(account)
    account.sandbox.set_faults(Fault(name="403", endpoint="DELETE /webhooks/:id", times=1))
    with account.session(secret_key=KEY, webhook_url=URL) as session:
        report = take_down(session)
        (event,) = report.failed
        assert len(report.removed) == 9
        assert take_down(session).removed == [event]
    assert account.sandbox.ids("webhooks") == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"secret_key": None}, "set LEVER_SECRET_KEY"),
        ({"secret_key": "not a key"}, "LEVER_SECRET_KEY is not a key"),
        ({"webhook_url": None}, "set LEVER_WEBHOOK_URL"),
        ({"webhook_url": "http://example.com", "base_url": "https://api.lever.co/v1"}, "is not an"),
    ],
)
def test_without_what_it_needs_it_says_what_to_set(
    account: Account, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        configured(account, **changes)
    assert account.sandbox.ids("webhooks") == []

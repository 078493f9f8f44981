"""What the receiver takes and what it refuses."""

import logging
import random
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from lever_assets.connect.vault import Vault
from lever_assets.sandbox import Sandbox
from lever_assets.store import Store, inbox
from lever_assets.store.secrets import Sealed, drop_secret, put_secret, secrets
from lever_assets.webhooks import intake, keyring, receiver
from lever_assets.webhooks.setup import set_up
from lever_assets.webhooks.signatures import is_signed, signature
from lever_assets_tests.sync.tables import Account
from lever_assets_tests.web import WEB
from lever_assets_tests.webhooks.conftest import KEY, Listening, receiving, subscribed


@pytest.fixture
def listening(sandbox: Sandbox, tmp_path: Path, sqlite_database: str) -> Iterator[Listening]:
    """An account whose events are received, whatever is known of it."""
    with subscribed(Account(sandbox, tmp_path, sqlite_database)) as here:
        yield here


def signing_key(listening: Listening) -> str:
    with listening.session() as session, session.reading() as tx:
        sealed = secrets(tx, "webhook:candidateStageChange")
    return Vault(session.settings.secret_key).open(next(iter(sealed.values())).secret)


def delivery(listening: Listening, number: int = 1, key: str | None = None, **changes: Any) -> dict[str, Any]:
    """Return an event as Lever sends it, with changes; `key` is the one to sign it with, if it is at hand."""
    body: dict[str, Any] = {
        "id": f"event-{number}",
        "event": "candidateStageChange",
        "triggeredAt": int(time.time() * 1000),
        "token": f"token-{number}",
        "data": {"opportunityId": f"o{number}", "candidateId": f"o{number}", "toStageId": "s"},
        **changes,
    }
    signed = signature(key or signing_key(listening), body["token"], body["triggeredAt"])
    return {"signature": signed, **body}


def post(listening: Listening, body: Any) -> int:
    return WEB.post(listening.url, json=body, timeout=10).status_code


def waiting(listening: Listening) -> list[inbox.InboxEvent]:
    with listening.session() as session, session.reading() as tx:
        return list(inbox.due(tx, limit=10_000))


def test_the_signature_is_the_one_that_lever_documents() -> None:
    # printf abc1700000000000 | openssl dgst -sha256 -hmac key
    made = "26da2b5fea91362e16901cd9dd42597135a84cc87621836c03d94b5340176423"
    assert signature("key", "abc", 1_700_000_000_000) == made
    told = made.replace(made[0], "0" if made[0] != "0" else "1", 1)
    assert is_signed(made, "key", "abc", 1_700_000_000_000)
    assert not is_signed(made, "other", "abc", 1_700_000_000_000)
    assert not is_signed(told, "key", "abc", 1_700_000_000_000)


def test_an_event_is_kept_with_nothing_but_the_ids_in_it(listening: Listening) -> None:
    body = delivery(listening)
    body["data"]["name"] = "Ada Lovelace"
    assert post(listening, body) == 200
    (kept,) = waiting(listening)
    assert kept.data == {"opportunityId": "o1"}
    assert kept.event == "candidateStageChange"


def test_an_event_that_comes_twice_is_kept_once(listening: Listening) -> None:
    body = delivery(listening)
    assert [post(listening, body) for _ in range(3)] == [200, 200, 200]
    assert len(waiting(listening)) == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"signature": "0" * 64}, 401),
        ({"signature": "not hex, ünïcode"}, 401),
        ({"triggeredAt": 1_600_000_000_000}, 403),
        ({"triggeredAt": 4_000_000_000_000}, 403),
        ({"event": "candidateHired"}, 401),  # another subscription's key
        ({"event": "candidateSneezed"}, 401),
        ({"triggeredAt": "yesterday"}, 400),
        ({"triggeredAt": 10**30}, 400),
        ({"id": ""}, 400),
        ({"id": "a\0b"}, 400),
        ({"data": "text"}, 400),
    ],
)
def test_what_is_forged_old_or_malformed_is_refused(
    listening: Listening, changes: dict[str, Any], status: int
) -> None:
    body = {**delivery(listening), **changes}
    if status == 403:
        body["signature"] = signature(signing_key(listening), body["token"], body["triggeredAt"])
    assert post(listening, body) == status
    assert waiting(listening) == []


def test_a_signature_can_not_be_used_for_another_event(listening: Listening) -> None:
    real = delivery(listening)
    assert post(listening, real) == 200
    forged = {**real, "id": "another", "data": {"opportunityId": "somebody else"}}
    assert post(listening, forged) == 401
    assert [event.data for event in waiting(listening)] == [{"opportunityId": "o1"}]


def test_bodies_that_are_no_json_or_too_large_are_refused(listening: Listening) -> None:
    assert WEB.post(listening.url, content=b"{").status_code == 400
    assert WEB.post(listening.url, content=b"x" * 300_000).status_code == 413
    assert WEB.get(listening.url.replace("/lever", "/health")).json() == {"status": "ok"}


def test_an_event_that_is_sent_again_may_be_signed_anew(listening: Listening) -> None:
    assert post(listening, delivery(listening)) == 200
    again = delivery(listening, token="a new token", triggeredAt=int(time.time() * 1000) + 5)
    assert post(listening, again) == 200
    assert len(waiting(listening)) == 1


def test_only_ids_come_in_not_paths(listening: Listening) -> None:
    for number, ident in enumerate(["../users", "a/b", "a?b=c", "", 7, None, "x" * 65]):
        body = delivery(listening, number, data={"opportunityId": ident, "candidateId": ident})
        assert post(listening, body) == 200
    assert [event.data for event in waiting(listening)] == [{}] * 7


@pytest.mark.long
def test_a_thousand_events_at_once_are_all_kept_once(listening: Listening) -> None:
    key = signing_key(listening)
    bodies = [delivery(listening, number, key) for number in range(1000)]
    bodies += random.Random(1).sample(bodies, 200)
    random.Random(2).shuffle(bodies)
    with httpx.Client(timeout=60) as client, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda body: client.post(listening.url, json=body).status_code, bodies))
    assert set(answers) == {200}
    assert {event.id for event in waiting(listening)} == {f"event-{number}" for number in range(1000)}


def test_an_event_waits_for_no_one_who_writes_for_long(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_SECONDS", 0.2)
    bodies = [delivery(listening, number) for number in range(3)]
    assert post(listening, bodies[0]) == 200
    with listening.session() as session, session.writing():
        assert post(listening, bodies[1]) == 503
        assert post(listening, bodies[2]) == 503
    deadline = time.monotonic() + 20
    while post(listening, bodies[1]) != 200 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert {"event-0", "event-1"} <= {event.id for event in waiting(listening)}


def test_while_the_database_is_away_lever_is_asked_to_send_again(
    sandbox: Any, tmp_path: Any, postgresql_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account(sandbox, tmp_path, postgresql_database)
    with receiving(account) as url:
        here = Listening(account, url)
        with here.session() as session:
            set_up(session)
        body, other = delivery(here, 1), delivery(here, 2)
        assert post(here, body) == 200
        name = postgresql_database.partition("?")[0].rpartition("/")[2]
        allow = "ALTER DATABASE {} ALLOW_CONNECTIONS {}"
        end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        admin = Store.open(postgresql_database.replace(f"/{name}?", "/postgres?"), migrate=False)
        with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text(allow.format(name, "false")))
            conn.execute(text(end))
            health = url.replace("/lever", "/health")
            assert post(here, other) == 503
            assert WEB.get(health).status_code == 503
            conn.execute(text(allow.format(name, "true")))
        admin.close()
        assert post(here, other) == 200
        assert WEB.get(health).status_code == 200
        assert {event.id for event in waiting(here)} == {"event-1", "event-2"}


def test_a_body_that_does_not_arrive_is_not_waited_for(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "_SECONDS", 0.2)
    parts = urlsplit(listening.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as slow:
        slow.sendall(b"POST /lever HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\n{")
        assert slow.recv(100).startswith(b"HTTP/1.1 408")


def test_keys_that_are_set_up_later_are_found(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "_RELOAD_SECONDS", 0)
    assert post(listening, delivery(listening, 1)) == 200
    for webhook in listening.sandbox.ids("webhooks"):
        listening.sandbox.delete("webhooks", webhook)
    old = signing_key(listening)
    with listening.session() as session:
        assert len(set_up(session).created) == 10
    assert signing_key(listening) != old
    assert post(listening, delivery(listening, 2)) == 200


def test_a_key_that_was_replaced_or_removed_counts_no_more_at_once(listening: Listening) -> None:
    assert post(listening, delivery(listening, 1)) == 200
    old = [delivery(listening, number) for number in (2, 3)]
    sealed = Sealed(Vault(SecretStr(KEY)).seal("another key"), {})
    with listening.session() as session, session.writing() as tx:
        put_secret(tx, "webhook:candidateStageChange", sealed)
    assert post(listening, old[0]) == 401
    new = delivery(listening, 4)
    with listening.session() as session, session.writing() as tx:
        drop_secret(tx, "webhook:candidateStageChange")
    assert [post(listening, body) for body in (old[1], new)] == [401, 401]
    assert [event.id for event in waiting(listening)] == ["event-1"]


def test_what_nobody_foresaw_is_told_without_its_words_and_lever_asked_to_send_again(
    listening: Listening, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("Ada Lovelace")

    body = delivery(listening)
    with monkeypatch.context() as patch:
        patch.setattr(inbox, "receive_all", broken)
        assert post(listening, body) == 503
    assert "something unexpected happened (ValueError) in webhooks/intake.py" in caplog.text
    assert "Lovelace" not in caplog.text
    assert post(listening, body) == 200


def test_nothing_personal_or_secret_is_logged(listening: Listening, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    body = delivery(listening)
    body["data"]["name"] = "Ada Lovelace"
    post(listening, body)
    post(listening, {**body, "signature": "0" * 64})
    post(listening, {**body, "id": ""})
    assert "Kept candidateStageChange event-1" in caplog.text
    assert "Refused an event (401)" in caplog.text
    for text_ in ("Lovelace", body["token"], body["signature"], signing_key(listening), KEY):
        assert text_ not in caplog.text


def test_the_stored_tokens_are_encrypted(listening: Listening) -> None:
    key = signing_key(listening)
    with listening.session() as session, session.reading() as tx:
        stored = secrets(tx, "webhook:")
    assert len(stored) == 10
    assert all(key not in each.secret and KEY not in each.secret for each in stored.values())

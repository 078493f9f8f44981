"""What the receiver takes and what it refuses."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from lever_assets.connect.vault import Vault
from lever_assets.store import inbox
from lever_assets.store.secrets import secrets
from lever_assets.webhooks.signatures import is_signed, signature
from lever_assets_tests.webhooks.conftest import KEY, Listening


def signing_key(listening: Listening) -> str:
    with listening.session() as session, session.store.reading() as conn:
        sealed = secrets(conn, session.name, "webhook:candidateStageChange")
    return Vault(session.settings.secret_key).open(next(iter(sealed.values())).secret)


def delivery(listening: Listening, number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return an event as Lever sends it, with changes."""
    body: dict[str, Any] = {
        "id": f"event-{number}",
        "event": "candidateStageChange",
        "triggeredAt": int(time.time() * 1000),
        "token": f"token-{number}",
        "data": {"opportunityId": f"o{number}", "candidateId": f"o{number}", "toStageId": "s"},
        **changes,
    }
    key = signing_key(listening)
    return {"signature": signature(key, body["token"], body["triggeredAt"]), **body}


def post(listening: Listening, body: Any) -> int:
    return httpx.post(listening.url, json=body, timeout=10).status_code


def waiting(listening: Listening) -> list[inbox.InboxEvent]:
    with listening.session() as session, session.store.reading() as conn:
        return list(inbox.pending(conn, session.name, limit=10_000))


def test_the_signature_is_the_one_that_lever_documents() -> None:
    # printf abc1700000000000 | openssl dgst -sha256 -hmac key
    made = "26da2b5fea91362e16901cd9dd42597135a84cc87621836c03d94b5340176423"
    assert signature("key", "abc", 1_700_000_000_000) == made
    told = made.replace(made[0], "0" if made[0] != "0" else "1", 1)
    assert is_signed(made, ["other", "key"], "abc", 1_700_000_000_000)
    assert not is_signed(made, ["other"], "abc", 1_700_000_000_000)
    assert not is_signed(told, ["key"], "abc", 1_700_000_000_000)


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
        ({"triggeredAt": 1_600_000_000_000}, 401),
        ({"triggeredAt": "yesterday"}, 400),
        ({"triggeredAt": 10**30}, 400),
        ({"id": ""}, 400),
        ({"data": "text"}, 400),
    ],
)
def test_what_is_forged_old_or_malformed_is_refused(
    listening: Listening, changes: dict[str, Any], status: int
) -> None:
    body = {**delivery(listening), **changes}
    if changes.get("triggeredAt") == 1_600_000_000_000:
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
    assert httpx.post(listening.url, content=b"{").status_code == 400
    assert httpx.post(listening.url, content=b"x" * 300_000).status_code == 413
    assert httpx.get(listening.url.replace("/lever", "/health")).json() == {"status": "ok"}


def test_a_thousand_events_at_once_are_all_kept(listening: Listening) -> None:
    bodies = [delivery(listening, number) for number in range(1000)]
    with httpx.Client(timeout=60) as client, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda body: client.post(listening.url, json=body).status_code, bodies))
    assert set(answers) == {200}
    assert len(waiting(listening)) == 1000


def test_the_stored_tokens_are_encrypted(listening: Listening) -> None:
    key = signing_key(listening)
    with listening.session() as session, session.store.reading() as conn:
        stored = secrets(conn, session.name, "webhook:")
    assert len(stored) == 10
    assert all(key not in each.secret and KEY not in each.secret for each in stored.values())

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.sandbox.recruiting.events import EVENTS, ORIGINS
from lever_assets_tests.sandbox.receiving import Receiver, is_signed, receiving
from lever_assets_tests.sandbox.writing import assert_refused, make, user_of
from lever_assets_tests.web import WEB


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def telling() -> Iterator[Sandbox]:
    config = SandboxConfig(opportunities=60, seed=5, rate=0, webhook_retry_delay=0.005)
    with running_sandbox(config) as sandbox:
        yield sandbox


@pytest.fixture
def own(telling: Sandbox) -> Iterator[Sandbox]:
    """An account without subscriptions that retries quickly."""
    yield telling
    telling.wait_for_webhooks()
    telling.webhooks.forget()
    for ident in telling.ids("webhooks"):
        telling.delete("webhooks", ident)


def _subscribe(client: httpx.Client, url: str, *events: str, **configuration: Any) -> dict[str, str]:
    """Subscriptions to events (by default to all ten); event -> key."""
    keys = {}
    for event in events or EVENTS:
        body = {"event": event, "url": url, "configuration": configuration}
        answer = client.post("/webhooks", json=body)
        assert answer.status_code == 201, answer.text
        keys[event] = answer.json()["data"]["configuration"]["signatureToken"]
    return keys


def test_a_subscription_tells_its_token_once(own: Sandbox, mine: httpx.Client) -> None:
    answer = mine.post("/webhooks", json={"event": "candidateHired", "url": "https://example.net/hook"})
    assert answer.status_code == 201
    made = answer.json()["data"]
    token = made["configuration"].pop("signatureToken")
    assert len(bytes.fromhex(token)) == 24
    assert made["configuration"] == {"conditions": {"origins": list(ORIGINS)}}
    assert mine.get("/webhooks").json() == {"data": [made]}
    body = {"url": "https://example.net/other", "configuration": {"conditions": {"origins": ["applied"]}}}
    changed = mine.put(f"/webhooks/{made['id']}", json=body).json()["data"]
    assert (changed["event"], changed["url"]) == ("candidateHired", "https://example.net/other")
    assert changed["configuration"] == {"conditions": {"origins": ["applied"]}}
    assert (own.get("webhooks", made["id"]) or {})["configuration"]["signatureToken"] == token
    assert mine.delete(f"/webhooks/{made['id']}").status_code == 204
    assert mine.get("/webhooks").json() == {"data": []}
    assert_refused(mine.delete(f"/webhooks/{made['id']}"), 404)
    assert_refused(mine.put(f"/webhooks/{made['id']}", json={}), 404)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"event": "candidateSneezed", "url": "https://example.net"}, "event"),
        ({"event": "candidateHired"}, "url"),
        ({"event": "candidateHired", "url": "ftp://example.net"}, "url"),
        (
            {
                "event": "candidateHired",
                "url": "https://example.net",
                "configuration": {"conditions": {"origins": ["thrown"]}},
            },
            "origins",
        ),
    ],
)
def test_a_subscription_that_makes_no_sense_is_refused(
    mine: httpx.Client, body: dict[str, Any], said: str
) -> None:
    assert_refused(mine.post("/webhooks", json=body), 400, said)


def test_writes_through_the_api_are_told_and_signed(
    own: Sandbox, mine: httpx.Client, receiver: Receiver
) -> None:
    keys = _subscribe(mine, receiver.url)
    posting, user = own.add_posting()["id"], user_of(own)
    made = make(mine, own, name="Ada", emails=["told@example.net"], postings=[posting])
    ident, contact = made["id"], made["contact"]
    hired = next(
        i for i in own.ids("archive_reasons") if (own.get("archive_reasons", i) or {})["type"] == "hired"
    )
    mine.put(f"/opportunities/{ident}/stage", params={"perform_as": user}, json={"stage": "offer"})
    mine.put(f"/opportunities/{ident}/archived", json={"reason": hired})
    mine.put(f"/contacts/{contact}", json={"name": "Ada King"})
    mine.post(f"/opportunities/{ident}/addTags", json={"tags": ["quiet"]})
    assert own.wait_for_webhooks()
    who = {"candidateId": ident, "opportunityId": ident, "contactId": contact}
    archived = (own.get("opportunities", ident) or {})["archived"]
    assert receiver.of("applicationCreated") == [{"applicationId": made["applications"][0]} | who]
    assert receiver.of("candidateStageChange") == [who | {"fromStageId": "lead-new", "toStageId": "offer"}]
    assert receiver.of("candidateArchiveChange") == [who | {"fromArchived": None, "toArchived": archived}]
    assert receiver.of("candidateHired") == [who]
    assert [data["name"] for data in receiver.of("contactCreated")] == ["Ada"]
    (updated,) = receiver.of("contactUpdated")
    assert (updated["contactId"], updated["name"]) == (contact, "Ada King")
    assert len(receiver.bodies) == 6
    for body in receiver.bodies:
        assert set(body) == {"id", "event", "triggeredAt", "token", "signature", "data"}
        assert is_signed(body, keys[body["event"]])
        assert not is_signed(body | {"triggeredAt": body["triggeredAt"] + 1}, keys[body["event"]])
    assert len({body["id"] for body in receiver.bodies}) == 6


def test_changes_by_the_controls_are_told(own: Sandbox, mine: httpx.Client, receiver: Receiver) -> None:
    _subscribe(mine, receiver.url)
    ident = own.add_opportunity(name="Bo")["id"]
    before = own.get("opportunities", ident)
    interview = own.add_interview(ident)
    own.edit("interviews", interview["id"], {"date": interview["date"] + 1})
    own.delete("interviews", interview["id"])
    assert own.get("opportunities", ident) == before
    own.edit("opportunities", ident, {"stage": "offer"})
    own.delete("opportunities", ident)
    assert own.wait_for_webhooks()
    about = {
        "interviewId": interview["id"],
        "panelId": interview["panel"],
        "opportunityId": ident,
        "candidateId": ident,
    }
    for event in ("interviewCreated", "interviewUpdated", "interviewDeleted"):
        assert receiver.of(event) == [about]
    assert len(receiver.of("candidateStageChange")) == 1
    (deleted,) = receiver.of("candidateDeleted")
    assert deleted["opportunityId"] == ident
    assert deleted["deletedBy"] is None


def test_a_touch_tells_of_those_who_moved(own: Sandbox, mine: httpx.Client, receiver: Receiver) -> None:
    _subscribe(mine, receiver.url, "candidateStageChange")
    before = {ident: (own.get("opportunities", ident) or {})["stage"] for ident in own.ids("opportunities")}
    own.touch(share=1)
    assert own.wait_for_webhooks()
    moved = {i for i, stage in before.items() if (own.get("opportunities", i) or {})["stage"] != stage}
    assert {data["opportunityId"] for data in receiver.of("candidateStageChange")} == moved
    assert moved


def test_only_the_origins_that_were_asked_for_are_told(
    own: Sandbox, mine: httpx.Client, receiver: Receiver
) -> None:
    _subscribe(mine, receiver.url, "candidateStageChange", conditions={"origins": ["referred"]})
    told, untold = (own.add_opportunity(origin=origin)["id"] for origin in ("referred", "sourced"))
    for ident in (told, untold):
        own.move(ident)
    assert own.wait_for_webhooks()
    assert [data["opportunityId"] for data in receiver.of("candidateStageChange")] == [told]


def test_a_failed_delivery_is_tried_again_with_the_same_body(
    own: Sandbox, mine: httpx.Client, receiver: Receiver
) -> None:
    _subscribe(mine, receiver.url, "candidateStageChange")
    receiver.statuses[:] = [500, 302, 404]
    own.move(own.ids("opportunities")[-1])
    assert own.wait_for_webhooks()
    assert len(receiver.bodies) == 4
    assert all(body == receiver.bodies[0] for body in receiver.bodies)
    (delivery,) = own.deliveries()
    assert (delivery.state, delivery.status, delivery.tries) == ("delivered", 200, 4)
    assert (delivery.event, delivery.url) == ("candidateStageChange", receiver.url)


def test_after_five_tries_a_delivery_is_given_up(
    own: Sandbox, mine: httpx.Client, receiver: Receiver
) -> None:
    _subscribe(mine, receiver.url, "candidateStageChange")
    _subscribe(mine, "http://127.0.0.1:1/nobody", "candidateStageChange")
    receiver.statuses[:] = [500] * 10
    own.move(own.ids("opportunities")[-1])
    assert own.wait_for_webhooks(30)
    assert {(each.url, each.state, each.status, each.tries) for each in own.deliveries()} == {
        (receiver.url, "failed", 500, 5),
        ("http://127.0.0.1:1/nobody", "failed", None, 5),
    }
    told = WEB.get(own.url.removesuffix("/v1") + "/__webhooks").json()
    assert [each["state"] for each in told["deliveries"]] == ["failed", "failed"]
    assert told["pending"] == 0


def test_nothing_waits_for_a_receiver(own: Sandbox, mine: httpx.Client) -> None:
    _subscribe(mine, "http://127.0.0.1:1/nobody", "candidateStageChange")
    ident = own.add_opportunity()["id"]
    for _ in range(20):
        assert own.move(ident)["id"] == ident
    assert mine.get(f"/opportunities/{ident}").status_code == 200
    assert len(own.deliveries()) == 20


def test_events_are_made_up_and_repeated_on_demand(
    own: Sandbox, mine: httpx.Client, receiver: Receiver
) -> None:
    _subscribe(mine, receiver.url, "candidateStageChange")
    root = own.url.removesuffix("/v1")
    made = WEB.post(f"{root}/__emit", json={"event": "candidateStageChange", "data": {"candidateId": "x"}})
    assert made.status_code == 201
    ident = made.json()["id"]
    assert own.wait_for_webhooks()
    assert WEB.post(f"{root}/__redeliver", json={"id": ident}).json() == {"deliveries": 1}
    assert own.wait_for_webhooks()
    assert receiver.bodies == [receiver.bodies[0]] * 2
    assert receiver.bodies[0]["id"] == ident
    assert WEB.post(f"{root}/__emit", json={"event": "sneeze", "data": {}}).status_code == 400
    assert WEB.delete(f"{root}/__webhooks").status_code == 204
    assert own.deliveries() == ()

from __future__ import annotations

import asyncio

import httpx
import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.sandbox.reading import ALL, every, ids
from lever_assets_tests.web import WEB


def _root(sandbox: Sandbox) -> str:
    return sandbox.url.removesuffix("/v1")


def test_requests_are_counted_by_endpoint_and_status(own: Sandbox, mine: httpx.Client) -> None:
    for ident in own.ids("opportunities")[:3]:
        mine.get(f"/opportunities/{ident}/offers")
    mine.get("/opportunities", params={"limit": 1000})
    mine.get("/nonsense")
    mine.get("/stages", auth=("wrong", ""))
    counts = own.requests()
    assert counts.total == 6
    assert counts.of("/opportunities/:id/offers") == counts.of("GET /opportunities/:id/offers") == 3
    assert counts.by_status == {200: 3, 400: 1, 401: 1, 404: 1}
    assert counts.by_endpoint_status["GET /opportunities"] == {400: 1}
    assert counts.recent[3] == "GET /v1/opportunities?limit=1000"
    told = WEB.get(f"{_root(own)}/__requests").json()
    assert told["total"] == 6
    assert told["by_status"]["200"] == 3
    assert WEB.delete(f"{_root(own)}/__requests").status_code == 204
    assert own.requests().total == 0


async def test_concurrency_is_the_most_at_once() -> None:
    with running_sandbox(SandboxConfig(opportunities=5, rate=0, latency_ms=100)) as sandbox:
        async with httpx.AsyncClient(base_url=sandbox.url, auth=(sandbox.key, "")) as client:
            await asyncio.gather(*(client.get("/stages") for _ in range(8)))
            await client.get("/stages")
        assert 2 <= sandbox.requests().max_concurrency <= 8


def test_a_touch_changes_a_share_as_recruiters_would(own: Sandbox, mine: httpx.Client) -> None:
    before = {record["id"]: record for record in every(mine, "/opportunities", **ALL)}
    latest = max(record["updatedAt"] or 0 for record in before.values())
    touched = WEB.post(f"{_root(own)}/__touch", params={"share": 0.1, "seed": 4}).json()["ids"]
    assert len(touched) == 12
    changed = every(mine, "/opportunities", **ALL, updated_at_start=latest + 1)
    assert sorted(ids(changed)) == sorted(touched)
    for record in changed:
        old = before[record["id"]]
        assert record["tags"] != old["tags"] or record["stage"] != old["stage"]


def test_the_same_seed_touches_the_same_records(own: Sandbox) -> None:
    assert own.touch(0.1, seed=4) == own.touch(0.1, seed=4)
    assert own.touch(0.1, seed=5) != own.touch(0.1, seed=4)
    assert own.touch(0) == []


def test_an_edit_sets_what_it_names_and_nothing_else(own: Sandbox, mine: httpx.Client) -> None:
    ident = own.ids("opportunities")[-1]
    before = mine.get(f"/opportunities/{ident}").json()["data"]
    changes = {"name": "Zoë", "owner": None}
    answer = WEB.post(
        f"{_root(own)}/__edit", json={"resource": "opportunities", "id": ident, "changes": changes}
    )
    assert answer.json()["data"] == before | changes
    assert mine.get(f"/opportunities/{ident}").json()["data"] == before | changes


def test_an_edit_moves_the_record_in_filters(own: Sandbox, mine: httpx.Client) -> None:
    ident = own.ids("opportunities")[0]
    own.edit("opportunities", ident, {"updatedAt": 2_000_000_000_000, "tags": ["only this"]})
    assert ids(every(mine, "/opportunities", **ALL, updated_at_start=2_000_000_000_000)) == [ident]
    assert ids(every(mine, "/opportunities", **ALL, tag="only this")) == [ident]
    own.edit("opportunities", ident, {"updatedAt": None})
    assert every(mine, "/opportunities", **ALL, updated_at_start=2_000_000_000_000) == []


def test_a_deleted_opportunity_takes_what_hangs_on_it_along(own: Sandbox, mine: httpx.Client) -> None:
    application = own.get("applications", own.ids("applications")[0]) or {}
    ident = application["opportunityId"]
    earlier = own.workday.now()
    answer = WEB.post(f"{_root(own)}/__delete", json={"resource": "opportunities", "id": ident})
    assert answer.status_code == 204
    assert mine.get(f"/opportunities/{ident}").status_code == 404
    for resource, gone in (("opportunities", ident), ("applications", application["id"])):
        (entry,) = every(mine, f"/{resource}/deleted", deleted_at_start=earlier)
        assert entry["id"] == gone
        assert set(entry) == {"id", "deletedAt", "deletedBy"}
        assert every(mine, f"/{resource}/deleted", deleted_at_start=entry["deletedAt"] + 1) == []
        assert gone not in ids(every(mine, f"/{resource}/deleted", deleted_at_end=earlier))


def test_a_deleted_posting_is_listed(own: Sandbox, mine: httpx.Client) -> None:
    ident = own.ids("postings")[0]
    own.delete("postings", ident)
    assert ids(every(mine, "/postings/deleted")) == [ident]
    assert ident not in ids(every(mine, "/postings", **ALL))


def test_a_created_application_is_named_by_its_opportunity(own: Sandbox, mine: httpx.Client) -> None:
    without = next(
        i for i in own.ids("opportunities") if not (own.get("opportunities", i) or {})["applications"]
    )
    posting = own.ids("postings")[0]
    made = WEB.post(
        f"{_root(own)}/__create",
        json={"resource": "applications", "parent": without, "record": {"posting": posting, "type": "user"}},
    )
    assert made.status_code == 201
    ident = made.json()["data"]["id"]
    assert mine.get(f"/opportunities/{without}").json()["data"]["applications"] == [ident]
    assert ids(every(mine, f"/opportunities/{without}/applications")) == [ident]
    own.delete("applications", ident)
    assert mine.get(f"/opportunities/{without}").json()["data"]["applications"] == []


def test_faults_are_switched_on_and_off_over_http(own: Sandbox, mine: httpx.Client) -> None:
    body = {"faults": ["500=1", {"name": "503", "rate": 1, "endpoint": "users"}]}
    assert WEB.post(f"{_root(own)}/__faults", json=body).status_code == 204
    assert (mine.get("/stages").status_code, mine.get("/users").status_code) == (500, 503)
    WEB.post(f"{_root(own)}/__faults", json={})
    assert mine.get("/stages").status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/__edit", {"resource": "nonsense", "id": "x", "changes": {}}, 404),
        ("/__edit", {"resource": "users", "id": "x", "changes": {}}, 404),
        ("/__delete", {"resource": "users", "id": "x"}, 404),
        ("/__edit", {"resource": "users"}, 400),
        ("/__faults", {"faults": ["nonsense"]}, 400),
        ("/__touch?share=much", {}, 400),
        ("/__nonsense", {}, 404),
    ],
)
def test_what_cannot_be_done_is_said(own: Sandbox, path: str, body: dict[str, object], status: int) -> None:
    answer = WEB.post(_root(own) + path, json=body)
    assert answer.status_code == status
    assert answer.json()["message"]

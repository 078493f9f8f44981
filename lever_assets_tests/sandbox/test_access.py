from __future__ import annotations

import base64

import httpx
import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.sandbox.rate_limit import TokenBucket
from lever_assets_tests.web import WEB


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("header", [_basic("sandbox-key:"), "Bearer sandbox-key", "bearer sandbox-key"])
def test_the_key_opens_as_basic_user_or_as_bearer(shared: Sandbox, header: str) -> None:
    assert WEB.get(f"{shared.url}/stages", headers={"Authorization": header}).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        _basic("wrong:"),
        _basic("sandbox-key:secret"),
        _basic("sandbox-key"),
        "Bearer wrong",
        "Basic ???",
        "Digest x",
    ],
)
def test_anything_else_is_invalid(shared: Sandbox, header: str) -> None:
    answer = WEB.get(f"{shared.url}/stages", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["code"] == "InvalidCredentials"
    assert "sandbox-key" not in answer.text


def test_no_credentials_are_unauthorized(shared: Sandbox) -> None:
    answer = WEB.get(f"{shared.url}/stages")
    assert (answer.status_code, answer.json()["code"]) == (401, "Unauthorized")


def test_a_denied_resource_names_the_missing_permission() -> None:
    config = SandboxConfig(opportunities=10, rate=0, denied=frozenset({"offers", "requisitions"}))
    with (
        running_sandbox(config) as sandbox,
        httpx.Client(base_url=sandbox.url, auth=(sandbox.key, "")) as client,
    ):
        ident = sandbox.ids("opportunities")[0]
        for path, scope in (
            (f"/opportunities/{ident}/offers", "offers:read:admin"),
            ("/requisitions", "requisitions:read:admin"),
        ):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (403, "Forbidden")
            assert scope in answer.json()["message"]
        assert client.get("/requisition_fields").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/nonsense",
        "/opportunities/00000000-0000-4000-8000-000000000000",
        "/opportunities/00000000-0000-4000-8000-000000000000/interviews",
        "/postings/00000000-0000-4000-8000-000000000000/apply",
        "/contacts/00000000-0000-4000-8000-000000000000",
        "/opportunities/a/b/c/d",
        "/",
    ],
)
def test_what_is_not_there_is_not_found(lever: httpx.Client, path: str) -> None:
    answer = lever.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "ResourceNotFound"
    assert answer.headers["content-type"].startswith("application/json")


def test_a_child_is_found_under_its_own_opportunity_only(shared: Sandbox, lever: httpx.Client) -> None:
    interview = shared.get("interviews", shared.ids("interviews")[0]) or {}
    other = next(ident for ident in shared.ids("opportunities") if ident != interview["opportunityId"])
    path = f"/interviews/{interview['id']}"
    assert lever.get(f"/opportunities/{interview['opportunityId']}{path}").json() == {"data": interview}
    assert lever.get(f"/opportunities/{other}{path}").status_code == 404


def test_a_bucket_holds_its_burst_and_fills_at_its_rate() -> None:
    now = 100.0
    bucket = TokenBucket(10, 20, clock=lambda: now)
    assert [bucket.take() for _ in range(21)] == [True] * 20 + [False]
    now += 0.5
    assert [bucket.take() for _ in range(6)] == [True] * 5 + [False]
    now += 3600
    assert sum(bucket.take() for _ in range(100)) == 20


def test_beyond_the_burst_requests_are_refused() -> None:
    config = SandboxConfig(opportunities=1, rate=0.001, burst=3)
    with (
        running_sandbox(config) as sandbox,
        httpx.Client(base_url=sandbox.url, auth=(sandbox.key, "")) as client,
    ):
        answers = [client.get("/stages") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
        assert answers[-1].json()["code"] == "RateLimit"
        assert "retry-after" not in answers[-1].headers
        assert client.get("/stages", auth=("wrong", "")).status_code == 401

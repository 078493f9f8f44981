"""The token endpoint: codes and refresh tokens for tokens, and how long each is good."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lever_assets.sandbox import OAuthConfig, Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.sandbox.consenting import (
    REDIRECT,
    SCOPES,
    bearer,
    code,
    connected,
    exchange,
    proof,
    renew,
)
from lever_assets_tests.web import WEB

HOUR, YEAR = 3_600_000, 365 * 24 * 3_600_000


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=1, rate=0)) as sandbox:
        yield sandbox


@pytest.fixture
def lever(running: Sandbox) -> Iterator[Sandbox]:
    yield running
    running.set_rotation("overlap")
    running.set_faults()
    running.revoke_tokens()


def _refused(found: httpx.Response, error: str, status: int) -> None:
    assert (found.status_code, found.json()["error"]) == (status, error), found.text
    assert found.json()["error_description"]
    assert found.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("proved", [True, False])
def test_a_code_gives_tokens_that_open_the_api(lever: Sandbox, proved: bool) -> None:
    verifier, challenge = proof()
    given = {"code_challenge": challenge, "code_challenge_method": "S256"} if proved else {}

    found = exchange(lever, code(lever, **given), code_verifier=verifier if proved else None)

    assert found.status_code == 200
    assert found.headers["cache-control"] == "no-store"
    tokens = found.json()
    assert tokens.keys() == {"access_token", "refresh_token", "scope", "expires_in", "token_type"}
    assert (tokens["scope"], tokens["expires_in"], tokens["token_type"]) == (SCOPES, 3600, "Bearer")
    assert bearer(lever, tokens["access_token"]).status_code == 200
    assert bearer(lever, tokens["refresh_token"]).status_code == 401


def test_without_offline_access_there_is_no_refresh_token(lever: Sandbox) -> None:
    assert "refresh_token" not in connected(lever, "stages:read:admin")


@pytest.mark.parametrize("how", ["JSON", "Basic", "JSON and Basic"])
def test_the_client_may_say_it_in_other_ways(lever: Sandbox, how: str) -> None:
    client = lever.oauth.config
    fields = {"grant_type": "authorization_code", "code": code(lever), "redirect_uri": REDIRECT}
    secret = {"client_id": client.client_id, "client_secret": client.client_secret}
    sent: dict[str, Any] = {"auth": (client.client_id, client.client_secret)} if "Basic" in how else {}
    body = fields if "Basic" in how else fields | secret
    sent |= {"json": body} if "JSON" in how else {"data": body}

    assert WEB.post(f"{lever.auth_url}/oauth/token", **sent).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [{"client_secret": "wrong"}, {"client_secret": None}, {"client_id": "wrong"}, {"client_id": None}],
)
def test_another_client_is_refused_and_the_code_stays(lever: Sandbox, wrong: dict[str, str | None]) -> None:
    given = code(lever)

    _refused(exchange(lever, given, **wrong), "invalid_client", 401)

    assert exchange(lever, given).status_code == 200


def test_a_wrong_secret_in_the_header_is_answered_as_such(lever: Sandbox) -> None:
    fields = {"grant_type": "refresh_token", "refresh_token": "x"}
    for auth in (("sandbox-client", "wrong"), ("wrong", "sandbox-secret")):
        found = WEB.post(f"{lever.auth_url}/oauth/token", data=fields, auth=auth)
        _refused(found, "invalid_client", 401)
        assert found.headers["www-authenticate"].startswith("Basic ")
    for header in ("Bearer x", "Basic ???", "Basic eA=="):
        found = WEB.post(f"{lever.auth_url}/oauth/token", data=fields, headers={"authorization": header})
        _refused(found, "invalid_client", 401)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"code": None}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
    ],
)
def test_what_is_missing_or_not_supported_is_said(
    lever: Sandbox, wrong: dict[str, str | None], error: str
) -> None:
    _refused(exchange(lever, code(lever), **wrong), error, 400)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", "[]"),
        ("application/json", '{"grant_type"'),
        ("application/json", json.dumps({"grant_type": 1})),
        ("application/x-www-form-urlencoded", "grant_type=refresh_token&grant_type=refresh_token"),
        ("application/x-www-form-urlencoded", b"\xff"),
        ("text/plain", "grant_type=refresh_token"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(lever: Sandbox, kind: str, body: str | bytes) -> None:
    found = WEB.post(f"{lever.auth_url}/oauth/token", content=body, headers={"content-type": kind})
    _refused(found, "invalid_request", 400)


def test_tokens_are_not_to_be_got_with_get(lever: Sandbox) -> None:
    _refused(WEB.get(f"{lever.auth_url}/oauth/token", params={"code": "x"}), "invalid_request", 405)
    assert all("code" not in line for line in lever.requests().recent)


# Codes


def test_a_code_is_bound_to_its_address_and_its_proof(lever: Sandbox) -> None:
    verifier, challenge = proof()
    given = code(lever, code_challenge=challenge, code_challenge_method="S256")

    _refused(exchange(lever, "unheard of"), "invalid_grant", 403)
    _refused(
        exchange(lever, given, code_verifier=verifier, redirect_uri=f"{REDIRECT}/"), "invalid_grant", 403
    )
    _refused(exchange(lever, given, code_verifier=proof()[0]), "invalid_grant", 403)
    _refused(exchange(lever, given), "invalid_grant", 403)
    _refused(exchange(lever, code(lever), code_verifier=verifier), "invalid_grant", 403)

    assert exchange(lever, given, code_verifier=verifier).status_code == 200


def test_a_code_that_is_used_twice_revokes_what_came_of_it(lever: Sandbox) -> None:
    given, others = code(lever), connected(lever)
    tokens = exchange(lever, given).json()
    tokens = renew(lever, tokens["refresh_token"]).json()

    _refused(exchange(lever, given), "invalid_grant", 403)

    assert bearer(lever, tokens["access_token"]).status_code == 401
    _refused(renew(lever, tokens["refresh_token"]), "invalid_grant", 403)
    assert bearer(lever, others["access_token"]).status_code == 200


# Rotation


def test_overlapping_the_old_refresh_token_is_good_until_a_new_token_is_used(lever: Sandbox) -> None:
    first = connected(lever)
    lost = renew(lever, first["refresh_token"]).json()
    second = renew(lever, first["refresh_token"]).json()
    assert len({first["refresh_token"], lost["refresh_token"], second["refresh_token"]}) == 3

    assert bearer(lever, second["access_token"]).status_code == 200

    _refused(renew(lever, first["refresh_token"]), "invalid_grant", 403)
    third = renew(lever, second["refresh_token"]).json()
    fourth = renew(lever, third["refresh_token"]).json()  # a use of the third
    _refused(renew(lever, second["refresh_token"]), "invalid_grant", 403)
    opened = [bearer(lever, tokens["access_token"]).status_code for tokens in (first, second, third, fourth)]
    assert opened == [200] * 4


def test_strictly_it_ends_at_once_and_using_it_again_revokes_all(lever: Sandbox) -> None:
    lever.set_rotation("strict")
    first = connected(lever)
    second = renew(lever, first["refresh_token"]).json()
    assert bearer(lever, first["access_token"]).status_code == 200

    _refused(renew(lever, first["refresh_token"]), "invalid_grant", 403)

    _refused(renew(lever, second["refresh_token"]), "invalid_grant", 403)
    assert bearer(lever, second["access_token"]).status_code == 401
    assert lever.grants()[-1].revoked_because == "a refresh token was used again"


def test_without_rotation_the_refresh_token_stays(lever: Sandbox) -> None:
    lever.set_rotation("off")
    first = connected(lever)

    for _ in range(2):
        again = renew(lever, first["refresh_token"]).json()
        assert again.keys() == {"access_token", "scope", "expires_in", "token_type"}
        assert bearer(lever, again["access_token"]).status_code == 200


# Time


def test_everything_ends_in_its_time() -> None:
    config = SandboxConfig(opportunities=0, rate=0, oauth=OAuthConfig(invalid_grant_status=400))
    with running_sandbox(config) as lever:
        late, timely = code(lever), code(lever)
        lever.set_now(lever.now(), frozen=True)
        lever.advance(10 * 60_000 - 1000)
        tokens = exchange(lever, timely).json()
        lever.advance(1001)
        _refused(exchange(lever, late), "invalid_grant", 400)

        lever.advance(HOUR - 1002)
        assert bearer(lever, tokens["access_token"]).status_code == 200
        lever.advance(1)
        answer = bearer(lever, tokens["access_token"])
        assert (answer.status_code, answer.json()["code"]) == (401, "InvalidCredentials")

        lever.advance(YEAR - HOUR - 1)
        tokens = renew(lever, tokens["refresh_token"]).json()
        lever.advance(YEAR)
        _refused(renew(lever, tokens["refresh_token"]), "invalid_grant", 400)


def test_how_long_is_configured() -> None:
    oauth = OAuthConfig(access_seconds=60, refresh_seconds=120, code_seconds=30)
    with running_sandbox(SandboxConfig(opportunities=0, rate=0, oauth=oauth)) as lever:
        given = code(lever)
        lever.advance(29_000)
        tokens = exchange(lever, given).json()
        assert tokens["expires_in"] == 60
        lever.advance(61_000)
        assert bearer(lever, tokens["access_token"]).status_code == 401
        assert renew(lever, tokens["refresh_token"]).status_code == 200
        lever.advance(60_000)
        assert renew(lever, tokens["refresh_token"]).status_code == 403


# Controls


def test_all_tokens_or_those_of_one_grant_are_revoked(lever: Sandbox) -> None:
    one, other, third = (connected(lever) for _ in range(3))
    root = lever.url.removesuffix("/v1")

    assert WEB.post(f"{root}/__revoke", json={"grant": one["refresh_token"]}).json() == {"grants": 1}
    assert bearer(lever, one["access_token"]).status_code == 401
    _refused(renew(lever, one["refresh_token"]), "invalid_grant", 403)
    assert bearer(lever, other["access_token"]).status_code == 200

    assert lever.revoke_tokens(lever.grants()[-1].id) == 1
    assert bearer(lever, third["access_token"]).status_code == 401
    assert WEB.post(f"{root}/__revoke").json() == {"grants": 1}
    assert bearer(lever, other["access_token"]).status_code == 401
    assert WEB.post(f"{root}/__revoke", json={"grant": "nonsense"}).status_code == 400


def test_access_tokens_end_now_and_refresh_tokens_stay(lever: Sandbox) -> None:
    one, other = connected(lever), connected(lever)
    root = lever.url.removesuffix("/v1")

    assert WEB.post(f"{root}/__end_access_tokens", json={"grant": one["access_token"]}).json()["tokens"] == 1
    assert [bearer(lever, each["access_token"]).status_code for each in (one, other)] == [401, 200]
    assert lever.end_access_tokens() >= 1
    assert bearer(lever, other["access_token"]).status_code == 401
    assert renew(lever, other["refresh_token"]).status_code == 200


def test_grants_are_listed_without_a_token(lever: Sandbox) -> None:
    tokens = connected(lever)
    renewed = renew(lever, tokens["refresh_token"]).json()
    bearer(lever, renewed["access_token"])

    told = WEB.get(f"{lever.url.removesuffix('/v1')}/__grants")

    grant = told.json()["grants"][-1]
    assert (grant["scopes"], grant["environment"]) == (SCOPES.split(), "production")
    kinds = [(each["kind"], each["pair"], each["ended_at"] is None) for each in grant["tokens"]]
    assert kinds == [("access", 1, True), ("refresh", 1, False), ("access", 2, True), ("refresh", 2, True)]
    for each in (tokens, renewed):
        assert each["access_token"] not in told.text
        assert each["refresh_token"] not in told.text
    issued = lever.issue_tokens("users:read:admin")
    assert issued.access_token not in repr(issued)


def test_only_scopes_that_there_are_can_be_granted(lever: Sandbox) -> None:
    with pytest.raises(ValueError, match="there is no scope users:read"):
        lever.issue_tokens("users:read")


def test_the_rotation_is_set_over_http(lever: Sandbox) -> None:
    root = lever.url.removesuffix("/v1")
    assert WEB.post(f"{root}/__rotation", json={"rotation": "strict"}).status_code == 204
    assert WEB.post(f"{root}/__rotation", json={"rotation": "nonsense"}).status_code == 400
    assert lever.oauth.rotation == "strict"


# Faults


def test_an_answer_is_lost_after_the_tokens_were_renewed(lever: Sandbox) -> None:
    lever.set_rotation("strict")
    tokens = connected(lever)
    lever.set_faults("reset,path=/oauth/token,when=after,times=1")

    with pytest.raises(httpx.TransportError):
        renew(lever, tokens["refresh_token"])

    assert [each.pair for each in lever.grants()[-1].tokens if each.kind == "refresh"] == [1, 2]
    _refused(renew(lever, tokens["refresh_token"]), "invalid_grant", 403)


@pytest.mark.parametrize("fault", ["reset", "500", "html-502", "malformed"])
def test_faults_strike_the_token_endpoint_too(lever: Sandbox, fault: str) -> None:
    tokens = connected(lever)
    lever.set_faults(f"{fault},endpoint=POST /oauth/token,times=1")
    lever.reset_requests()
    try:
        found = renew(lever, tokens["refresh_token"])
        assert found.status_code >= 500 or "access_token" not in found.text
    except httpx.TransportError:
        assert fault == "reset"

    assert bearer(lever, tokens["access_token"]).status_code == 200
    assert renew(lever, tokens["refresh_token"]).status_code == 200
    assert lever.requests().of("POST /oauth/token") == 2


# Kept in a file


def test_grants_survive_a_restart_as_hashes_and_only_in_their_environment(tmp_path: Path) -> None:
    config = SandboxConfig(opportunities=1, rate=0, db=tmp_path / "lever.db")
    with running_sandbox(config) as lever:
        pending, tokens = code(lever), connected(lever)
    kept = (tmp_path / "lever.db").read_bytes()
    for secret in (pending, tokens["access_token"], tokens["refresh_token"]):
        assert secret.encode() not in kept

    with running_sandbox(config.model_copy(update={"environment": "sandbox"})) as lever:
        assert bearer(lever, tokens["access_token"]).status_code == 401
        _refused(renew(lever, tokens["refresh_token"]), "invalid_grant", 403)
        _refused(exchange(lever, pending), "invalid_grant", 403)

    with running_sandbox(config) as lever:
        assert bearer(lever, tokens["access_token"]).status_code == 200
        assert renew(lever, tokens["refresh_token"]).status_code == 200
        assert exchange(lever, pending).status_code == 200


def test_what_one_server_gave_another_does_not_take(lever: Sandbox) -> None:
    tokens = connected(lever)
    with running_sandbox(SandboxConfig(opportunities=0, environment="sandbox")) as other:
        assert bearer(other, tokens["access_token"]).status_code == 401
        _refused(renew(other, tokens["refresh_token"]), "invalid_grant", 403)
        _refused(exchange(other, code(lever)), "invalid_grant", 403)

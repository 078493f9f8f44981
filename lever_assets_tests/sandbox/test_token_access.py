"""What an access token opens: what its scopes name, and nothing else; the key goes on as before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets_tests.sandbox.consenting import bearer, connected
from lever_assets_tests.web import WEB


@pytest.fixture(scope="module")
def lever() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=300, rate=0, denied=frozenset({"tags"}))) as sandbox:
        yield sandbox


def _token(lever: Sandbox, *scopes: str) -> str:
    return lever.issue_tokens(*scopes).access_token


def test_what_no_scope_names_is_refused_by_name(lever: Sandbox) -> None:
    token = connected(lever, "opportunities:read:admin notes:write:admin")["access_token"]
    ident = lever.ids("opportunities")[0]

    assert bearer(lever, token, f"/opportunities/{ident}").status_code == 200
    for method, path, scope in (
        ("GET", f"/opportunities/{ident}/offers", "offers:read:admin"),
        ("GET", f"/opportunities/{ident}/notes", "notes:read:admin"),
        ("POST", f"/opportunities/{ident}/addTags", "opportunities:write:admin"),
        ("GET", "/disposition_stages", "stages:read:admin"),
    ):
        found = bearer(lever, token, path, method)
        assert (found.status_code, found.json()["code"]) == (403, "Forbidden")
        assert scope in found.json()["message"]
        assert "access token" in found.json()["message"]


def test_writing_needs_the_scope_to_write(lever: Sandbox) -> None:
    path = f"/opportunities/{lever.ids('opportunities')[0]}/notes"
    for scope, status in (("notes:write:admin", 201), ("notes:read:admin", 403)):
        found = WEB.post(
            f"{lever.url}{path}",
            json={"value": "x"},
            headers={"authorization": f"Bearer {_token(lever, scope)}"},
        )
        assert found.status_code == status, found.text


def test_confidential_records_need_a_scope_of_their_own(lever: Sandbox) -> None:
    plain = _token(lever, "opportunities:read:admin")
    trusted = _token(lever, "opportunities:read:admin", "confidential:access:admin")
    found = bearer(lever, trusted, "/opportunities?confidentiality=confidential").json()["data"]
    assert found
    assert bearer(lever, plain, "/opportunities?confidentiality=confidential").json()["data"] == []
    path = f"/opportunities/{found[0]['id']}"
    assert [bearer(lever, token, path).status_code for token in (plain, trusted)] == [404, 200]


def test_applications_are_expanded_for_those_who_may_read_them(lever: Sandbox) -> None:
    application = lever.get("applications", lever.ids("applications")[0]) or {}
    path = f"/opportunities/{application['opportunityId']}?expand=applications"
    scopes = ("opportunities:read:admin", "confidential:access:admin")

    ids = bearer(lever, _token(lever, *scopes), path)
    whole = bearer(lever, _token(lever, *scopes, "applications:read:admin"), path)

    assert ids.json()["data"]["applications"] == [application["id"]]
    assert whole.json()["data"]["applications"] == [application]


def test_what_the_key_lacks_is_the_keys_own_affair(lever: Sandbox) -> None:
    assert bearer(lever, _token(lever, "tags:read:admin"), "/tags").status_code == 200
    assert bearer(lever, lever.key, "/tags").status_code == 403
    assert WEB.get(f"{lever.url}/tags", auth=(lever.key, "")).status_code == 403
    assert WEB.get(f"{lever.url}/users", auth=(lever.key, "")).status_code == 200


def test_a_permission_that_is_taken_from_all_is_taken_from_tokens(lever: Sandbox) -> None:
    token = _token(lever, "users:read:admin")
    lever.set_quirks("denied=users")
    try:
        assert bearer(lever, token, "/users").status_code == 403
    finally:
        lever.set_quirks()
    assert bearer(lever, token, "/users").status_code == 200


def test_a_token_is_no_key(lever: Sandbox) -> None:
    token = _token(lever, "stages:read:admin")
    assert WEB.get(f"{lever.url}/stages", auth=(token, "")).status_code == 401
    found = bearer(lever, f"{token}x")
    assert (found.status_code, found.json()["code"]) == (401, "InvalidCredentials")
    assert token not in found.text

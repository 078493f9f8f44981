"""The authorize page: whom it trusts, what it asks, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape, unescape
from typing import Any

import pytest

from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.sandbox.endpoints.reads import READS
from lever_assets.sandbox.endpoints.writes import WRITES
from lever_assets.sandbox.oauth.scopes import SCOPES
from lever_assets_tests.sandbox.consenting import REDIRECT, Form, Redirected, answer, ask, asking, proof
from lever_assets_tests.web import WEB


@pytest.fixture(scope="module")
def lever() -> Iterator[Sandbox]:
    with running_sandbox(SandboxConfig(opportunities=0, rate=0)) as sandbox:
        yield sandbox


def test_the_page_says_who_asks_for_what_and_is_all_in_itself(lever: Sandbox) -> None:
    scopes = "opportunities:read:admin notes:write:admin confidential:access:admin offline_access"
    page = ask(lever, scope=scopes)

    assert page.status_code == 200
    assert "lever-assets asks for access" in page.text
    assert all(scope in page.text and SCOPES[scope] in unescape(page.text) for scope in scopes.split())
    assert "offers" not in page.text
    form = Form()
    form.feed(page.text)
    assert form.loads == []
    assert form.buttons == ["accept", "deny"]
    assert form.hidden == asking(lever, scope=scopes)
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["cache-control"] == "no-store"


def test_what_is_asked_for_is_not_taken_for_html(lever: Sandbox) -> None:
    state = "\"><script>alert('x')</script>"

    page = ask(lever, state=state)

    assert "<script>" not in page.text
    assert escape(state) in page.text
    assert answer(page, "deny").fields["state"] == state


def test_accepting_leads_back_with_a_code_and_the_state(lever: Sandbox) -> None:
    there = answer(ask(lever))

    assert there.address == REDIRECT
    assert there.fields.keys() == {"code", "state"}
    assert there.fields["state"] == asking(lever)["state"]


def test_the_callback_keeps_its_own_query_and_there_may_be_no_state(lever: Sandbox) -> None:
    there = answer(ask(lever, redirect_uri="http://localhost:1/back?of=a%26b", state=None))

    assert there.address == "http://localhost:1/back"
    assert there.fields.keys() == {"code", "of"}
    assert there.fields["of"] == "a&b"


def test_denying_leads_back_without_a_grant(lever: Sandbox) -> None:
    before = lever.grants()

    there = answer(ask(lever), "deny")

    assert (there.address, there.fields["error"]) == (REDIRECT, "access_denied")
    assert there.fields["state"] == asking(lever)["state"]
    assert "code" not in there.fields
    assert lever.grants() == before


def test_an_admin_signs_in_and_fails_at_the_end(lever: Sandbox) -> None:
    before = lever.grants()

    there = answer(ask(lever), "accept", "admin")

    assert there.fields["error"] == "access_denied"
    assert "Super Admin" in there.fields["error_description"]
    assert lever.grants() == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "somebody-else"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "http://127.0.0.1.evil.example/callback"},
        {"redirect_uri": "http://127.0.0.1@evil.example/callback"},
        {"redirect_uri": "https://127.0.0.1:8765/callback"},
        {"redirect_uri": "http://127.0.0.1:port/callback"},
        {"redirect_uri": f"{REDIRECT}#there"},
        {"redirect_uri": "not an address"},
    ],
)
def test_who_is_not_known_gets_a_page_and_no_redirect(lever: Sandbox, wrong: dict[str, str | None]) -> None:
    for found in (
        ask(lever, **wrong),
        WEB.post(
            f"{lever.auth_url}/authorize",
            data=asking(lever, **wrong) | {"decision": "accept", "sign_in_as": "super_admin"},
        ),
    ):
        assert found.status_code == 400
        assert "location" not in found.headers
        assert "can’t go on" in found.text


def test_the_registered_address_may_be_another_than_loopback() -> None:
    config: dict[str, Any] = {"oauth": {"redirect_uri": "https://hr.example.com/back"}}
    with running_sandbox(SandboxConfig(opportunities=0, **config)) as sandbox:
        assert answer(ask(sandbox, redirect_uri="https://hr.example.com/back")).fields["code"]
        assert ask(sandbox, redirect_uri="https://hr.example.com/back/").status_code == 400
        assert ask(sandbox, redirect_uri="http://[::1]:9/anything").status_code == 200


CHALLENGE = proof()[1]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "offers:read:admin everything"}, "invalid_scope"),
        ({"prompt": "none"}, "invalid_request"),
        ({"audience": None}, "invalid_request"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
    ],
)
def test_other_mistakes_are_told_to_the_application(
    lever: Sandbox, wrong: dict[str, str | None], error: str
) -> None:
    there = Redirected.by(ask(lever, **wrong))

    assert there.address == REDIRECT
    assert there.fields["error"] == error
    assert there.fields["error_description"]
    assert there.fields["state"] == asking(lever)["state"]


def test_a_parameter_that_comes_twice_is_refused(lever: Sandbox) -> None:
    address = f"{lever.auth_url}/authorize"
    there = Redirected.by(WEB.get(address, params=asking(lever) | {"scope": ["users:read:admin"] * 2}))
    assert there.fields["error"] == "invalid_request"

    assert WEB.get(address, params=asking(lever) | {"redirect_uri": [REDIRECT] * 2}).status_code == 400


def test_an_audience_of_another_environment_is_told_so(lever: Sandbox) -> None:
    others = ("https://api.lever.co/v1/", "https://api.sandbox.lever.co/v1/", lever.url, "")
    for audience in others:
        there = Redirected.by(ask(lever, audience=audience))
        assert there.fields["error"] == ("access_denied" if audience else "invalid_request")
        assert ("wrong environment" in there.fields["error_description"]) == bool(audience)


def test_the_server_may_be_called_by_another_of_its_names(lever: Sandbox) -> None:
    elsewhere = lever.url.replace("127.0.0.1", "localhost")
    address = f"{lever.auth_url.replace('127.0.0.1', 'localhost')}/authorize"

    page = WEB.get(address, params=asking(lever, audience=f"{elsewhere}/"))

    assert answer(page).fields["code"]


def test_a_form_that_is_not_filled_in_is_no_consent(lever: Sandbox) -> None:
    before = lever.grants()
    for said in ({}, {"decision": "accept"}, {"decision": "maybe", "sign_in_as": "super_admin"}):
        there = Redirected.by(WEB.post(f"{lever.auth_url}/authorize", data=asking(lever) | said))
        assert there.fields["error"] == "invalid_request"
    assert lever.grants() == before


def test_there_is_a_scope_for_each_endpoint() -> None:
    assert {route.scope for route in (*READS, *WRITES)} <= SCOPES.keys()

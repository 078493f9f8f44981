"""Being let in: what is asked for, what comes back, and what is no answer to it."""

from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from lever_assets.connect.environments import ADDRESSES, Addresses, Environment, environment_at
from lever_assets.connect.oauth import App, ConsentError, Grant, OAuthServer, StrayError
from lever_assets.lever import AuthenticationError, UnavailableError
from lever_assets.sandbox import Sandbox, SandboxConfig, running_sandbox
from lever_assets.settings import Settings, SettingsError
from lever_assets.store.transaction import now
from lever_assets_tests.connect.connecting import READING, consent


@pytest.fixture
def server(sandbox: Sandbox, settings: Settings) -> OAuthServer:
    """The sandbox's OAuth server."""
    return OAuthServer(App.of(settings), Addresses(sandbox.url, sandbox.auth_url))


def test_what_is_asked_for_is_as_lever_wants_it(server: OAuthServer, sandbox: Sandbox) -> None:
    asked = server.ask(READING)
    query = {name: value[0] for name, value in parse_qs(urlsplit(asked.url).query).items()}

    assert asked.url.startswith(f"{sandbox.auth_url}/authorize?")
    assert query["audience"] == f"{sandbox.url}/"
    assert query["prompt"] == "consent"
    assert query["response_type"] == "code"
    assert set(query["scope"].split()) == {*READING, "offline_access"}
    assert query["code_challenge_method"] == "S256"


def test_a_grant_is_for_what_was_accepted(server: OAuthServer) -> None:
    asked = server.ask(READING)

    grant = server.exchange(asked.code_in(consent(asked.url)), asked)

    assert grant.scopes == asked.scopes
    assert grant.refresh_token is not None
    assert 3500 < (grant.expires_at - grant.issued_at).total_seconds() <= 3600
    assert (grant.refresh_token_until - grant.refresh_token_since).days == 365
    for secret in (grant.access_token, grant.refresh_token):
        assert secret.get_secret_value() not in repr((grant, asked))


def test_two_attempts_have_nothing_in_common(server: OAuthServer) -> None:
    first, second = server.ask(READING), server.ask(READING)

    assert first.state != second.state
    assert first.verifier != second.verifier


def test_another_state_is_of_another_attempt(server: OAuthServer) -> None:
    first, second = server.ask(READING), server.ask(READING)

    with pytest.raises(StrayError, match="another"):
        second.code_in(consent(first.url))


def test_a_code_of_another_attempt_is_refused_for_its_verifier(server: OAuthServer) -> None:
    first, second = server.ask(READING), server.ask(READING)

    with pytest.raises(AuthenticationError, match="invalid_grant"):
        server.exchange(first.code_in(consent(first.url)), second)


def test_a_code_is_good_once_and_its_tokens_end_when_it_is_replayed(
    server: OAuthServer, sandbox: Sandbox
) -> None:
    asked = server.ask(READING)
    code = asked.code_in(consent(asked.url))
    grant = server.exchange(code, asked)

    with pytest.raises(AuthenticationError, match="invalid_grant"):
        server.exchange(code, asked)
    with pytest.raises(AuthenticationError, match="lever-assets connect"):
        server.renew(grant)


@pytest.mark.parametrize(("decision", "role"), [("deny", "super_admin"), ("accept", "admin")])
def test_a_refusal_says_who_may_accept(server: OAuthServer, decision: str, role: str) -> None:
    asked = server.ask(READING)

    with pytest.raises(ConsentError, match=r"access_denied.*Super Admin"):
        asked.code_in(consent(asked.url, decision, role))


@pytest.mark.parametrize(
    "address", ["", "http://127.0.0.1:8765/callback", "nonsense", "?state=&code=x", "\x00"]
)
def test_what_is_no_answer_is_said_to_be_none(server: OAuthServer, address: str) -> None:
    with pytest.raises(ConsentError):
        server.ask(READING).code_in(address)


def test_what_is_no_address_is_of_no_attempt(server: OAuthServer) -> None:
    with pytest.raises(StrayError):
        server.ask(READING).code_in("http://[")


def test_an_answer_without_a_code_is_none(server: OAuthServer) -> None:
    asked = server.ask(READING)

    with pytest.raises(ConsentError, match="no code"):
        asked.code_in(f"http://127.0.0.1:8765/callback?state={asked.state}")


def test_the_other_environment_lets_nobody_in(sandbox: Sandbox, settings: Settings) -> None:
    with running_sandbox(SandboxConfig(opportunities=0, rate=0, environment="sandbox")) as other:
        mixed = OAuthServer(App.of(settings), Addresses(other.url, sandbox.auth_url))
        asked = mixed.ask(READING)
        led_to = httpx.get(asked.url, follow_redirects=False).headers["location"]

    with pytest.raises(ConsentError, match="access_denied"):
        asked.code_in(led_to)


def test_a_wrong_secret_is_told_apart_from_a_wrong_code(sandbox: Sandbox, settings: Settings) -> None:
    app = App.of(settings)
    wrong = OAuthServer(
        replace(app, client_secret=SecretStr("wrong")), Addresses(sandbox.url, sandbox.auth_url)
    )
    asked = wrong.ask(READING)

    with pytest.raises(AuthenticationError, match=r"invalid_client.*LEVER_OAUTH_CLIENT_SECRET"):
        wrong.exchange(asked.code_in(consent(asked.url)), asked)


def test_without_an_app_it_is_said_what_to_set(settings: Settings) -> None:
    with pytest.raises(SettingsError, match=r"LEVER_OAUTH_CLIENT_ID.*--api-key"):
        App.of(settings.model_copy(update={"oauth_client_id": None}))


def test_a_server_that_is_not_there_is_said_to_be_away(settings: Settings) -> None:
    nowhere = OAuthServer(App.of(settings), Addresses("http://127.0.0.1:9/v1", "http://127.0.0.1:9"))
    asked = nowhere.ask(READING)

    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1 can't be reached") as told:
        nowhere.exchange("code", asked)
    assert told.value.__cause__ is None  # it would hold the request, and so the secrets
    assert told.value.__context__ is None


class _Odd(BaseHTTPRequestHandler):
    """A token endpoint whose answers are odd but for their tokens."""

    answer: ClassVar[bytes]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("oddly", ['"expires_in":0', '"expires_in":null', '"scope":["users:read:admin"]'])
def test_tokens_are_taken_whatever_else_is_odd_about_the_answer(settings: Settings, oddly: str) -> None:
    """The refresh token before may be good no more."""
    handler = type(
        "Odd", (_Odd,), {"answer": f'{{"access_token":"a2","refresh_token":"r2",{oddly}}}'.encode()}
    )
    old = Grant(SecretStr("a1"), SecretStr("r1"), now(), now(), frozenset(READING), now())
    with HTTPServer(("127.0.0.1", 0), handler) as odd:
        answering = Thread(target=odd.handle_request)
        answering.start()
        at = f"http://127.0.0.1:{odd.server_port}"
        grant = OAuthServer(App.of(settings), Addresses(at, at)).renew(old)
        answering.join()

    assert grant.refresh_token == SecretStr("r2")
    assert grant.expires_at - grant.issued_at == timedelta(hours=1)
    assert grant.scopes == frozenset(READING)


def test_levers_two_environments_are_known_by_their_addresses() -> None:
    assert environment_at("https://api.lever.co/v1/") is Environment.PRODUCTION
    assert environment_at("https://api.sandbox.lever.co/v1") is Environment.SANDBOX
    assert environment_at("http://127.0.0.1:8420/v1") is Environment.CUSTOM
    assert ADDRESSES[Environment.SANDBOX].authorize == "https://sandbox-lever.auth0.com/authorize"
    assert ADDRESSES[Environment.PRODUCTION].token == "https://auth.lever.co/oauth/token"
    assert ADDRESSES[Environment.PRODUCTION].audience == "https://api.lever.co/v1/"

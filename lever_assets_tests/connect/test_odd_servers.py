"""A token endpoint that is out of order, or is none: what it costs, and what is told of it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from pydantic import SecretStr

from lever_assets.connect import oauth
from lever_assets.connect.environments import Addresses
from lever_assets.connect.oauth import App, Grant, OAuthServer
from lever_assets.lever import AuthenticationError, LeverError, MalformedError, UnavailableError
from lever_assets.sandbox import Sandbox
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.transaction import now
from lever_assets_tests.connect.connecting import connected, tokens
from lever_assets_tests.serving import Quiet, serving

GOOD = {"access_token": "new", "refresh_token": "next", "expires_in": 3600, "token_type": "Bearer"}


def grant() -> Grant:
    """A grant that is about to end."""
    soon = now() + timedelta(minutes=1)
    return Grant(SecretStr("token-before"), SecretStr("refresh-before"), now(), soon, frozenset({"x"}), now())


@contextmanager
def answering(status: int, body: bytes, *, drip: float = 0.0) -> Iterator[OAuthServer]:
    """An OAuth server that answers so to whatever it is asked."""

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for part in [body[at : at + 1] for at in range(len(body))] if drip else [body]:
                self.wfile.write(part)
                time.sleep(drip)

    with serving(Handler) as port:
        app = App("client", SecretStr("client-secret"), "http://127.0.0.1:1/callback")
        yield OAuthServer(app, Addresses("http://127.0.0.1:1/v1", f"http://127.0.0.1:{port}"))


def odd(**changes: object) -> bytes:
    """A good answer with something odd about it."""
    return json.dumps({**GOOD, **changes}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, b"", UnavailableError),
        (429, b"{}", UnavailableError),
        (200, b"<html>", MalformedError),
        (200, b"{}", MalformedError),
        (200, b"[" * 50_000, MalformedError),
        (200, odd(access_token=""), MalformedError),
        (200, odd(access_token="a\nb"), MalformedError),
        (200, odd(access_token="\u00e9"), MalformedError),
        (403, b"<html>blocked</html>", MalformedError),
        (400, b"[" * 50_000, MalformedError),
        (302, b"", MalformedError),
        (403, b'{"error": "invalid_grant", "error_description": "client-secret"}', AuthenticationError),
        (401, b'{"error": "invalid_client"}', AuthenticationError),
    ],
)
def test_what_went_wrong_is_told_without_a_secret(status: int, body: bytes, kind: type[LeverError]) -> None:
    with answering(status, body) as server, pytest.raises(kind) as told:
        server.renew(grant())

    assert type(told.value) is kind
    for secret in ("client-secret", "token-before", "refresh-before"):
        assert secret not in f"{told.value!r} {told.value.__context__!r} {told.value.__cause__!r}"


@pytest.mark.parametrize("answer", [odd(refresh_token=""), odd(refresh_token=None), odd(refresh_token=[1])])
def test_without_a_new_refresh_token_the_one_before_stays(answer: bytes) -> None:
    before = grant()
    with answering(200, answer) as server:
        after = server.renew(before)

    assert after.refresh_token == before.refresh_token
    assert after.access_token.get_secret_value() == "new"


def test_an_answer_that_drips_is_waited_for_no_longer_than_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oauth, "_SECONDS", 0.5)
    began = time.monotonic()

    with answering(200, odd(), drip=0.1) as server, pytest.raises(UnavailableError):
        server.renew(grant())

    assert time.monotonic() - began < 5


@pytest.mark.parametrize("body", [b"<html>", b"{}"])
def test_while_something_else_answers_a_good_token_goes_on_being_used(
    store: Store, settings: Settings, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    monkeypatch.setattr("lever_assets.connect.tokens._FIRST_GAP", timedelta())
    connected(store, settings, "acme")
    first = tokens(store, settings, "acme").renewed()
    monkeypatch.setattr("lever_assets.connect.tokens._is_due", bool)

    with answering(200, body) as server:
        ask = server.renew
        monkeypatch.setattr(OAuthServer, "renew", lambda _, before: ask(before))
        assert tokens(store, settings, "acme").renewed().access_token == first.access_token

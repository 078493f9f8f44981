"""What a browser and an OAuth client do at the sandbox, without either: the page read, filled in and sent."""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from lever_assets.sandbox import Sandbox
from lever_assets_tests.web import WEB

REDIRECT = "http://127.0.0.1:8765/callback"
SCOPES = "offline_access stages:read:admin offers:read:admin"


@dataclass(frozen=True)
class Redirected:
    """Where an answer led, and what it says there."""

    address: str
    fields: dict[str, str]

    @classmethod
    def by(cls, answer: httpx.Response) -> Redirected:
        assert answer.is_redirect, (answer.status_code, answer.text)
        parts = urlsplit(answer.headers["location"])
        return cls(f"{parts.scheme}://{parts.netloc}{parts.path}", dict(parse_qsl(parts.query)))


def asking(sandbox: Sandbox, **others: str | None) -> dict[str, str]:
    """The query of /authorize as Lever wants it; None leaves a parameter out."""
    usual = {
        "client_id": sandbox.oauth.config.client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "state": "as it came & went",
        "scope": SCOPES,
        "prompt": "consent",
        "audience": f"{sandbox.url}/",
    }
    return {name: value for name, value in (usual | others).items() if value is not None}


def ask(sandbox: Sandbox, **others: str | None) -> httpx.Response:
    """The page, or what comes in its place."""
    return WEB.get(f"{sandbox.auth_url}/authorize", params=asking(sandbox, **others))


def answer(page: httpx.Response, decision: str = "accept", role: str = "super_admin") -> Redirected:
    """Fill in the form of the page and send it, as the browser does."""
    form = Form()
    form.feed(page.text)
    assert (decision, role) in {(button, choice) for button in form.buttons for choice in form.roles}
    fields = {**form.hidden, "sign_in_as": role, "decision": decision}
    return Redirected.by(WEB.post(str(page.url), data=fields))


def code(sandbox: Sandbox, **others: str | None) -> str:
    """The code that an accepted request gets."""
    return answer(ask(sandbox, **others)).fields["code"]


def token(sandbox: Sandbox, **fields: str | None) -> httpx.Response:
    """Ask the token endpoint as the registered client."""
    config = sandbox.oauth.config
    client = {"client_id": config.client_id, "client_secret": config.client_secret}
    body = {name: value for name, value in (client | fields).items() if value is not None}
    return WEB.post(f"{sandbox.auth_url}/oauth/token", data=body)


def exchange(sandbox: Sandbox, given: str, **others: str | None) -> httpx.Response:
    """A code for tokens."""
    usual = {"grant_type": "authorization_code", "code": given, "redirect_uri": REDIRECT}
    return token(sandbox, **(usual | others))


def renew(sandbox: Sandbox, refresh_token: str) -> httpx.Response:
    """A refresh token for tokens."""
    return token(sandbox, grant_type="refresh_token", refresh_token=refresh_token)


def connected(sandbox: Sandbox, scope: str = SCOPES) -> dict[str, Any]:
    """The tokens that a whole flow ends with."""
    tokens: dict[str, Any] = exchange(sandbox, code(sandbox, scope=scope)).json()
    return tokens


def bearer(sandbox: Sandbox, access_token: str, path: str = "/stages", method: str = "GET") -> httpx.Response:
    """A request to the Data API with an access token."""
    return WEB.request(method, f"{sandbox.url}{path}", headers={"authorization": f"Bearer {access_token}"})


def proof() -> tuple[str, str]:
    """PKCE's verifier and challenge."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, urlsafe_b64encode(digest).rstrip(b"=").decode()


class Form(HTMLParser):
    """What a page's form holds: the hidden fields, the buttons' values, the roles; and all that it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.buttons: list[str] = []
        self.roles: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given["type"] == "hidden":
            self.hidden[given["name"]] = given["value"]
        if tag == "input" and given["type"] == "radio":
            self.roles.append(given["value"])
        if tag == "button":
            self.buttons.append(given["value"])
        if tag in {"script", "link", "img"} or {"src", "href"} & given.keys():
            self.loads.append(tag)

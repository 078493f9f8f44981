"""Kombo's own widget, unmodified, in a real browser: it shows our page in a frame of another site's.

`make test-browser` runs it, where there is a Chromium.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from lever_assets.store.accounts import any_account
from lever_assets_tests import node
from lever_assets_tests.api.linking import Linking, linking
from lever_assets_tests.connect.browser import CHROMIUM, Page, browsing
from lever_assets_tests.serving import Quiet, serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="this machine has no Chromium"),
]

_PAGE = """<!doctype html><meta charset="utf-8"><title>A product</title><h1>A product</h1>
<script src="/widget.js"></script><script>
let outcome = null;
KomboConnect.showKomboConnect(new URLSearchParams(location.search).get("link"))
  .then(token => { outcome = {token}; }, error => { outcome = {error: error.name}; });
</script>"""
_ASKS = "document.querySelector('button.accept') !== null && document.readyState === 'complete'"
_ESCAPE = 27
_END = 35
_TAB = 9
_ENTER = 13


@pytest.fixture(scope="module")
def product() -> Iterator[str]:
    """The site of a product, which has the widget as npm has it; yields its origin."""
    packed = node.packages(Path(__file__).parent / "widget") / "@kombo-api" / "connect" / "dist" / "index.js"
    widget = packed.read_bytes()

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_widget = self.path == "/widget.js"
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if is_widget else "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(widget if is_widget else _PAGE.encode())

    with serving(Handler) as port:
        yield f"http://localhost:{port}"


@pytest.fixture
def here(tmp_path: Path, sqlite_database: str, product: str) -> Iterator[Linking]:
    """A server by which accounts are connected, and which only the product may show."""
    with linking(sqlite_database, tmp_path, connect_origins=(product,)) as found:
        yield found


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A page of a browser, so high that nothing has to be scrolled: that a frame did is known late."""
    size = {"width": 900, "height": 1700, "deviceScaleFactor": 1, "mobile": False}
    with browsing(tmp_path / "profile") as opened:
        opened.call("Emulation.setDeviceMetricsOverride", **size)
        yield opened


def shown(page: Page, product: str, link: str) -> Page:
    """Have the product show a link by the widget; returns its frame."""
    page.open(f"{product}/?link={quote(link, safe='')}")
    frame = page.frame("/connect?token=")
    frame.wait_for("document.readyState === 'complete' && !document.getElementById('close')?.hidden")
    return frame


def outcome(page: Page) -> Any:
    """What the widget tells the product."""
    page.wait_for("outcome !== null")
    return json.loads(page.value("JSON.stringify(outcome)"))


def activated(here: Linking, token: str) -> str:
    with here.client() as kombo:
        return str(kombo.connect.get_integration_by_token(token=token).data.end_user_organization_name)


def give_key(page: Page, frame: Page, key: str) -> None:
    """Type a key and send it, as somebody does with the mouse and the keyboard."""
    frame.wait_for("document.readyState === 'complete'")  # until then what is clicked on may move
    page.click("input[name=api_key]", frame)
    page.type(key)
    page.click("button[type=submit]", frame)


def test_with_a_key_after_a_wrong_one(here: Linking, page: Page, product: str) -> None:
    frame = shown(page, product, here.link())
    assert frame.value("document.querySelector('#close').getAttribute('aria-label')") == "Close"
    give_key(page, frame, "wrong")
    frame = page.frame("/connect?token=")
    frame.wait_for("document.querySelector('[role=alert]') !== null")
    assert "Lever does not accept this key" in frame.text()
    assert frame.value("document.activeElement.id") == "failure"
    assert page.value("outcome") is None
    give_key(page, frame, here.sandbox.key)
    assert activated(here, outcome(page)["token"]) == "Acme Inc."
    assert page.value("document.querySelector('iframe')") is None


def test_the_stage_for_assessments_is_chosen_by_keyboard(
    tmp_path: Path, sqlite_database: str, page: Page, product: str
) -> None:
    origins = (product,)
    with linking(sqlite_database, tmp_path, connect_origins=origins, assessment_default_package="go") as here:
        frame = shown(page, product, here.link())
        give_key(page, frame, here.sandbox.key)
        frame = page.frame("/connect?token=")
        frame.wait_for("document.querySelector('#stage') !== null && document.readyState === 'complete'")
        page.click("label[for=stage]", frame)  # it leads to what it names
        assert frame.value("document.activeElement.id") == "stage"
        page.press("End", _END)
        page.press("Tab", _TAB)
        assert frame.value("document.activeElement.value") == "fields"
        page.press("Enter", _ENTER)
        assert activated(here, outcome(page)["token"]) == "Acme Inc."
        [found] = here.api.data("GET", "/v1/integrations", integration=None)["results"]
        with here.store.reading(str(found["name"])) as tx:
            row = any_account(tx)
        assert row is not None
        stage = here.sandbox.get("stages", str(row.settings["assessment_stage"]))
    assert stage is not None
    assert stage["text"] == "Technical interview"  # the last by name


@pytest.mark.parametrize("how", ["escape", "close"])
def test_cancelled(here: Linking, page: Page, product: str, how: str) -> None:
    frame = shown(page, product, here.link())
    if how == "close":
        page.click("#close", frame)
    else:
        page.click("h1", frame)
        page.press("Escape", _ESCAPE)
    assert outcome(page) == {"error": "KomboConnectCancelledError"}


def test_by_signing_in_in_another_window(here: Linking, page: Page, product: str) -> None:
    frame = shown(page, product, here.link())
    page.click("#oauth", frame)
    lever = page.window("/authorize")
    lever.wait_for(_ASKS)
    assert "Waiting for the other window" in frame.text()
    lever.click("button.accept")
    assert activated(here, outcome(page)["token"]) == "Acme Inc."


def test_who_is_refused_there_is_told_in_the_frame(here: Linking, page: Page, product: str) -> None:
    frame = shown(page, product, here.link())
    page.click("#oauth", frame)
    lever = page.window("/authorize")
    lever.wait_for(_ASKS)
    lever.click("button[value=deny]")
    frame.wait_for("document.querySelector('[role=alert]') !== null && document.readyState === 'complete'")
    assert "Lever did not let us in" in frame.text()
    assert page.value("outcome") is None
    page.click("#oauth", frame)  # and once more: what was told before is no answer to this
    again = page.window("/authorize")
    again.wait_for(_ASKS)
    again.click("button.accept")
    assert activated(here, outcome(page)["token"]) == "Acme Inc."


def test_with_the_keyboard_alone(here: Linking, page: Page, product: str) -> None:
    frame = shown(page, product, here.link())
    frame.value("window.focus()")
    page.click("h1", frame)
    for _ in range(12):
        if frame.value("document.activeElement.id") == "api_key":
            break
        page.press("Tab", 9)
    assert frame.value("document.activeElement.id") == "api_key"
    page.type(here.sandbox.key)
    page.press("Enter", 13)
    assert activated(here, outcome(page)["token"]) == "Acme Inc."


@contextmanager
def another_product() -> Iterator[str]:
    """A site of somebody who may not show the page."""

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            link = self.path.partition("link=")[2]
            self.wfile.write(f"<iframe src='{link}'></iframe>".encode())

    with serving(Handler) as port:
        yield f"http://localhost:{port}"


def test_nobody_else_may_show_it(here: Linking, page: Page) -> None:
    link = here.link()
    with another_product() as site:
        page.open(f"{site}/?link={link}")
        frame = page.frame("")
        frame.wait_for("document.readyState === 'complete'")
        assert "api_key" not in str(frame.value("document.documentElement.outerHTML"))


def test_a_magic_link_by_itself(here: Linking, page: Page) -> None:
    page.open(here.link(link_type="MAGIC_LINK", language="de"))
    assert page.value("document.documentElement.lang") == "de"
    assert page.value("document.getElementById('close').hidden")
    page.click("input[name=api_key]")
    page.type(here.sandbox.key)
    page.click("button[type=submit]")
    page.wait_for("document.body.dataset.step === 'done'")
    assert "Lever ist verbunden" in page.text()
    (found,) = here.api.data("GET", "/v1/integrations", integration=None)["results"]
    assert found["end_user"]["organization_name"] == "Acme Inc."


def test_a_magic_link_by_signing_in(here: Linking, page: Page) -> None:
    page.open(here.link(link_type="MAGIC_LINK"))
    page.click("#oauth")
    lever = page.window("/authorize")
    lever.wait_for(_ASKS)
    lever.click("button.accept")
    page.wait_for("document.body.dataset.step === 'done'")
    assert "Lever is connected" in page.text()


def test_everything_has_a_name_and_nothing_is_asked_elsewhere(here: Linking, page: Page) -> None:
    page.open(here.link(link_type="MAGIC_LINK"))
    page.call("Accessibility.enable")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    roles = [
        (each["role"]["value"], each.get("name", {}).get("value", "")) for each in nodes if "role" in each
    ]
    named = {role: name for role, name in roles if role in {"textbox", "button", "link", "heading", "image"}}
    assert ("textbox", "API key") in roles
    assert ("button", "Connect") in roles
    assert ("link", "Sign in with Lever") in roles
    assert all(named.values()), named
    loaded = page.value("performance.getEntriesByType('resource').map(each => each.name)")
    assert loaded
    assert all(each.startswith(here.api.url) for each in loaded)
    assert page.value("document.cookie") == ""
    assert page.value("document.documentElement.scrollWidth <= window.innerWidth")
    page.call("Emulation.setDeviceMetricsOverride", width=320, height=640, deviceScaleFactor=1, mobile=True)
    assert page.value("document.documentElement.scrollWidth <= 320")

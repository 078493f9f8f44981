"""A real browser: the UI works in it, and pages of other sites that it shows start nothing.

For machines that have a Chromium.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

import dagster as dg
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lever_assets.ui.guard import Guard
from lever_assets.ui.names import Names
from lever_assets_tests.serving import Quiet, serving
from lever_assets_tests.ui.conftest import listening

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="this machine has no Chromium"),
]

# Ways in which a page may have its browser send something to another site without asking first, and some
# others. Each has a mutation of its own.
PAGE = """<!doctype html><title>A page</title><body><img src="/until-done"><script>
const ui = "UI_ADDRESS/graphql";
const mutation = name => `mutation { setConcurrencyLimit(concurrencyKey: "${name}", limit: 1) }`;
const json = name => JSON.stringify({query: mutation(name)});
const address = name => ui + "?query=" + encodeURIComponent(mutation(name));
const send = (name, options, url = ui) => fetch(url, {mode: "no-cors", credentials: "include", ...options});
const loaded = (tag, name) => new Promise(done => {
  const made = document.createElement(tag);
  made.onload = made.onerror = done;
  made.src = address(name);
  document.body.appendChild(made);
});
const socket = name => new Promise(done => {
  const made = new WebSocket(ui.replace("http", "ws"), "graphql-ws");
  made.onopen = () => made.send(JSON.stringify({type: "start", id: "1", payload: {query: mutation(name)}}));
  made.onclose = made.onmessage = done;
});
const all = [
  send("plain", {method: "POST", body: json("plain")}, address("plain")),
  send("beside", {method: "POST", body: new Blob([json("beside")], {type: "text/plain; application/json"})}),
  send("asked", {method: "POST", body: json("asked"), mode: "cors",
                 headers: {"Content-Type": "application/json"}}),
  send("get", {}, address("get")),
  loaded("img", "image"), loaded("script", "script"), loaded("iframe", "frame"), socket("socket"),
];
const enough = new Promise(done => setTimeout(done, 8000));
Promise.race([Promise.allSettled(all), enough]).then(() => {
  navigator.sendBeacon(address("beacon"), json("beacon"));
  setTimeout(() => fetch("/done"), 1000);
});
</script></body>"""


def shown(address: str, folder: Path, *further: str) -> str:
    """Return the page that stands at an address, as a browser has it when it is loaded."""
    assert CHROMIUM is not None
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-proxy-server"]
    options += [f"--user-data-dir={folder}", "--dump-dom", *further]
    # Names of other sites, all of which lead to this machine: what a page's owner can do as well.
    options += ["--host-resolver-rules=MAP *.example 127.0.0.1"]
    command = [CHROMIUM, *options, address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout


@contextmanager
def another_site(ui: str) -> Iterator[tuple[int, Event]]:
    """Serve the page of another site that is after a UI; yields its port, and whether all was tried."""
    done = Event()

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/done":
                done.set()
            elif self.path == "/until-done":  # as long as this is awaited, the page is not loaded
                done.wait(60)
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(PAGE.replace("UI_ADDRESS", ui).encode())

    with serving(Handler) as port:
        yield port, done


def done_by(instance: dg.DagsterInstance) -> set[str]:
    """Return which mutations were done, and undo them."""
    storage = instance.event_log_storage
    found = set(storage.get_concurrency_keys())
    for name in found:
        storage.delete_concurrency_limit(name)
    return found


@pytest.mark.parametrize("site", ["evil.example", "localhost", "127.0.0.1"])
def test_a_page_of_another_site_starts_nothing(
    dagster_app: tuple[ASGIApp, dg.DagsterInstance], tmp_path: Path, site: str
) -> None:
    app, instance = dagster_app
    done_by(instance)
    with listening(app) as bare:
        visit(site, f"http://127.0.0.1:{bare}", tmp_path)
    assert {"plain", "beside", "get", "image", "script", "beacon"} <= done_by(instance)
    with listening(Guard(app, Names("127.0.0.1"))) as guarded:
        visit(site, f"http://127.0.0.1:{guarded}", tmp_path)
        visit(site, f"http://rebound.example:{guarded}", tmp_path)
        assert "Refused" in shown(f"http://rebound.example:{guarded}/", tmp_path)
    assert done_by(instance) == set()


def visit(site: str, ui: str, folder: Path) -> None:
    """Have a browser show the page of another site until that has tried everything."""
    with another_site(ui) as (port, done):
        shown(f"http://{site}:{port}/", folder)
        assert done.is_set()


def test_the_ui_itself_works(dagster_app: tuple[ASGIApp, dg.DagsterInstance], tmp_path: Path) -> None:
    app, _ = dagster_app
    answered: list[tuple[str, int]] = []
    guarded = Guard(app, Names("127.0.0.1"))

    async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                answered.append((scope["path"], message["status"]))
            elif message["type"] == "websocket.accept":
                answered.append((scope["path"], 101))
            await send(message)

        await guarded(scope, receive, sending)

    with listening(recorded) as port:
        page = shown(f"http://127.0.0.1:{port}/runs", tmp_path, "--virtual-time-budget=20000")
    assert "Runs" in page
    assert ("/graphql", 200) in answered
    assert ("/graphql", 101) in answered
    assert [each for each in answered if each[1] >= 400] == []

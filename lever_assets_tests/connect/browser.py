"""A real browser that is driven: it opens pages, clicks, reads, takes pictures (Chrome DevTools Protocol)."""

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_SECONDS = 30.0


class Page:
    """One page of the browser."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = count(1)

    def open(self, address: str) -> None:
        """Open an address, and wait until it is loaded."""
        self.call("Page.navigate", url=address)
        self.wait_for("document.readyState === 'complete'")

    def click(self, selector: str) -> None:
        """Click on what a CSS selector finds, where it is, as a mouse does."""
        box = f"(e => {{e.scrollIntoView(); return e.getBoundingClientRect().toJSON()}})({_found(selector)})"
        at = self.value(box)
        point = {"x": at["x"] + at["width"] / 2, "y": at["y"] + at["height"] / 2}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **point)

    def text(self) -> str:
        """What the page shows."""
        return str(self.value("document.body.innerText"))

    def value(self, expression: str) -> Any:
        """What a JavaScript expression gives on the page."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + _SECONDS
        while not self.value(expression):
            assert time.monotonic() < end, f"{expression} did not become true: {self.text()}"
            time.sleep(0.05)

    def picture(self, path: Path) -> None:
        """Save what is to be seen, the whole page."""
        taken = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(taken["data"]))

    def call(self, method: str, **params: Any) -> Any:
        """Send a command of the protocol, and return its result."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv(timeout=_SECONDS))
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]


def _found(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)})"


@contextmanager
def browsing(folder: Path) -> Iterator[Page]:
    """Start a browser with a profile of its own; yields its page."""
    assert CHROMIUM is not None
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-proxy-server"]
    options += [f"--user-data-dir={folder}", "--remote-debugging-port=0", "--window-size=900,1200"]
    with subprocess.Popen([CHROMIUM, *options, "about:blank"], stderr=subprocess.DEVNULL) as running:
        try:
            port = _port(folder / "DevToolsActivePort")
            pages = httpx.get(f"http://127.0.0.1:{port}/json", trust_env=False).json()
            address = next(each["webSocketDebuggerUrl"] for each in pages if each["type"] == "page")
            with connect(address, max_size=None) as socket:
                yield Page(socket)
        finally:
            running.terminate()


def _port(file: Path) -> int:
    end = time.monotonic() + _SECONDS
    while not (file.exists() and file.read_text().strip()):
        assert time.monotonic() < end, "the browser did not start"
        time.sleep(0.05)
    return int(file.read_text().splitlines()[0])

"""A real browser that is driven: it opens pages, clicks, reads, takes pictures (Chrome DevTools Protocol)."""

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_SECONDS = 30.0
_KNOWN_SECONDS = 0.3
"""Until the browser itself knows what a frame of another site shows where."""


class Page:
    """One page of the browser, or a frame of another site in one."""

    def __init__(self, socket: ClientConnection, find: "Callable[[str, str], Page]") -> None:
        self._socket = socket
        self._find = find
        self._numbers = count(1)

    def open(self, address: str) -> None:
        """Open an address, and wait until it is loaded."""
        self.call("Page.navigate", url=address)
        self.wait_for("document.readyState === 'complete'")

    def frame(self, address: str) -> "Page":
        """Wait for the frame of another site in whose address a text stands."""
        return self._find("iframe", address)

    def window(self, address: str) -> "Page":
        """Wait for the window, beside this one, in whose address a text stands."""
        return self._find("page", address)

    def click(self, selector: str, frame: "Page | None" = None) -> None:
        """Click on what a CSS selector finds, where it is, as a mouse does; or in a frame that fills it."""
        box = f"(e => {{e.scrollIntoView(); return e.getBoundingClientRect().toJSON()}})({_found(selector)})"
        at = (frame or self).value(box)
        if frame is not None:
            time.sleep(_KNOWN_SECONDS)
        point = {"x": at["x"] + at["width"] / 2, "y": at["y"] + at["height"] / 2}
        self.call("Input.dispatchMouseEvent", type="mouseMoved", **point)
        if frame is not None:
            time.sleep(_KNOWN_SECONDS)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **point)

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        self.call("Input.insertText", text=text)

    def press(self, key: str, code: int = 0) -> None:
        """Press a key, and let it go."""
        named = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        text = {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **named, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **named)

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
    with (
        subprocess.Popen([CHROMIUM, *options, "about:blank"], stderr=subprocess.DEVNULL) as running,
        ExitStack() as sockets,
    ):
        sockets.callback(running.terminate)
        port = _port(folder / "DevToolsActivePort")

        def find(kind: str, address: str) -> Page:
            end = time.monotonic() + _SECONDS
            while True:
                listed = httpx.get(f"http://127.0.0.1:{port}/json", trust_env=False).json()
                for each in listed:
                    if each["type"] == kind and address in each["url"]:
                        socket = connect(each["webSocketDebuggerUrl"], max_size=None)
                        return Page(sockets.enter_context(socket), find)
                assert time.monotonic() < end, f"there is no {kind} at {address}: {listed}"
                time.sleep(0.05)

        yield find("page", "")


def _port(file: Path) -> int:
    end = time.monotonic() + _SECONDS
    while not (file.exists() and file.read_text().strip()):
        assert time.monotonic() < end, "the browser did not start"
        time.sleep(0.05)
    return int(file.read_text().splitlines()[0])

"""A receiver of webhooks on a real socket."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import orjson

from lever_assets_tests.serving import Quiet, serving


@dataclass
class Receiver:
    """What came in, parsed, and what is answered: the `statuses` first, then 200."""

    url: str
    statuses: list[int] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def of(self, event: str) -> list[dict[str, Any]]:
        """The data of an event's deliveries."""
        return [body["data"] for body in self.bodies if body["event"] == event]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver for as long as the block lasts."""

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.bodies.append(orjson.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
            self.send_header("content-length", "0")
            self.end_headers()

    with serving(Handler) as port:
        receiver = Receiver(f"http://127.0.0.1:{port}/hook")
        yield receiver


def is_signed(body: dict[str, Any], key: str) -> bool:
    """Whether Lever's signature is right."""
    signed = f"{body['token']}{body['triggeredAt']}".encode()
    return hmac.compare_digest(hmac.new(key.encode(), signed, hashlib.sha256).hexdigest(), body["signature"])

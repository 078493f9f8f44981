"""A web address of the user's, on a real socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import orjson

from lever_assets_tests.serving import Quiet, serving


@dataclass
class Hook:
    """What came in, and what is answered: the `statuses` first, then 200."""

    url: str
    statuses: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str | None] = field(default_factory=list)
    previous: list[str | None] = field(default_factory=list)

    @property
    def notices(self) -> list[dict[str, Any]]:
        return [orjson.loads(body) for body in self.bodies]

    @property
    def models(self) -> list[set[str]]:
        """The models that each notice names."""
        return [{each["name"] for each in notice["data"]["changed_models"]} for notice in self.notices]


@contextmanager
def listening() -> Iterator[Hook]:
    """A hook for as long as the block lasts; a redirect leads to itself."""

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            hook.signatures.append(self.headers["x-kombo-signature"])
            hook.previous.append(self.headers["x-kombo-signature-previous"])
            self.send_response(hook.statuses.pop(0) if hook.statuses else 200)
            self.send_header("location", hook.url)
            self.send_header("content-length", "0")
            self.end_headers()

    with serving(Handler) as port:
        hook = Hook(f"http://127.0.0.1:{port}/hook?key=topsecret")
        yield hook

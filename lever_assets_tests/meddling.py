"""Somebody on the way between the connector and its Lever, who changes answers as a test says."""

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from pydantic import JsonValue

from lever_assets_tests.serving import Quiet, serving


@dataclass(frozen=True)
class Asked:
    """A request: its path without the base's, its parameters, its query as it came, and its body."""

    method: str
    path: str
    params: dict[str, list[str]]
    query: str = ""
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """An answer on its way back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, JsonValue]:
        """The object in the body."""
        found: dict[str, JsonValue] = json.loads(self.body)
        return found

    @property
    def records(self) -> list[JsonValue]:
        """What the page lists."""
        listed = self.json["data"]
        assert isinstance(listed, list)
        return listed

    def giving(self, status: int, body: bytes | JsonValue, kind: str = "application/json") -> "Reply":
        """Return the reply with another status and body."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return replace(self, status=status, body=content, headers={**self.headers, "content-type": kind})

    def of(self, data: JsonValue) -> "Reply":
        """Return the reply with other data."""
        return self.giving(200, {**self.json, "data": data})


Change = Callable[[Asked, Reply], Reply]
Rewrite = Callable[[Asked], bytes]
BLOCKED = b"<html><body>Access denied by policy</body></html>"
NOT_FOUND: JsonValue = {"code": "ResourceNotFound", "message": "not found"}


@dataclass
class Meddler:
    """Hands requests on to `base` and its answers back, through `rewrite` and `change` if there are any."""

    base: str
    url: str = ""
    change: Change | None = None
    rewrite: Rewrite | None = None
    asked: list[Asked] = field(default_factory=list)

    def of(self, path: str) -> int:
        """Return how many requests for this very path came."""
        return sum(each.path == path for each in self.asked)


@contextmanager
def meddling(base: str, change: Change | None = None) -> Iterator[Meddler]:
    """Stand between a client and the Lever at `base`."""
    meddler = Meddler(base, change=change)
    theirs = urlsplit(base)

    class Handler(Quiet, BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _hand_on(self) -> None:
            target = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            path = target.path.removeprefix(theirs.path)
            asked = Asked(self.command, path, parse_qs(target.query), target.query, body)
            meddler.asked.append(asked)
            if meddler.rewrite is not None:
                body = meddler.rewrite(asked)
            onward = http.client.HTTPConnection(str(theirs.hostname), theirs.port, timeout=30)
            left_out = {"accept-encoding", "content-length"}
            headers = {name: value for name, value in self.headers.items() if name.lower() not in left_out}
            onward.request(self.command, self.path, body, headers)
            response = onward.getresponse()
            kept = {name.lower(): value for name, value in response.getheaders()}
            reply = Reply(response.status, kept, response.read())
            onward.close()
            if meddler.change is not None:
                reply = meddler.change(asked, reply)
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                if name not in {"content-length", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_DELETE = _hand_on  # noqa: N815 (the base class wants these names)

    with serving(Handler) as port:
        meddler.url = f"http://127.0.0.1:{port}{theirs.path}"
        yield meddler

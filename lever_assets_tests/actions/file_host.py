"""A host that gives out files, over real HTTP on the loopback."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from lever_assets_tests.serving import Quiet, serving


@dataclass
class Reply:
    """What the host answers at a path. `drip`: the body comes byte by byte, this many seconds apart."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0.0


@dataclass
class FileHost:
    """The host: its port, what it answers, what it was asked for, and by which name."""

    port: int
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """Return the address of a path."""
        return f"http://{host}:{self.port}{path}"

    def gives(self, path: str, *replies: Reply) -> str:
        """Answer at a path with these replies, the last one for ever; returns the address."""
        self.replies[path] = list(replies)
        return self.url(path)

    def next(self, path: str) -> Reply:
        """Return the reply of this request."""
        self.asked.append(path)
        waiting = self.replies.get(path, [Reply(status=404)])
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


@contextmanager
def file_host() -> Iterator[FileHost]:
    """Serve until the end of the block."""
    stopping = threading.Event()

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.hosts.append(self.headers["Host"])
            reply = host.next(self.path)
            self.send_response(reply.status)
            headers = {"Content-Type": "application/pdf", **reply.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            step = 1 if reply.drip else max(1, len(reply.body))
            for start in range(0, len(reply.body), step):
                if reply.drip and stopping.wait(reply.drip):
                    return
                self.wfile.write(reply.body[start : start + step])

    with serving(Handler) as port:
        host = FileHost(port)
        try:
            yield host
        finally:
            stopping.set()

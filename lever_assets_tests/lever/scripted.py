"""A Lever of a few lines on a real socket, which answers what a test wrote down, byte for byte."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from pydantic import JsonValue, SecretStr

from lever_assets.lever import ApiKeyAuth, LeverClient, RateLimiter, RetryPolicy
from lever_assets.lever.traffic import Tell

KEY = "s3cret-key-of-the-test"
HASTY = RetryPolicy(base=0.001, cap=0.002)
UNLIMITED = RateLimiter(None, 20)


@dataclass(frozen=True)
class Answer:
    """The bytes to send, after `delay` seconds; then the connection is kept, closed or reset."""

    raw: bytes
    then: str = "keep"
    delay: float = 0.0


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    path: str
    params: dict[str, list[str]]
    headers: dict[str, str]
    method: str = "GET"
    body: bytes = b""


def answer(
    status: int = 200,
    body: bytes | JsonValue = None,
    headers: Mapping[str, str] | None = None,
    delay: float = 0.0,
) -> Answer:
    """Build a whole answer of HTTP."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"content-type": "application/json", "content-length": str(len(content)), **(headers or {})}
    head = f"HTTP/1.1 {status} Whatever\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in lines.items()
    )
    return Answer(head.encode() + b"\r\n" + content, delay=delay)


def data(content: JsonValue, **beside: JsonValue) -> Answer:
    """Build the answer 200 with `content` under "data"."""
    return answer(200, {"data": content, **beside})


RESET = Answer(b"", "reset")
CLOSED = Answer(b"", "close")
TRUNCATED = Answer(b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"data": [', "close")
TRUNCATED_CHUNKS = Answer(
    b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\n{"data": [\r\n', "close"
)
RESET_IN_BODY = Answer(b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"data": [', "reset")
BAD_CHUNKS = Answer(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n", "close")
NOT_HTTP = Answer(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "close")
BAD_GZIP = answer(200, b"not gzip at all", {"content-encoding": "gzip"})


@dataclass
class ScriptedLever:
    """Gives the answers in order, and the last one for ever; remembers what it was asked.

    Instead of an answer there may be a function that makes one for what is asked.
    """

    answers: Sequence[Answer | Callable[[Asked], Answer]]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    most_at_once: int = 0
    _under_way: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            while await self._serve_one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client, or the test, is done
        finally:
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, address, _ = head[0].split(" ")
        target = urlsplit(address)
        pairs = (line.split(": ", 1) for line in head[1:] if line)
        headers = {name.lower(): value for name, value in pairs}
        given = self.answers[min(len(self.asked), len(self.answers) - 1)]
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        params = parse_qs(target.query, keep_blank_values=True)
        self.asked.append(Asked(target.path, params, headers, method, body))
        if not isinstance(given, Answer):
            given = given(self.asked[-1])
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        await asyncio.sleep(given.delay)
        self._under_way -= 1
        writer.write(given.raw)
        await writer.drain()
        if given.then == "reset":
            # Linger of 0 seconds: closing sends RST instead of FIN.
            writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
        return given.then == "keep"


@asynccontextmanager
async def scripted_lever(*answers: Answer | Callable[[Asked], Answer]) -> AsyncIterator[ScriptedLever]:
    """Run a scripted Lever on a free loopback port."""
    lever = ScriptedLever(answers)
    server = await asyncio.start_server(lever.serve, "127.0.0.1", 0)
    lever.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield lever
    finally:
        server.close()


def client(
    url: str,
    *,
    retry: RetryPolicy = HASTY,
    limiter: RateLimiter = UNLIMITED,
    apply_limiter: RateLimiter | None = None,
    concurrency: int = 16,
    timeout: float = 5.0,
    tell: Tell | None = None,
) -> LeverClient:
    """Build a client of that Lever that retries without much waiting."""
    return LeverClient(
        auth=ApiKeyAuth(SecretStr(KEY)),
        base_url=url,
        limiter=limiter,
        apply_limiter=apply_limiter,
        concurrency=concurrency,
        retry=retry,
        timeout=timeout,
        tell=tell,
    )

"""The receiver in the open: peers that connect and say nothing, or say it slowly, starve nobody."""

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit

import orjson
import pytest
from starlette.types import Receive, Scope, Send

from lever_assets import arrivals
from lever_assets.sandbox import SandboxConfig, running_sandbox
from lever_assets.webhooks import receiver
from lever_assets.webhooks.setup import set_up
from lever_assets_tests.sync.tables import Account
from lever_assets_tests.webhooks.conftest import Listening, receiving
from lever_assets_tests.webhooks.test_receiving import delivery, post, waiting

HEAD = b"POST /lever HTTP/1.1\r\nHost: here\r\n"


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """A receiver for an account that is subscribed to all events, shared by these tests."""
    folder = tmp_path_factory.mktemp("serving")
    with running_sandbox(SandboxConfig(opportunities=1, rate=0)) as sandbox:
        account = Account(sandbox, folder, f"sqlite:///{folder / 'lever.db'}")
        with receiving(account) as url:
            here = Listening(account, url)
            with here.session() as session:
                set_up(session)
            yield here


def connected(listening: Listening) -> socket.socket:
    parts = urlsplit(listening.url)
    return socket.create_connection((parts.hostname, parts.port), timeout=10)


def answer(peer: socket.socket) -> bytes:
    """Return an answer with the body that `GET /health` has."""
    found = b""
    while not found.endswith(b"}"):
        part = peer.recv(1000)
        assert part, "the connection was closed"
        found += part
    return found


def closed_after(peer: socket.socket) -> float:
    """Return the seconds until the receiver has closed the connection."""
    began = time.monotonic()
    with suppress(ConnectionError):
        while peer.recv(1000):
            pass
    return time.monotonic() - began


@contextmanager
def half_open(listening: Listening, count: int, said: bytes) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        peers = [stack.enter_context(connected(listening)) for _ in range(count // 2)]
        for peer in peers:
            peer.sendall(said)
        for _ in range(count // 2):
            peers.append(stack.enter_context(connected(listening)))
            peers[-1].sendall(said)
            time.sleep(0.002)
        yield peers


@pytest.mark.parametrize("said", [b"", b"POST /lev", HEAD], ids=["nothing", "a line", "half a head"])
def test_a_request_that_does_not_arrive_is_not_waited_for(
    listening: Listening, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(arrivals, "ARRIVAL_SECONDS", 0.3)
    with connected(listening) as peer:
        peer.sendall(said)
        assert closed_after(peer) < 5


def test_dribbling_wins_no_time(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "ARRIVAL_SECONDS", 0.5)
    with connected(listening) as peer:
        peer.sendall(HEAD)
        began = time.monotonic()
        with suppress(ConnectionError):
            while time.monotonic() - began < 10:
                peer.sendall(b"X")
                time.sleep(0.02)
    assert time.monotonic() - began < 5


def test_the_next_request_of_a_kept_connection_has_as_little_time(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "ARRIVAL_SECONDS", 0.5)
    with connected(listening) as peer:
        for _ in range(2):
            peer.sendall(b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n")
            assert answer(peer).endswith(b'{"status":"ok"}')
        peer.sendall(HEAD)
        assert closed_after(peer) < 4  # uvicorn's own limit, of 5 seconds, is for connections that are idle


@pytest.mark.parametrize(
    "said",
    [b"", HEAD, HEAD + b"Content-Length: 100\r\n\r\n{"],
    ids=["nothing", "half a head", "half a body"],
)
def test_beside_200_half_open_connections_an_event_is_taken_at_once(
    listening: Listening, said: bytes
) -> None:
    body = delivery(listening, len(said))
    with half_open(listening, 200, said) as peers:
        began = time.monotonic()
        assert post(listening, body) == 200
        assert time.monotonic() - began < 3
        for peer in peers[arrivals.FROM_ONE_PEER :]:
            closed_after(peer)
        assert time.monotonic() - began < arrivals.ARRIVAL_SECONDS / 2
    assert body["id"] in {event.id for event in waiting(listening)}


@pytest.mark.long
def test_behind_a_proxy_whose_every_connection_has_one_address_no_event_is_lost(listening: Listening) -> None:
    count = 2 * arrivals.FROM_ONE_PEER
    bodies = [orjson.dumps(delivery(listening, 100 + number)) for number in range(count)]
    with half_open(listening, count, HEAD), ExitStack() as stack:
        peers = []
        for body in bodies:
            peers.append(stack.enter_context(connected(listening)))
            peers[-1].sendall(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        for peer in peers:
            assert answer(peer).endswith(b'{"status":"ok"}')
    assert {f"event-{100 + number}" for number in range(count)} <= {event.id for event in waiting(listening)}


def test_no_more_are_waited_for_than_there_is_room_for(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "CROWDED_SECONDS", 60)
    monkeypatch.setattr(arrivals, "AT_MOST", 40)
    with half_open(listening, 100, HEAD) as peers:
        for peer in peers[arrivals.FROM_ONE_PEER : 60]:  # the oldest of those that came when it was crowded
            assert closed_after(peer) < 5
        assert post(listening, delivery(listening, 8)) == 200
        peers[-1].sendall(b"Content-Length: 2\r\n\r\n{}")
        assert peers[-1].recv(1000).startswith(b"HTTP/1.1 400")


def test_as_many_files_may_be_open_as_the_system_lets_us() -> None:
    found = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (600, found[1]))
        arrivals.allow_connections()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert soft == min(4096, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, found)


def test_what_has_arrived_has_time_to_be_kept(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "ARRIVAL_SECONDS", 0.2)
    monkeypatch.setattr(arrivals, "CROWDED_SECONDS", 0.2)
    monkeypatch.setattr(arrivals, "IN_ALL", 0)
    monkeypatch.setattr(receiver.Receiver, "_look", lambda _: time.sleep(1))
    with connected(listening) as peer:
        peer.sendall(b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n")
        assert answer(peer).endswith(b'{"status":"ok"}')


def test_a_head_that_is_too_large_is_refused(listening: Listening) -> None:
    with connected(listening) as peer:
        peer.sendall(HEAD + b"X-Large: " + b"x" * 100_000)
        assert peer.recv(1000).startswith(b"HTTP/1.1 400")
    assert post(listening, delivery(listening, 7)) == 200


def test_an_answer_is_sent_whole_at_once() -> None:
    async def answering(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})

    serving = arrivals.server(answering, log_level="critical")
    listener = arrivals.take_port("127.0.0.1", 0, refuse_others=lambda: None)
    thread = threading.Thread(target=serving.run, args=([listener],), daemon=True)
    thread.start()
    try:
        with socket.create_connection(listener.getsockname(), timeout=10) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            assert peer.recv(1000).startswith(b"HTTP/1.1 200")
            (protocol,) = serving.server_state.connections
            accepted = protocol.transport.get_extra_info("socket")
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    finally:
        serving.should_exit = True
        thread.join(10)

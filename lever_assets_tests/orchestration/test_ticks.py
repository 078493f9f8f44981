"""A tick ends in time, whatever Lever or the database does, and leaves nothing behind."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import dagster as dg
import psycopg
import pytest

from lever_assets.definitions import build
from lever_assets.orchestration import ticks
from lever_assets.sandbox.faults import Fault
from lever_assets.store import Store
from lever_assets.store.tables import notice_outbox
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session
from lever_assets_tests.orchestration.running import Place

BUDGET = 1.3
SLACK = 2.0
"""For a machine that does much else; without a budget each of these ticks takes 30 seconds and more."""


@pytest.fixture(scope="module")
def synced(place: Place) -> Place:
    """A small account that was read whole, shared by these tests: none of them changes it."""
    with Session.open(place.settings()) as session:
        sync(session, Scope())
    return place


@pytest.fixture(autouse=True)
def _small_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticks, "TICK_SECONDS", BUDGET)


def reason(place: Place, sensor: str = "lever_delta", **changes: Any) -> str:
    """Evaluate a sensor once, in the time that it has, and return why it skipped."""
    definitions = build(place.settings(watch_budget=0, **changes))
    resolved = definitions.resolve_sensor_def(sensor)
    context = dg.build_sensor_context(instance=place.instance, definitions=definitions)
    began = time.monotonic()
    found = resolved(context)
    assert time.monotonic() - began < ticks.TICK_SECONDS + SLACK
    assert not [each.name for each in threading.enumerate() if each.name.startswith("asyncio")]
    assert isinstance(found, dg.SkipReason)
    return found.skip_message or ""


Serve = Callable[[socket.socket], None]


def say_nothing(peer: socket.socket) -> None:
    peer.recv(65_536)


def dribble(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    with suppress(OSError):
        for _ in range(100):
            peer.sendall(b" ")
            time.sleep(0.1)


def wait_and_reset(peer: socket.socket) -> None:
    time.sleep(0.3)
    peer.close()


@contextmanager
def odd_lever(serve: Serve) -> Iterator[tuple[str, list[socket.socket]]]:
    """Listen, and do with each connection as told; yields the address and the connections that came."""
    peers: list[socket.socket] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                peer, _ = listener.accept()
                peers.append(peer)
                threading.Thread(target=serve, args=(peer,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", peers
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join(10)
    for peer in peers:
        peer.close()


def is_closed(peer: socket.socket) -> bool:
    """Tell whether the other side is gone, after at most a few seconds."""
    peer.settimeout(5)
    with suppress(ConnectionError):
        while peer.recv(65_536):
            pass
    return True


@pytest.mark.parametrize("serve", [say_nothing, dribble])
def test_what_does_not_answer_in_time_is_cancelled_and_skipped(
    synced: Place, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    with odd_lever(serve) as (url, peers):
        sentence = reason(synced, base_url=url)
        assert is_closed(peers[0])
        assert len(peers) == 1
    assert sentence.startswith("Lever did not say within 1 s whether anything changed")
    assert sentence.endswith("it is asked again at the next tick.")
    with Session.open(synced.settings()) as session, session.alone(), session.writing():
        pass  # both locks are free
    monkeypatch.setattr(ticks, "TICK_SECONDS", 20.0)
    assert reason(synced).startswith("Nothing has changed since")


def test_retries_count_into_the_budget_and_the_last_trouble_is_named(synced: Place) -> None:
    with odd_lever(wait_and_reset) as (url, peers):
        sentence = reason(synced, base_url=url)
        came = len(peers)
        time.sleep(0.5)
        assert len(peers) == came
    assert "at last: 127.0.0.1" in sentence
    assert "closed the connection without an answer" in sentence


@contextmanager
def hanging_lookups(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let the system's resolver say nothing of hosts in .test; yields those that it was asked for."""
    asked: list[str] = []
    over = threading.Event()
    look_up = socket.getaddrinfo

    def hang(host: str, *args: Any, **options: Any) -> Any:
        if not host.endswith(".test"):
            return look_up(host, *args, **options)
        asked.append(host)
        over.wait(15)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        yield asked
    finally:
        over.set()


def test_a_lookup_that_hangs_is_left_and_the_next_tick_begins_no_other(
    synced: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hanging_lookups(monkeypatch) as asked:
        for _ in range(2):
            sentence = reason(synced, base_url="http://lever.test/v1")
            assert sentence.startswith("Lever did not say within 1 s whether anything changed")
        assert asked == ["lever.test"]
    monkeypatch.setattr(ticks, "TICK_SECONDS", 20.0)
    assert reason(synced).startswith("Nothing has changed since")


def test_a_lookup_that_hangs_holds_up_no_tick_of_notices(
    synced: Place, monkeypatch: pytest.MonkeyPatch, sqlite_database: str
) -> None:
    with Session.open(synced.settings(database_url=sqlite_database)) as session:
        sync(session, Scope())
    with hanging_lookups(monkeypatch):
        sentence = reason(
            synced, "lever_notices", database_url=sqlite_database, notice_urls="http://hook.test/changed"
        )
    assert sentence == "0 notices arrived, 1 are sent again later, 0 given up."


@pytest.mark.parametrize("retry_after", [False, True])
def test_a_storm_of_rejections_is_a_skip(synced: Place, retry_after: bool) -> None:
    storm = [Fault(name="429-storm", rate=1), *([Fault(name="retry-after")] if retry_after else ())]
    synced.sandbox.set_faults(*storm)
    assert "too many requests" in reason(synced)
    synced.sandbox.set_faults()


def test_a_wait_beyond_all_patience_is_a_skip_at_once(synced: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticks, "TICK_SECONDS", 20.0)

    def ask_to_wait(peer: socket.socket) -> None:
        peer.recv(65_536)
        peer.sendall(b"HTTP/1.1 429 No\r\nRetry-After: 86400\r\nContent-Length: 2\r\n\r\n{}")

    with odd_lever(ask_to_wait) as (url, _):
        assert "asks to wait 24 h" in reason(synced, base_url=url)


def test_a_penalty_of_another_process_is_waited_for_no_longer_than_the_budget(synced: Place) -> None:
    with Session.open(synced.settings(rate_limit=10)) as session:
        asyncio.run(session.account.client(session.settings)._limiter.penalise(60))
    assert reason(synced, rate_limit=10).startswith("Lever did not say within")


def test_a_database_that_somebody_locked_is_a_skip(synced: Place, postgresql_database: str) -> None:
    with psycopg.connect(postgresql_database) as other:
        other.execute("LOCK TABLE webhook_inbox IN ACCESS EXCLUSIVE MODE")
        sentence = reason(synced, "lever_webhooks", database_url=postgresql_database)
    assert "is locked by another program" in sentence


def test_urls_that_do_not_answer_are_left_for_the_next_tick(synced: Place) -> None:
    with odd_lever(say_nothing) as (url, _):
        addresses = " ".join(f"{url}/{number}" for number in range(12))
        sentence = reason(synced, "lever_notices", notice_urls=addresses)
        assert sentence == "0 notices arrived, 12 are sent again later, 0 given up."
    store = Store.open(synced.settings().tables_url)
    with store.reading("lever") as tx:
        (attempts,) = {row.attempts for row in tx.sql.execute(notice_outbox.select())}
    store.close()
    assert attempts == 0

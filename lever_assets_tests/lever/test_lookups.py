"""Looking up hosts: who waits for the same shares the answer, and nobody waits who gave up."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from lever_assets.lever import UnavailableError, lookups
from lever_assets_tests.lever.scripted import client, data, scripted_lever

NOTHING = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
Answers = Callable[[str], Any]


@pytest.fixture(autouse=True)
def _none_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Share no lookup with the test before, which may have left one that hangs."""
    monkeypatch.setattr(lookups._LOOKUPS, "_under_way", {})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts that the system is asked for; it knows none."""
    return asking(monkeypatch, lambda _: (_ for _ in ()).throw(NOTHING))


def asking(monkeypatch: pytest.MonkeyPatch, answer: Answers) -> list[str]:
    hosts: list[str] = []
    look_up = socket.getaddrinfo

    def noted(host: str, port: int, **options: Any) -> Any:
        hosts.append(host)
        return look_up(answer(host), port, **options)

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    return hosts


async def test_a_host_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = asking(monkeypatch, lambda _: "127.0.0.1")
    async with (
        scripted_lever(data([])) as lever,
        client(lever.url.replace("127.0.0.1", "lever.test")) as reader,
    ):
        assert await reader.list_all("/users") == []
    assert hosts == ["lever.test"]


async def test_a_host_that_there_is_not_is_told_at_once(asked: list[str]) -> None:
    async with client("http://lever.test/v1") as reader:
        with pytest.raises(UnavailableError, match=r"lever\.test"):
            await reader.list_all("/users")
    assert set(asked) == {"lever.test"}


async def test_who_asks_for_the_same_meanwhile_shares_the_lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    known = threading.Event()

    def when_known(_: str) -> str:
        known.wait(10)
        return "127.0.0.1"

    hosts = asking(monkeypatch, when_known)
    found = [asyncio.create_task(lookups.resolver().resolve("lever.test", 80)) for _ in range(3)]
    await asyncio.sleep(0.05)
    found[0].cancel()
    known.set()
    answers = await asyncio.gather(*found[1:])
    assert [[each["host"] for each in answer] for answer in answers] == [["127.0.0.1"]] * 2
    assert hosts == ["lever.test"]
    await lookups.resolver().resolve("lever.test", 80)
    assert hosts == ["lever.test"] * 2


async def test_a_lookup_that_hangs_is_not_believed_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "_BELIEVED_SECONDS", 0.0)
    over = threading.Event()

    def hang_once(_: str) -> str:
        if len(hosts) == 1:
            over.wait(10)
        return "127.0.0.1"

    hosts = asking(monkeypatch, hang_once)
    first = asyncio.create_task(lookups.resolver().resolve("lever.test", 80))
    await asyncio.sleep(0.05)
    assert len(await lookups.resolver().resolve("lever.test", 80)) == 1
    over.set()
    assert len(await first) == 1


def test_nobody_waits_for_a_lookup_that_was_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    asking(monkeypatch, lambda _: "127.0.0.1" if over.wait(10) else "")

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await lookups.resolver().resolve("lever.test", 80)

    began = time.monotonic()
    asyncio.run(give_up())
    assert time.monotonic() - began < 5
    over.set()


async def test_a_lookup_that_could_not_begin_keeps_nobody_from_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asking(monkeypatch, lambda _: "127.0.0.1")

    def exhausted(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(threading.Thread, "start", exhausted)
        with pytest.raises(RuntimeError):
            await lookups.resolver().resolve("lever.test", 80)
    async with asyncio.timeout(5):
        assert len(await lookups.resolver().resolve("lever.test", 80)) == 1

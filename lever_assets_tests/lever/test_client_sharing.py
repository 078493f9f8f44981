"""Clients in one event loop may have their connections in common; who asks is said with each request."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pydantic import SecretStr

from lever_assets.lever import ApiKeyAuth, LeverClient, Outgoing, RateLimiter
from lever_assets.lever.transport import shared_connections
from lever_assets_tests.lever.scripted import ScriptedLever, data


@dataclass
class Counting(ScriptedLever):
    """A scripted Lever that counts who connects."""

    connected: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connected.append(writer)
        await super().serve(reader, writer)


@asynccontextmanager
async def lever() -> AsyncIterator[Counting]:
    """Run one."""
    running = Counting([data({"id": "u1"})])
    server = await asyncio.start_server(running.serve, "127.0.0.1", 0)
    running.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    async with server:
        yield running


def client_of(url: str, key: str) -> LeverClient:
    """Return a client with a key."""
    return LeverClient(auth=ApiKeyAuth(SecretStr(key)), base_url=url, limiter=RateLimiter(None, 20))


async def ask(url: str, key: str) -> None:
    """Open a client, read twice, and close it."""
    async with client_of(url, key) as client:
        await client.get("/users/u1")
        await client.get("/users/u1")


async def test_two_clients_ask_over_one_connection_each_with_its_own_key() -> None:
    async with lever() as there:
        async with shared_connections():
            await ask(there.url, "one")
            await ask(there.url, "other")
            assert len(there.connected) == 1
        keys = [b64decode(each.headers["authorization"].removeprefix("Basic ")) for each in there.asked]
        assert keys == [b"one:", b"one:", b"other:", b"other:"]


async def test_without_it_each_client_has_its_own_connection() -> None:
    async with lever() as there:
        async with shared_connections():
            await ask(there.url, "one")
        await ask(there.url, "one")
        await ask(there.url, "other")
        assert len(there.connected) == 3


async def test_a_write_goes_out_over_a_connection_of_its_own_all_the_same() -> None:
    async with lever() as there, shared_connections():
        await ask(there.url, "one")
        limiter = RateLimiter(None, 20)
        async with LeverClient(
            auth=ApiKeyAuth(SecretStr("one")), base_url=there.url, limiter=limiter
        ) as client:
            await client.send(Outgoing("DELETE", "/opportunities/o1/notes/n1"))
        assert len(there.connected) == 2
        assert there.asked[-1].headers["connection"] == "close"

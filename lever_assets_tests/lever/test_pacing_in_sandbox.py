import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from lever_assets.lever import ApiKeyAuth, LeverClient, RateLimiter
from lever_assets.sandbox import Sandbox, running_sandbox
from lever_assets.sandbox.config import SandboxConfig

RATE, BURST = 2.0, 20
"""A fifth of Lever's rate: the reserve, five requests, is worth 2.5 s of delay then. A busy machine holds
requests up for longer than the half second that it is worth at Lever's own."""


def reader(sandbox: Sandbox, folder: Path, rate: float = RATE) -> LeverClient:
    key = SecretStr(sandbox.key)
    limiter = RateLimiter.for_key(key, rate, BURST, folder)
    return LeverClient(auth=ApiKeyAuth(key), base_url=sandbox.url, limiter=limiter)


async def read_children(sandbox: Sandbox, clients: list[LeverClient], count: int) -> None:
    paths = [f"/opportunities/{ident}/offers" for ident in sandbox.ids("opportunities")[:count]]
    await asyncio.gather(*(clients[i % len(clients)].list_all(path) for i, path in enumerate(paths)))


async def test_two_clients_at_full_speed_are_never_rejected(tmp_path: Path) -> None:
    config = SandboxConfig(opportunities=30, rate=RATE, burst=BURST, latency_ms=20)
    with running_sandbox(config) as sandbox:
        async with reader(sandbox, tmp_path) as one, reader(sandbox, tmp_path) as other:
            await read_children(sandbox, [one, other], 30)
            traffic = [one.traffic.snapshot(), other.traffic.snapshot()]
    assert sum(each.requests for each in traffic) == 30
    assert sum(each.rejected for each in traffic) == 0
    assert all(each.seconds_waited > 0 for each in traffic)


@pytest.mark.long
async def test_someone_else_s_requests_with_the_same_key_are_survived(tmp_path: Path) -> None:
    config = SandboxConfig(opportunities=40, rate=40, burst=5)
    with running_sandbox(config) as sandbox:
        async with reader(sandbox, tmp_path, rate=1000) as lever:
            await read_children(sandbox, [lever], 40)
            assert lever.traffic.rejected > 0
            assert lever.traffic.requests == 40 + lever.traffic.rejected

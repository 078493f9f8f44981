"""An action does not wait for all that a sync in another process has to ask, wherever the pace is kept."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from lever_assets.lever import RateLimiter
from lever_assets.store.allowances import shared_pace

SYNC = """
import asyncio, sys
from pathlib import Path
from lever_assets.lever import RateLimiter
from lever_assets.store.allowances import shared_pace

async def main():
    limiter = RateLimiter(1, 20, shared_pace(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
    async with asyncio.TaskGroup() as waiting:
        for _ in range(15 + 20):
            waiting.create_task(limiter.acquire())
        await asyncio.sleep(0.5)
        print("waiting", flush=True)

asyncio.run(main())
"""
"""A second each turn: fifteen leave at once, and twenty wait."""


@contextmanager
def syncing(url: str, name: str, folder: Path) -> Iterator[None]:
    """Have a process whose requests use the allowance up, and twenty more that wait for a turn."""
    process = subprocess.Popen(
        [sys.executable, "-c", SYNC, url, name, str(folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        yield
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("syncs", [1, 2])
async def test_an_action_waits_a_turn_or_two_while_twenty_requests_of_a_sync_wait(
    database_url: str, tmp_path: Path, syncs: int, request: pytest.FixtureRequest
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    with ExitStack() as at_work:
        for _ in range(syncs):
            at_work.enter_context(syncing(database_url, request.node.name, tmp_path))
        pace = shared_pace(database_url, request.node.name, tmp_path)
        waited = await RateLimiter(1, 20, pace, urgent=True, sleep=sleep).acquire()
    assert waited <= syncs + 1.1

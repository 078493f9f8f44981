"""A process that asks Lever as fast as it may until it is ended: a machine, for the tests to start and kill.

Its settings come from the environment, its data folder among them.
"""

import asyncio

from lever_assets.connect.account import Account
from lever_assets.lever import LeverClient
from lever_assets.settings import Settings


async def _ask(lever: LeverClient) -> None:
    while True:
        await lever.get("/stages")


async def _main() -> None:
    settings = Settings.load()
    async with Account.default(settings).client(settings) as lever:
        await asyncio.gather(*(_ask(lever) for _ in range(settings.concurrency)))


if __name__ == "__main__":
    asyncio.run(_main())

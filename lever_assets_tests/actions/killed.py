"""A process that runs an action, for a test to kill: KEY URL DATABASE FOLDER ACTION INPUT."""

import asyncio
import json
import sys
from pathlib import Path

from pydantic import SecretStr

from lever_assets.actions.engine.options import Options
from lever_assets.actions.engine.timing import Timing
from lever_assets.actions.running import run_action_with
from lever_assets.settings import Settings
from lever_assets.sync.session import Session
from lever_assets_tests.actions.recruiting import client

LEASE = 1.0


async def _main(arguments: list[str]) -> None:
    key, url, database, folder, name, given = arguments
    settings = Settings(
        api_key=SecretStr(key),
        base_url=url,
        data_dir=Path(folder),
        database_url=SecretStr(database),
        rate_limit=0,
    )
    options = Options(idempotency_key="killed", timing=Timing(lease=LEASE))
    with Session.open(settings) as session:
        async with client(settings, timeout=60) as lever:
            await run_action_with(lever, session, name, json.loads(given), options)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1:]))

"""A process that drains the inbox, for a test to kill: KEY URL DATABASE FOLDER."""

import sys
from pathlib import Path

from pydantic import SecretStr

from lever_assets.settings import Settings
from lever_assets.sync.session import Session
from lever_assets.webhooks.draining import drain

if __name__ == "__main__":
    key, url, database, folder = sys.argv[1:]
    settings = Settings(
        api_key=SecretStr(key),
        base_url=url,
        data_dir=Path(folder),
        database_url=SecretStr(database),
        rate_limit=0,
        concurrency=2,
    )
    with Session.open(settings) as session:
        drain(session)

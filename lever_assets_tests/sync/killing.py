"""A sync in a process of its own, to be killed."""

from pathlib import Path

from pydantic import SecretStr

from lever_assets.settings import Settings
from lever_assets.sync.run import sync
from lever_assets.sync.session import Scope, Session


def sync_alone(key: str, url: str, folder: str, database: str) -> None:
    """Sync a whole account."""
    settings = Settings(
        api_key=SecretStr(key),
        base_url=url,
        data_dir=Path(folder),
        database_url=SecretStr(database),
        rate_limit=0,
        concurrency=4,
    )
    with Session.open(settings) as session:
        sync(session, Scope())

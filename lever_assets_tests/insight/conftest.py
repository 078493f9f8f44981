"""Tables with made-up rows, in either database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lever_assets.settings import Settings
from lever_assets.sync.session import Session
from lever_assets_tests.either import database_url

__all__ = ["database_url"]


@pytest.fixture
def session(database_url: str, tmp_path: Path) -> Iterator[Session]:
    """A session over empty tables; the test runs once on each kind of database."""
    with Session.open(Settings(database_url=database_url, data_dir=tmp_path)) as opened:
        yield opened

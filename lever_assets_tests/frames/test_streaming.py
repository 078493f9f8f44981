"""However many rows a table has, few are in memory."""

import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, text

from lever_assets.frames.exporting import export
from lever_assets.frames.files import Format
from lever_assets.frames.frame import frame
from lever_assets.frames.reading import ROWS_AT_ONCE, tables
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.tables import UNIFIED
from lever_assets_tests.frames.test_exporting import FORMATS
from lever_assets_tests.store.builders import T0

FEW, MANY = 2 * ROWS_AT_ONCE, 6 * ROWS_AT_ONCE
_MORE = """
INSERT INTO tags (id, connection, remote_id, changed_at, name, remote_data, source_key, content_hash)
WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :last)
SELECT id || '-' || n, connection, remote_id, changed_at, name, remote_data, source_key, content_hash
FROM tags, number WHERE n > :first AND id = 'one'
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """A database with one row, to be multiplied."""
    url = str(request.getfixturevalue(f"{request.param}_database"))
    store = Store.open(url)
    row = {
        "id": "one",
        "connection": "lever",
        "changed_at": T0,
        "name": "n" * 100,
        "remote_data": {"text": "t" * 1000},
        "source_key": "one",
        "content_hash": "",
    }
    with store.writing("lever") as tx:
        assert tx.version == 1
        tx.sql.execute(insert(UNIFIED["tags"]), row)
    yield Settings(database_url=SecretStr(url), data_dir=tmp_path)
    store.close()


def multiply(place: Settings, first: int, last: int) -> None:
    store = Store.open(place.tables_url)
    with store.writing("lever") as tx:
        tx.sql.execute(text(_MORE), {"first": first, "last": last - 1})
    store.close()


def peak(what: Callable[[], object]) -> int:
    """Return the most bytes that were in use meanwhile."""
    tracemalloc.start()
    try:
        what()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.sampled(2)
@pytest.mark.parametrize("format", FORMATS)
def test_exporting_more_rows_takes_no_more_memory(place: Settings, tmp_path: Path, format: Format) -> None:
    def exported() -> int:
        with tables(settings=place) as opened:
            return export(opened, opened.ask("tags"), tmp_path, format, lambda _: None).rows

    multiply(place, 0, FEW)
    assert exported() == FEW  # what is imported and compiled once is there
    few = peak(exported)
    multiply(place, FEW - 1, MANY)
    many = peak(exported)
    assert exported() == MANY
    assert many < 1.3 * few


def test_a_frame_of_several_batches_is_one(place: Settings) -> None:
    multiply(place, 0, FEW + 1)
    found = frame("tags", settings=place)
    assert found["id"].is_unique
    assert found.index.tolist() == list(range(FEW + 1))
    assert (found["name"] == "n" * 100).all()
    assert found.dtypes.equals(frame("tags", settings=place, where={"id": "one"}).dtypes)

"""A DataFrame has the values that are stored, in pandas' types, whatever they are."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import delete, insert

from lever_assets.frames.frame import TYPES, frame
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.selecting import Asked, Kind, fields
from lever_assets.store.tables import UNIFIED

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
numbers = st.integers(-(2**53), 2**53)
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: texts,
    Kind.INSTANT: st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants them so
    Kind.BOOLEAN: st.booleans(),
    Kind.INTEGER: st.integers(-(2**31), 2**31 - 1),
    Kind.DECIMAL: st.decimals(-(10**20), 10**20, allow_nan=False, places=4),
    Kind.JSON: st.recursive(
        st.booleans() | numbers | texts,
        lambda inner: st.lists(inner | st.none(), max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=6,
    ),
}
NEEDED = {"id", "connection", "changed_at", "source_key", "content_hash"}


def rows(model: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    columns = {
        field.name: VALUES[field.kind] if field.name in NEEDED else st.none() | VALUES[field.kind]
        for field in fields(Asked(table=model))
    }
    own = {"connection": st.just("lever"), "remote_deleted_at": st.none()}
    one = st.fixed_dictionaries({**columns, **own})
    return st.lists(one, max_size=4, unique_by=lambda row: row["id"])


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder: Path = tmp_path_factory.mktemp("round trip")
    url = f"sqlite:///{folder / 'lever.db'}"
    if request.param == "postgresql":
        make: Callable[[str], str] = request.getfixturevalue("new_postgresql_database")
        url = make(request.getfixturevalue("postgresql_template"))
    store = Store.open(url)
    with store.writing("lever") as tx:
        assert tx.version == 1  # something was read
    yield Settings(database_url=SecretStr(url), data_dir=folder)
    store.close()


def plain(value: Any) -> Any:
    """Return a value of a DataFrame as Python has it."""
    if not isinstance(value, list | dict) and pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value


@pytest.mark.parametrize("model", ["jobs", "job_screening_questions", "candidates"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_is_stored_is_in_the_frame(place: Settings, model: str, data: st.DataObject) -> None:
    expected = data.draw(rows(model))
    store = Store.open(place.tables_url)
    with store.writing("lever") as tx:
        tx.sql.execute(delete(UNIFIED[model]))
        if expected:
            tx.sql.execute(insert(UNIFIED[model]), expected)
    found = frame(model, settings=place)
    store.close()
    assert {name: str(kind) for name, kind in found.dtypes.items()} == {
        field.name: str(pd.api.types.pandas_dtype(TYPES[field.kind])) for field in fields(Asked(table=model))
    }
    read = [{name: plain(each[name]) for name in found.columns} for _, each in found.iterrows()]
    assert sorted(read, key=lambda row: row["id"]) == sorted(expected, key=lambda row: row["id"])

"""A table as a DataFrame: which rows, which columns, what it says of what is not there."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

import lever_assets
from lever_assets.frames.reading import Window
from lever_assets.insight.finishing import bring_up_marts
from lever_assets.policy.exclusion import NOTHING_EXCLUDED
from lever_assets.settings import Settings
from lever_assets.store import QuestionError, Store
from lever_assets.store.tables import RAW, UNIFIED
from lever_assets.sync.session import Session
from lever_assets.sync.windows import Bounds

CANDIDATES = UNIFIED["candidates"]


def stored(settings: Settings, *columns: Any) -> list[tuple[Any, ...]]:
    store = Store.open(settings.tables_url)
    with store.reading("lever") as tx:
        found = [tuple(row) for row in tx.sql.execute(select(*columns).order_by(columns[0]))]
    store.close()
    return found


def change(settings: Settings, **values: Any) -> str:
    """Write these values over the first candidate's, and return its id."""
    store = Store.open(settings.tables_url)
    with store.writing("lever") as tx:
        first = tx.sql.execute(select(CANDIDATES.c.id).order_by(CANDIDATES.c.id)).scalars().first()
        tx.sql.execute(update(CANDIDATES).where(CANDIDATES.c.id == first).values(**values))
    store.close()
    return str(first)


def read(settings: Settings, table: str, **wanted: Any) -> pd.DataFrame:
    return lever_assets.frame(table, settings=settings, **wanted)


@pytest.mark.parametrize("model", [each.name for each in NOTHING_EXCLUDED.kept])
def test_every_table_has_its_rows_and_columns_in_order(settings: Settings, model: str) -> None:
    found = read(settings, model)
    assert list(found.columns) == [each.name for each in UNIFIED[model].columns]
    assert found["id"].tolist() == [each for (each,) in stored(settings, UNIFIED[model].c.id)]
    assert len(found) > 0


def test_columns_come_as_they_are_asked_for(settings: Settings) -> None:
    found = read(settings, "jobs", columns=["status", "id"])
    assert list(found.columns) == ["status", "id"]
    assert list(read(settings, "jobs", columns="name").columns) == ["name"]


def test_what_is_gone_is_left_out_unless_it_is_asked_for(synced_sqlite: Any, tmp_path: Any) -> None:
    settings = copied(synced_sqlite, tmp_path)
    before = len(read(settings, "candidates"))
    gone = change(settings, remote_deleted_at=datetime.now(UTC))
    assert len(read(settings, "candidates")) == before - 1
    whole = read(settings, "candidates", deleted=True)
    assert len(whole) == before
    assert whole.loc[whole["remote_deleted_at"].notna(), "id"].tolist() == [gone]


def copied(file: Any, folder: Any) -> Settings:
    (folder / "lever.db").write_bytes(file.read_bytes())
    return Settings(data_dir=folder)


def test_since_are_the_rows_that_changed_then_or_later(synced_sqlite: Any, tmp_path: Any) -> None:
    settings = copied(synced_sqlite, tmp_path)
    at = datetime.now(UTC) + timedelta(hours=1)
    changed = change(settings, changed_at=at)
    for since in (at, at.isoformat(), pd.Timestamp(at), at.replace(tzinfo=None)):
        assert read(settings, "candidates", since=since)["id"].tolist() == [changed]
    assert read(settings, "candidates", since=at + timedelta(microseconds=1)).empty
    assert len(read(settings, "candidates", since=date(2020, 1, 1))) == len(read(settings, "candidates"))


def test_where_takes_values_conditions_and_sql(settings: Settings) -> None:
    whole = read(settings, "applications")
    declined = whole[whole["outcome"] == "DECLINED"]["id"].tolist()
    assert declined
    ways: list[Any] = [
        {"outcome": "DECLINED"},
        {"outcome": ["DECLINED"], "remote_deleted_at": None},
        UNIFIED["applications"].c.outcome == "DECLINED",
        "outcome = 'DECLINED'",
        "outcome LIKE '%ECLINED' -- the others are not",
    ]
    for where in ways:
        assert read(settings, "applications", where=where)["id"].tolist() == declined
    pending_or_not = read(
        settings, "applications", where={"rejected_at": [None, datetime(1999, 1, 1, tzinfo=UTC)]}
    )
    assert pending_or_not["id"].tolist() == whole[whole["rejected_at"].isna()]["id"].tolist()
    assert read(settings, "applications", where={"outcome": []}).empty
    assert len(read(settings, "applications", where={})) == len(whole)


def test_where_takes_as_many_values_as_there_are(settings: Settings) -> None:
    """More than either database takes parameters."""
    ids = read(settings, "candidates")["id"]
    others = pd.Series([f"none{number}" for number in range(70_000)])
    found = read(settings, "applications", where={"candidate_id": pd.concat([others, ids])})
    assert len(found) == len(read(settings, "applications")) > 0


def test_a_value_in_where_is_no_sql(settings: Settings) -> None:
    assert read(settings, "jobs", where={"name": "x' OR '1'='1"}).empty


WINDOWS: Mapping[str, Window] = {
    "bounds": Bounds(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)),
    "texts": ("2026-03-01", "2026-09-01"),
}


@pytest.mark.parametrize("way", WINDOWS)
def test_a_window_has_the_rows_whose_record_changed_in_it(settings: Settings, way: str) -> None:
    """The record of a row, or what that is read below: so an interview goes with its opportunity."""
    raw, interviews = RAW["opportunities"].c, RAW["interviews"].c
    inside = {
        key
        for key, created, updated in stored(
            settings, raw.remote_id, raw.remote_created_at, raw.remote_updated_at
        )
        if WINDOWS["bounds"].lower <= (updated or created) < WINDOWS["bounds"].upper  # type: ignore[union-attr]
    }
    assert inside
    window = WINDOWS[way]
    for table in ("candidates", "applications", "candidate_tags"):
        found, whole = read(settings, table, window=window), read(settings, table)
        assert found["id"].tolist() == whole[whole["source_key"].isin(inside)]["id"].tolist(), table
        assert 0 < len(found) < len(whole), table
    below = {
        key
        for key, parent in stored(settings, interviews.remote_id, interviews.parent_id)
        if parent in inside
    }
    whole = read(settings, "interviews")
    assert read(settings, "interviews", window=window)["id"].tolist() == (
        whole[whole["source_key"].isin(below)]["id"].tolist()
    )
    assert set(read(settings, "raw_interviews", window=window)["remote_id"]) == below
    for table in ("users", "tags", "roles", "screening_questions", "raw_requisitions"):
        assert len(read(settings, table, window=window)) == len(read(settings, table)), table


def test_windows_that_meet_add_up_to_the_whole(settings: Settings) -> None:
    for table in ("candidates", "offers", "job_screening_questions"):
        parts = [
            read(settings, table, window=window)["id"].tolist()
            for window in ((None, "2026-06-01"), ("2026-06-01", "2026-08-01"), ("2026-08-01", None))
        ]
        assert sorted(each for part in parts for each in part) == sorted(read(settings, table)["id"]), table


def test_raw_tables_are_read_as_well(settings: Settings) -> None:
    found = read(settings, "raw_opportunities", columns=["remote_id", "data"])
    assert found["data"].map(lambda each: each["id"]).tolist() == found["remote_id"].tolist()


def test_only_one_connections_rows_are_read_unless_all_are_asked_for(
    synced_sqlite: Any, tmp_path: Any
) -> None:
    settings = copied(synced_sqlite, tmp_path)
    whole = len(read(settings, "candidates"))
    change(settings, connection="acme")
    assert len(read(settings, "candidates")) == whole - 1
    assert len(read(settings, "candidates", connection="*")) == whole
    with pytest.raises(Exception, match="There is no connection 'acme'"):
        read(settings, "candidates", connection="acme")


def test_a_database_of_its_own_may_be_named(synced_sqlite: Any, tmp_path: Any) -> None:
    found = lever_assets.frame(
        "jobs", database=f"sqlite:///{synced_sqlite}", settings=Settings(data_dir=tmp_path / "elsewhere")
    )
    assert len(found) > 0


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"table": "candidate"}, "no table 'candidate' to read; did you mean candidates"),
        ({"table": "connections"}, "no table 'connections' to read"),
        ({"table": "jobs", "columns": ["nmae"]}, "jobs has no column 'nmae'; did you mean name"),
        ({"table": "jobs", "columns": []}, "no column of jobs is asked for"),
        ({"table": "jobs", "where": {"nope": 1}}, "jobs has no column 'nope'"),
        ({"table": "jobs", "where": {"opened_at": "today"}}, "a value is not of its column's type"),
        ({"table": "jobs", "where": "nope = 1"}, "the condition on jobs can't be used"),
        ({"table": "jobs", "where": "status = "}, "the condition on jobs can't be used"),
        ({"table": "jobs", "since": "yesterday"}, "'yesterday' is no instant"),
    ],
)
def test_what_is_not_there_is_told_in_a_sentence(
    settings: Settings, asked: dict[str, Any], says: str
) -> None:
    with pytest.raises(QuestionError) as told:
        lever_assets.frame(**asked, settings=settings)
    assert says in str(told.value)


def test_a_condition_can_not_write(settings: Settings) -> None:
    for where in ("1=1); DELETE FROM jobs; --", "1=1; DELETE FROM jobs"):
        with pytest.raises(QuestionError):
            read(settings, "jobs", where=where)
    assert len(read(settings, "jobs")) > 0


def test_before_the_first_sync_it_says_what_to_do(database_url: str, tmp_path: Any) -> None:
    settings = Settings(database_url=SecretStr(database_url), data_dir=tmp_path)
    with pytest.raises(
        QuestionError, match=r"nothing was read from Lever yet .* run `lever-assets sync` first"
    ):
        read(settings, "candidates")


def test_a_database_that_is_not_there_is_not_made(tmp_path: Any) -> None:
    with pytest.raises(QuestionError, match="there is no database"):
        read(Settings(data_dir=tmp_path / "none"), "candidates")
    assert not (tmp_path / "none").exists()


def test_a_model_that_is_left_out_is_told(synced_sqlite: Any, tmp_path: Any) -> None:
    settings = copied(synced_sqlite, tmp_path).model_copy(update={"exclude": ("offers",)})
    with pytest.raises(QuestionError, match="LEVER_EXCLUDE leaves out offers"):
        read(settings, "offers")


def test_a_mart_is_read_as_a_table_but_does_not_tell_when_its_rows_changed(
    synced_sqlite: Any, tmp_path: Any
) -> None:
    settings = copied(synced_sqlite, tmp_path)
    with Session.open(settings) as session:
        bring_up_marts(session)
    found = read(settings, "mart_funnel", columns=["month", "entered", "rate"], where={"stage_index": [0, 3]})
    assert list(map(str, found.dtypes)) == ["string", "Int64", "Float64"]
    assert found["entered"].sum() > 0
    assert len(read(settings, "mart_funnel", connection="*")) == len(read(settings, "mart_funnel")) > 0
    with pytest.raises(QuestionError, match="mart_funnel does not tell when its rows changed"):
        read(settings, "mart_funnel", since="2026-01-01")


def test_a_mart_that_is_left_out_is_told_rather_than_empty(synced_sqlite: Any, tmp_path: Any) -> None:
    settings = copied(synced_sqlite, tmp_path)
    for mart, changes, told in (
        ("mart_offer_acceptance", {"exclude": ("offers",)}, "LEVER_EXCLUDE leaves out offers"),
        ("mart_time_to_hire", {"insight": False}, "LEVER_INSIGHT is off"),
        ("mart_eeo", {}, "LEVER_EEO is off"),
        ("mart_eeo", {"eeo": True, "insight": False}, "LEVER_INSIGHT is off"),
    ):
        with pytest.raises(QuestionError, match=told):
            read(settings.model_copy(update=changes), mart)
    assert len(read(settings.model_copy(update={"eeo": True}), "mart_eeo")) == 0


@pytest.mark.parametrize(("mart", "column"), [("mart_funnel", "month"), ("mart_eeo", "year")])
def test_a_mart_has_no_windows(synced_sqlite: Any, tmp_path: Any, mart: str, column: str) -> None:
    settings = copied(synced_sqlite, tmp_path).model_copy(update={"eeo": True})
    with pytest.raises(QuestionError, match=rf"{mart} .* has no windows; ask for {column}s") as refused:
        read(settings, mart, window=("2026-09-01", None))
    assert f"where={{'{column}':" in str(refused.value)
    assert column in read(settings, mart).columns

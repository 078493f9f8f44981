"""An asset of somebody's own gets Lever's tables as DataFrames, in Dagster for real."""

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

import lever_assets
from lever_assets.definitions import build
from lever_assets.insight.finishing import bring_up_marts
from lever_assets.orchestration import tables
from lever_assets.orchestration.partitions import sync_windows
from lever_assets.settings import Settings
from lever_assets.store import Store
from lever_assets.store.tables import UNIFIED
from lever_assets.sync.session import Session
from lever_assets_tests.orchestration.running import Place, failures, key, window_range, windows

THEIRS = dg.AssetSpec(["lever", "jobs"])
CANDIDATES = UNIFIED["candidates"].c


def mine(
    place: Place,
    got: list[pd.DataFrame],
    metadata: Mapping[str, Any] | None = None,
    *,
    windowed: bool = False,
    table: str = "candidates",
) -> dg.Definitions:
    """Return our definitions, and an asset of somebody's own that follows a table."""

    @dg.asset(
        ins={
            "candidates": dg.AssetIn(
                key(table), input_manager_key="lever_tables", metadata=dict(metadata or {})
            )
        },
        partitions_def=sync_windows(place.settings()) if windowed else None,
        backfill_policy=dg.BackfillPolicy.single_run() if windowed else None,
    )
    def headcount(candidates: pd.DataFrame) -> None:
        got.append(candidates)

    job = dg.define_asset_job("mine", selection=[headcount], executor_def=dg.in_process_executor)
    tables = lever_assets.LeverTables(settings=place.settings())
    return dg.Definitions.merge(
        build(place.settings()),
        dg.Definitions(assets=[headcount], jobs=[job], resources={"lever_tables": tables}),
    )


def run(defs: dg.Definitions, place: Place, **tags: str) -> dg.ExecuteInProcessResult:
    return defs.resolve_job_def("mine").execute_in_process(
        instance=place.instance, tags=tags, raise_on_error=False
    )


def whole(place: Place) -> pd.DataFrame:
    return lever_assets.frame("candidates", settings=place.settings())


def test_the_asset_gets_the_whole_table_with_real_types(synced: Place) -> None:
    got: list[pd.DataFrame] = []
    assert run(mine(synced, got), synced).success
    pd.testing.assert_frame_equal(got[0], whole(synced))
    assert isinstance(got[0]["changed_at"].dtype, pd.DatetimeTZDtype)


def test_metadata_of_the_input_says_what_is_wanted(synced: Place) -> None:
    got: list[pd.DataFrame] = []
    wanted = {"columns": ["first_name", "id"], "where": {"confidential": True}}
    assert run(mine(synced, got, wanted), synced).success
    expected = whole(synced)
    expected = expected[expected["confidential"] == True]  # noqa: E712 - pandas' way
    assert list(got[0].columns) == ["first_name", "id"]
    assert got[0]["id"].tolist() == expected["id"].tolist()


def test_an_asset_with_the_same_windows_gets_those_of_its_run(synced: Place) -> None:
    """The first window is open downwards, and the current one upwards: none is missed, none comes twice."""
    got: list[pd.DataFrame] = []
    defs, keys = mine(synced, got, windowed=True), windows(synced.settings())
    for each in keys:
        assert run(defs, synced, **{"dagster/partition": each}).success
    assert run(defs, synced, **window_range(keys[0], keys[-1])).success
    *parts, all_at_once = got
    assert sorted(pd.concat(parts)["id"]) == sorted(whole(synced)["id"]) == sorted(all_at_once["id"])
    begins = datetime.fromisoformat(keys[-1]).replace(tzinfo=UTC)
    changed = pd.concat([each["remote_updated_at"].fillna(each["remote_created_at"]) for each in parts[:-1]])
    assert (changed < begins).all()
    assert not parts[0].empty


def test_an_asset_with_the_same_windows_gets_a_mart_whole(synced: Place) -> None:
    with Session.open(synced.settings()) as session:
        bring_up_marts(session)
    got: list[pd.DataFrame] = []
    defs = mine(synced, got, windowed=True, table="mart_funnel")
    assert run(defs, synced, **{"dagster/partition": windows(synced.settings())[-1]}).success
    pd.testing.assert_frame_equal(got[0], lever_assets.frame("mart_funnel", settings=synced.settings()))
    assert got[0]["entered"].sum() > 0


def test_what_follows_in_the_same_run_sees_what_the_sync_has_brought(synced: Place) -> None:
    sandbox, got = synced.sandbox, list[pd.DataFrame]()
    sandbox.edit(
        "opportunities", sandbox.ids("opportunities")[0], {"name": "Newly Named", "updatedAt": sandbox.now()}
    )
    defs = mine(synced, got, windowed=True)
    both = dg.Definitions.merge(
        defs,
        dg.Definitions(
            jobs=[
                dg.define_asset_job(
                    "both",
                    selection=dg.AssetSelection.all() - dg.AssetSelection.all_asset_checks(),
                    executor_def=dg.in_process_executor,
                )
            ]
        ),
    )
    tags = {"dagster/partition": windows(synced.settings())[-1], "lever/refresh": "delta"}
    result = both.resolve_job_def("both").execute_in_process(instance=synced.instance, tags=tags)
    assert result.success
    assert "Newly" in got[0]["first_name"].tolist()


def test_since_the_last_materialization_there_is_what_changed_since(synced: Place) -> None:
    got: list[pd.DataFrame] = []
    defs = mine(synced, got, {"since": "last_materialization"})
    store = Store.open(synced.settings().tables_url)

    def touch(**values: Any) -> None:
        with store.writing("lever") as tx:
            tx.sql.execute(update(UNIFIED["candidates"]).values(**values))

    touch(changed_at=datetime.now(UTC) - timedelta(days=2))
    assert run(defs, synced).success
    assert len(got[0]) == len(whole(synced))  # made for the first time
    assert run(defs, synced).success
    assert got[1].empty
    with store.writing("lever") as tx:
        first = tx.sql.execute(select(CANDIDATES.id).order_by(CANDIDATES.id)).scalars().first()
        later = datetime.now(UTC)
        tx.sql.execute(update(UNIFIED["candidates"]).where(CANDIDATES.id == first).values(changed_at=later))
    store.close()
    assert run(defs, synced).success
    assert got[2]["id"].tolist() == [first]


def test_since_the_last_materialization_counts_the_windows_of_the_run(synced: Place) -> None:
    """A window that was never made gets all of its rows, though another was made just now."""
    got: list[pd.DataFrame] = []
    defs = mine(synced, got, {"since": "last_materialization"}, windowed=True)
    with (
        closing(Store.open(synced.settings().tables_url)) as store,
        store.writing("lever") as tx,
    ):
        long_ago = datetime.now(UTC) - timedelta(days=2)
        tx.sql.execute(update(UNIFIED["candidates"]).values(changed_at=long_ago))
    first, last = windows(synced.settings())
    for tags in ({"dagster/partition": last}, {"dagster/partition": first}, window_range(first, last)):
        assert run(defs, synced, **tags).success
    assert len(got[0]) + len(got[1]) == len(whole(synced))
    assert not got[1].empty
    assert got[2].empty
    assert run(defs, synced, **{"dagster/partition": last}).success
    assert got[3].empty


def test_of_several_windows_the_one_that_is_the_longest_behind_counts(
    synced: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[pd.DataFrame] = []
    defs = mine(synced, got, {"since": "last_materialization"}, windowed=True)
    first, last = windows(synced.settings())
    monkeypatch.setattr(tables, "_MARGIN", timedelta())
    assert run(defs, synced, **{"dagster/partition": first}).success
    with (
        closing(Store.open(synced.settings().tables_url)) as store,
        store.writing("lever") as tx,
    ):
        tx.sql.execute(update(UNIFIED["candidates"]).values(changed_at=datetime.now(UTC)))
    assert run(defs, synced, **{"dagster/partition": last}).success
    assert run(defs, synced, **window_range(first, last)).success
    assert len(got[2]) == len(whole(synced))


def test_before_the_first_sync_the_run_says_what_to_do(synced: Place, tmp_path: Path) -> None:
    empty = Place(synced.sandbox, tmp_path / "new", synced.instance)
    result = run(mine(empty, []), empty)
    assert any("run `lever-assets sync` first" in each for each in failures(result))


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ({"colums": ["id"]}, "has 'colums': LeverTables takes columns, where, deleted, since"),
        ({"columns": ["nmae"]}, "candidates has no column 'nmae'"),
    ],
)
def test_a_mistake_in_the_metadata_is_told(synced: Place, metadata: dict[str, Any], says: str) -> None:
    result = run(mine(synced, [], metadata), synced)
    assert not result.success
    assert any(says in each for each in failures(result)), failures(result)


def test_it_stores_nothing(synced: Place) -> None:
    @dg.asset(io_manager_key="lever_tables")
    def candidates() -> int:
        return 1

    tables = lever_assets.LeverTables(settings=synced.settings())
    result = dg.materialize(
        [candidates], resources={"lever_tables": tables}, instance=synced.instance, raise_on_error=False
    )
    assert any("LeverTables reads Lever's tables and stores nothing" in each for each in failures(result))


def test_tables_of_another_code_location_are_read_by_their_key(synced: Place) -> None:
    """Where our definitions are not loaded, a spec of that key stands for ours."""
    got: list[pd.DataFrame] = []

    @dg.asset(ins={"jobs": dg.AssetIn(["lever", "jobs"], input_manager_key="lever_tables")})
    def open_jobs(jobs: pd.DataFrame) -> None:
        got.append(jobs)

    tables = lever_assets.LeverTables(synced.settings().tables_url, settings=Settings(data_dir=synced.folder))
    assert dg.materialize(
        [open_jobs, THEIRS], resources={"lever_tables": tables}, instance=synced.instance
    ).success
    assert len(got[0]) > 0


def test_a_password_in_the_address_is_shown_nowhere(synced: Place) -> None:
    address = "postgresql://user:hunter2@127.0.0.1:9/none"

    @dg.asset(ins={"jobs": dg.AssetIn(["lever", "jobs"], input_manager_key="lever_tables")})
    def open_jobs(jobs: pd.DataFrame) -> None: ...

    tables = lever_assets.LeverTables(
        address, settings=Settings(api_key=SecretStr("key"), data_dir=synced.folder)
    )
    result = dg.materialize(
        [open_jobs, THEIRS],
        resources={"lever_tables": tables},
        instance=synced.instance,
        raise_on_error=False,
    )
    assert not result.success
    logged = synced.instance.all_logs(result.run_id)
    assert "Connection refused" in str(logged)
    assert "hunter2" not in str(logged) + repr(tables) + str(synced.instance.get_run_by_id(result.run_id))

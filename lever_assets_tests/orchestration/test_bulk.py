"""What is made in bulk is what Dagster makes itself, and what is made once is each account's own."""

from collections.abc import Iterator

import dagster as dg
from dagster._core.remote_representation.external_data import (
    asset_check_node_snaps_from_repo,
    asset_node_snaps_from_repo,
)
from dagster._core.snap.node import build_node_defs_snapshot

from lever_assets.orchestration.assets import model_assets, raw_assets
from lever_assets.orchestration.bulk import RESULT, asset_job, asset_op, like
from lever_assets.orchestration.checks import model_checks
from lever_assets.orchestration.jobs import sync_jobs
from lever_assets.settings import Settings

DAILY = dg.DailyPartitionsDefinition("2026-01-01")


def step(_context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    yield dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True, check_name="whole")])


def one(account: str, *, body: object = step) -> dg.AssetsDefinition:
    key, above = dg.AssetKey([account, "users"]), dg.AssetKey([account, "raw_users"])
    op = asset_op(
        body,  # type: ignore[arg-type]
        name=key.to_python_identifier(),
        description="Users.",
        above=["raw_users"],
        checks=["whole"],
        code_version="3",
        pool=f"sync_{account}",
    )
    return dg.AssetsDefinition(
        node_def=op,
        keys_by_input_name={"raw_users": above},
        keys_by_output_name={RESULT: key},
        specs=[dg.AssetSpec(key, deps=[above], description="Users.", code_version="3", partitions_def=DAILY)],
        check_specs_by_output_name={"whole": dg.AssetCheckSpec("whole", asset=key)},
        backfill_policy=dg.BackfillPolicy.single_run(),
    )


def test_an_asset_is_as_its_decorator_makes_it() -> None:
    key, above = dg.AssetKey(["a", "users"]), dg.AssetKey(["a", "raw_users"])
    theirs = dg.asset(
        key=key,
        deps=[above],
        description="Users.",
        code_version="3",
        partitions_def=DAILY,
        pool="sync_a",
        check_specs=[dg.AssetCheckSpec("whole", asset=key)],
        backfill_policy=dg.BackfillPolicy.single_run(),
    )(step)
    one("b")
    ours, decorated = (dg.Definitions(assets=[each]).get_repository_def() for each in (one("a"), theirs))
    assert asset_node_snaps_from_repo(ours) == asset_node_snaps_from_repo(decorated)
    assert asset_check_node_snaps_from_repo(ours) == asset_check_node_snaps_from_repo(decorated)


def test_each_account_runs_its_own_step() -> None:
    ran: list[str] = []

    def noting(name: str) -> object:
        def body(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
            ran.append(name)
            yield from step(context)

        return body

    every = [one(name, body=noting(name)) for name in ("a", "b")]
    assert [(each.op.name, each.op.pool) for each in every] == [
        ("a__users", "sync_a"),
        ("b__users", "sync_b"),
    ]
    assert dg.materialize([every[1]], partition_key="2026-01-02").success
    assert ran == ["b"]


def test_the_jobs_are_as_dagster_resolves_them() -> None:
    settings = Settings(api_key=None)
    assets, checks = [*raw_assets(settings), *model_assets(settings)], model_checks(settings)
    ours = sync_jobs(settings, assets, checks)
    names = [each.name for each in ours]
    theirs = dg.Definitions(
        assets=assets,
        asset_checks=[checks],
        jobs=[dg.define_asset_job(each, executor_def=dg.in_process_executor) for each in names],
    )
    assert names == ["lever_sync", "lever_full_sync"]
    for each in ours:
        other = theirs.resolve_job_def(each.name)
        assert each.partitions_def == other.partitions_def
        assert each.asset_layer.selected_asset_keys == other.asset_layer.selected_asset_keys
        assert each.asset_layer.asset_graph.asset_check_keys == other.asset_layer.asset_graph.asset_check_keys
        assert build_node_defs_snapshot(each) == build_node_defs_snapshot(other)
        assert each.dependencies == other.dependencies


def test_a_job_like_another_differs_in_its_name_and_tags_alone() -> None:
    job = asset_job([one("a")], "a_sync", description="Some.", tags={"x": "1"})
    other = like(job, "a_full_sync", description="All.", tags={"x": "2"})
    assert (other.name, other.description, other.tags["x"]) == ("a_full_sync", "All.", "2")
    assert other.asset_layer.selected_asset_keys == job.asset_layer.selected_asset_keys
    assert other.partitions_def == job.partitions_def == DAILY
